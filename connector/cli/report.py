"""What an import came to: counts, what was not matched, and the file of rows that failed."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click

from connector.cli.columns import DROP, LOOKED_UP
from connector.cli.sheet import OURS, Line, Sheet, guarded
from connector.engine.run import Result
from connector.errors import LeadwireError

SHOWN = 5
"""Names listed before the rest is only counted."""
MEANING = {"owner": "user", "source": "source", "stage": "status or step"}


@dataclass(slots=True, kw_only=True)
class Report:
    """Collects the answers line by line, then says what happened."""

    path: Path
    paper: Sheet
    mapping: Mapping[str, str]
    unmatched: Mapping[str, Counter[str]]
    dry_run: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    failed: list[tuple[Line, str]] = field(default_factory=list)

    def note(self, line: Line, answer: Result | LeadwireError) -> None:
        """Count one row's answer."""
        if isinstance(answer, LeadwireError):
            self.fail(line, self._reason(answer))
        else:
            self.counts["created" if answer.created else "updated" if answer.events else "unchanged"] += 1

    def fail(self, line: Line, reason: str) -> None:
        """Keep a row that could not be brought in, with the reason."""
        self.counts["failed"] += 1
        self.failed.append((line, reason))

    def _reason(self, error: LeadwireError) -> str:
        """The sentences, each with the file's own column name before it."""
        columns = {LOOKED_UP.get(target, target): header for header, target in self.mapping.items()}
        parts = [
            (columns.get(fault.pointer.removeprefix("/").split("/")[0]), fault.message()) for fault in error.faults
        ]
        return " ".join(f"{column}: {text}" if column else text for column, text in parts) or error.message()

    def finish(self) -> None:
        """Print the summary and write the failed rows beside the file, or here where it lies read-only.

        A row that failed ends the command with exit code 1.
        """
        for line in self.summary():
            click.echo(line)
        if self.failed:
            click.echo(f"The failed rows, with line and reason, are in {self._write()}")
            raise click.exceptions.Exit(1)

    def summary(self) -> Iterator[str]:
        """The lines of the summary."""
        yield f"{self.counts.total()} rows of {self.path.name} ({self.paper.form})"
        for outcome in ("created", "updated", "unchanged", "failed"):
            yield f"  {outcome:<10} {self.counts[outcome]:>7}"
        yield "Columns"
        for header in self.paper.headers:
            target = self.mapping.get(header, "kept in the description")
            yield f"  {header:<20} {'left out' if target == DROP else target}"
        for header, cells in self.unmatched.items():
            yield f"Not matched, kept in the description: {_missing(header, self.mapping[header], cells)}"
        if self.dry_run:
            yield "Dry run: nothing was changed."

    def _write(self) -> Path:
        beside = self.path.with_suffix(".errors.csv")
        target = beside if os.access(beside.parent, os.W_OK) else Path(beside.name)
        with target.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.paper.delimiter)
            writer.writerow((*OURS, *map(guarded, self.paper.headers)))
            for line, reason in sorted(self.failed, key=lambda failed: failed[0].number):
                writer.writerow((line.number, guarded(reason), *map(guarded, line.cells)))
        return target


def _missing(header: str, target: str, cells: Counter[str]) -> str:
    """`Lead Owner: 999 names in 1000 rows are no user (Ana Diaz, Bo Li and 997 more)`."""
    most: Sequence[str] = [cell for cell, _ in cells.most_common(SHOWN)]
    rest = f" and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    return f"{header}: {len(cells)} names in {cells.total()} rows are no {MEANING[target]} ({', '.join(most)}{rest})"
