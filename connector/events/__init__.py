"""Triggers: filters and projections over the one event log, polled here."""
