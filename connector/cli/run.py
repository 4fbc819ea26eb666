"""`leadwire run`: one action, from the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from connector.catalog.strict import loads
from connector.cli.options import DATABASE, acting_options, opened, scope_of, settings_options
from connector.engine import run as engine
from connector.settings import Settings
from connector.storage.contract import Event


@click.command()
@click.argument("action")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--json", "document", metavar="OBJECT", help="The input as one JSON object; - reads standard input.")
@click.option("--dry-run", is_flag=True, help="Show what would happen, and change nothing.")
@acting_options
@settings_options(*DATABASE)
def run(
    settings: Settings, action: str, values: Sequence[str], document: str | None, dry_run: bool, account: int,
    email: str | None,
) -> None:  # fmt: skip
    """Run ACTION, as in: leadwire run standby lead_id=3 days=15. The result is printed as JSON, the events below it."""
    raw = from_json(document) if document is not None else from_words(values)
    with opened(settings) as house:
        scope = scope_of(house.store, account, email, "manual")
        text = document is None
        result = engine.run(house.accounts.now(account), house.store, scope, action, raw, text=text, dry_run=dry_run)
    click.echo(json.dumps(result.data, indent=2, ensure_ascii=False))
    for event in result.events:
        click.echo(line_of(event), err=True)
    if dry_run:
        click.echo("Dry run: nothing was changed.", err=True)


def from_words(words: Sequence[str]) -> Mapping[str, Any]:
    """`["days=15", "note=a=b"]` -> `{"days": "15", "note": "a=b"}`; a key given twice becomes a list."""
    raw: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(f"{word!r} is not KEY=VALUE. Example: leadwire run standby lead_id=3 days=15")
        raw[key] = value if key not in raw else [*_listed(raw[key]), value]
    return raw


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def from_json(document: str) -> Mapping[str, Any]:
    """The input object written as JSON, or read from standard input."""
    raw = loads(sys.stdin.read() if document == "-" else document)
    if not isinstance(raw, dict):
        raise click.UsageError('The input is a JSON object, as in: --json \'{"lead_id": 3, "days": 15}\'')
    return raw


def line_of(event: Event) -> str:
    """`event 12: lead.updated 3 (status_id, remind_at)`; a dry run's event has no number yet."""
    number = f"event {event.seq}" if event.seq else "event"
    changed = f" ({', '.join(event.changed)})" if event.verb == "updated" else ""
    return f"{number}: {event.entity}.{event.verb} {event.record_id or 'new'}{changed}"
