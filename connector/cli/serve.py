"""`leadwire serve` and `leadwire worker`: the server, and deliveries in processes of their own."""

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


@click.command()
@settings_options()
def worker(settings: Settings) -> None:
    """Deliver webhooks until stopped: as many processes as you like, beside servers that have --worker false."""
    service.work(settings)
