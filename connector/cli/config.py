"""`leadwire config`: the settings in force."""

from __future__ import annotations

import re

import click

from connector.cli.options import settings_options
from connector.settings import TABLE, Setting, Settings

HIDDEN = "********"


@click.group()
def config() -> None:
    """The settings in force."""


@config.command("show")
@settings_options()
def show(settings: Settings) -> None:
    """Print every setting with its variable; secrets are hidden."""
    width = max(len(row.variable) for row in TABLE)
    for row in TABLE:
        click.echo(f"{row.variable:<{width}}  {redacted(row, getattr(settings, row.name))}")


def redacted(row: Setting, value: str | int | bool) -> str:
    """The value as it may be shown: the password of an address hidden, any other secret hidden whole."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not row.secret or not text:
        return text
    address = re.match(r"[a-z0-9+]+:", text)
    return re.sub(r"(://[^:/@]*:).*@", rf"\1{HIDDEN}@", text) if address else HIDDEN
