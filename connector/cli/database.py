"""`leadwire demo` and `leadwire upgrade`: what is in the database, and its tables."""

from __future__ import annotations

from dataclasses import replace

import click

from connector import service, storage
from connector.catalog.load import load
from connector.cli.options import DATABASE, opened, readable, settings_options
from connector.settings import Settings


@click.command()
@settings_options(*DATABASE, "admin_token")
def demo(settings: Settings) -> None:
    """Load the demo data into a new database, and print its first token."""
    with opened(replace(settings, demo=True)) as house:
        first = house.first_token
    if first is None:
        raise click.ClickException("This database is not new: the demo data goes only into an empty one.")
    click.echo("The demo data is loaded. Token of its administrator, not shown again:", err=True)
    click.echo(first)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what is missing.")
@settings_options(*DATABASE)
def upgrade(settings: Settings, dry_run: bool) -> None:
    """Add to the database what the files under schemas/ ask for and it lacks: tables, columns, indexes."""
    catalog = load(service.folders(settings))
    with readable():
        store = storage.open(settings.database_url)
    try:
        steps = store.pending(catalog) if dry_run else store.upgrade(catalog)
    finally:
        store.close()
    for step in steps:
        click.echo(step)
    state = "Nothing is missing." if not steps else f"{len(steps)} steps {'to do' if dry_run else 'done'}."
    click.echo(state)
