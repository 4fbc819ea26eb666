"""Files under schemas/ -> one frozen Catalog. Reads files and nothing else: no web, no storage, no network."""
