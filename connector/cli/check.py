"""`leadwire check`: are the files under schemas/ sound, and do their examples hold?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from connector import service, storage
from connector.catalog.lint import lint
from connector.catalog.load import load
from connector.catalog.model import Action, Catalog, Search, Trigger
from connector.cli.options import settings_options
from connector.engine import examples
from connector.errors import CatalogError, Problem
from connector.events import samples
from connector.settings import Settings
from connector.storage.contract import Store


@click.command()
@settings_options("schemas")
def check(settings: Settings) -> None:
    """Check every file: its form, its expressions, its examples, and what the platforms demand of texts.

    Errors end with exit code 1; warnings do not.
    """
    errors, warnings, summary = examine(service.folders(settings))
    show("error", errors)
    show("warning", warnings)
    click.echo(summary)
    if errors:
        raise click.exceptions.Exit(1)


def examine(folders: Sequence[Path]) -> tuple[Sequence[Problem], Sequence[Problem], str]:
    """The errors and the warnings of those folders, and one line that sums them up."""
    try:
        catalog = load(folders)
    except CatalogError as broken:
        return broken.problems, (), f"{_number(broken.problems, 'error')}; no example was run."
    errors = [problem for kind in (examples, samples) for problem in kind.failures(catalog, _memory)]
    warnings = lint(catalog, folders)
    return errors, warnings, f"{_contents(catalog)}: {_number(errors, 'error')}, {_number(warnings, 'warning')}."


def _memory() -> Store:
    return storage.open("memory:")


def _number(problems: Sequence[Problem], kind: str) -> str:
    return f"{len(problems)} {kind}{'' if len(problems) == 1 else 's'}"


def _contents(catalog: Catalog) -> str:
    files: Sequence[Action | Trigger | Search] = (
        *catalog.actions.values(),
        *catalog.triggers.values(),
        *catalog.searches.values(),
    )
    return (
        f"{len(catalog.entities)} entities, {len(catalog.actions)} actions, {len(catalog.triggers)} triggers, "
        f"{len(catalog.searches)} searches, {sum(len(file.examples) for file in files)} examples"
    )


def show(kind: str, problems: Sequence[Problem]) -> None:
    """Print each problem: where, why, and how to mend it."""
    for problem in problems:
        where = problem.file + (f"#{problem.pointer}" if problem.pointer else "")
        click.echo(f"{click.style(kind, fg='red' if kind == 'error' else 'yellow')} {where}\n  {problem.reason}")
        if problem.hint:
            click.echo(f"  Hint: {problem.hint}")
