"""`leadwire serve`: the server."""

from __future__ import annotations

import click

from connector import service
from connector.cli.options import settings_options
from connector.settings import Settings


@click.command()
@settings_options()
def serve(settings: Settings) -> None:
    """Serve the API. A new database gets the demo data and one token, which is printed once."""
    service.serve(settings)
