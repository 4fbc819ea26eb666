"""`leadwire import`: leads from a CSV file, through the same actions as everything else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from connector.catalog.model import Catalog
from connector.cli import columns, rows, sheet
from connector.cli.directory import add_sources, directory
from connector.cli.options import DATABASE, acting_options, opened, scope_of, settings_options
from connector.cli.report import Report
from connector.cli.rows import Converter
from connector.cli.sheet import Line, Sheet
from connector.engine.run import BATCH, Result, run, run_many
from connector.errors import LeadwireError
from connector.settings import Settings
from connector.storage.contract import Scope, Store

Answers = Sequence[Result | LeadwireError]
Act = Callable[[str, Sequence[Mapping[str, Any]]], Answers]
"""Runs an action over rows: an answer per row, in order."""
KEYS = ("email", "phone", "external_id")


@click.command("import")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "pairs", multiple=True, metavar='"COLUMN=FIELD"', help="Column for a field; COLUMN=- drops it.")
@click.option("--key", type=click.Choice(KEYS), help="Update the lead that has this value already.")
@click.option("--create-sources", is_flag=True, help="Add the sources that the account does not know yet.")
@click.option("--encoding", help="The file's encoding, where it is neither UTF-8 nor Windows-1252.")
@click.option("--delimiter", help="The file's separator, where it is none of , ; | and tab.")
@click.option("--dry-run", is_flag=True, help="Try every row, change nothing.")
@acting_options
@settings_options(*DATABASE)
def import_(
    settings: Settings, path: Path, pairs: Sequence[str], key: str | None, create_sources: bool, encoding: str | None,
    delimiter: str | None, dry_run: bool, account: int, email: str | None,
) -> None:  # fmt: skip
    """Bring in the leads of a CSV FILE, one event per lead.

    Columns are known by their names in English and French. Owners, sources and stages are matched by name; what finds
    no field or no match is kept in the lead's description and reported. Rows that fail are written, with their line
    and the reason, to a file beside FILE that can be mended and imported again.
    """
    paper = sheet.read(path, encoding=encoding, delimiter=delimiter)
    action = "find_or_create_lead" if key else "create_lead"
    with opened(settings) as house:
        scope = scope_of(house.store, account, email, "import")
        catalog = house.accounts.now(account)
        given = catalog.actions[action].input
        mapping = columns.mapped(paper.headers, dict(map(_pair, pairs)), given.names, given.own)
        if create_sources and not dry_run:
            add_sources(house.store, scope, cells_for("source", paper, mapping))
        known = directory(house.store, scope)
        converter = Converter(
            headers=paper.headers, mapping=mapping, known=known, key=key, lists=rows.lists(given.schema)
        )
        report = Report(path=path, paper=paper, mapping=mapping, unmatched=converter.unmatched, dry_run=dry_run)
        bring_in(paper, converter, report, action, acting(catalog, house.store, scope, dry_run))
    report.finish()


def cells_for(target: str, paper: Sheet, mapping: Mapping[str, str]) -> set[str]:
    """The different cells of the column that fills that target."""
    places = [place for place, header in enumerate(paper.headers) if mapping.get(header) == target]
    return {line.cells[place].strip() for line in paper.lines() if not line.fault for place in places}


def _pair(text: str) -> tuple[str, str]:
    column, equals, target = text.rpartition("=")
    if not equals:
        raise click.UsageError(f'{text!r} is not COLUMN=FIELD. Example: --map "Email 1=email"')
    return column.strip(), target.strip()


def acting(catalog: Catalog, store: Store, scope: Scope, dry_run: bool) -> Act:
    """How rows are run: many per COMMIT, or each tried alone and rolled back."""

    def attempt(action: str, row: Mapping[str, Any]) -> Result | LeadwireError:
        try:
            return run(catalog, store, scope, action, row, text=True, dry_run=True)
        except LeadwireError as error:
            return error

    if dry_run:
        return lambda action, rows: [attempt(action, row) for row in rows]
    return lambda action, rows: run_many(catalog, store, scope, action, rows, text=True)


def bring_in(paper: Sheet, converter: Converter, report: Report, action: str, act: Act) -> None:
    """Run the action over every line, and tell the report what came of each."""
    count = sum(1 for _ in paper.lines())
    with click.progressbar(length=count, label="Importing", file=sys.stderr) as bar:
        for lines in _chunks(paper.lines()):
            sound = [line for line in lines if _readable(line, converter, report)]
            answers = act(action, [converter.convert(line.cells) for line in sound])
            for line, answer in zip(sound, answers, strict=True):
                report.note(line, answer)
            bar.update(len(lines))


def _readable(line: Line, converter: Converter, report: Report) -> bool:
    fault = line.fault or converter.fault(line.cells)
    if fault:
        report.fail(line, fault)
    return not fault


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while chunk := list(islice(lines, BATCH)):
        yield chunk
