"""Leadwire: lead and CRM actions described by JSON files, live on every integration platform."""

__version__ = "0.1.0"
