"""The native HTTP API: actions, lists, feeds, the catalog; one error handler."""
