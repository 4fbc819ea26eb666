"""Which column of a CSV file is which field of a lead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import click

from connector.catalog.model import NOTHING, Field
from connector.catalog.place import suggest
from connector.catalog.words import WORDS, plain

DROP = "-"
"""The target of a column that is to be left out."""
LOOKED_UP = {"owner": "user_id", "source": "source_id", "stage": "status_id"}
"""Targets whose cells are names that the account knows, and the input that each fills (a stage may fill step_id)."""

HEADERS: Mapping[str, tuple[str, ...]] = {
    **WORDS,
    "owner": ("owner", "lead owner", "assigned to", "proprietaire", "responsable", "commercial", "attribue a"),
    "source": ("source", "lead source", "origine", "canal"),
    "stage": ("stage", "deal stage", "lead status", "status", "step", "pipeline stage", "etape", "statut", "etat"),
    DROP: ("leadwire line", "leadwire problem"),
}
TARGETS = {plain(header): target for target, headers in HEADERS.items() for header in headers}


def mapped(
    headers: Sequence[str], given: Mapping[str, str], inputs: Collection[str], own: Mapping[str, Field] = NOTHING
) -> dict[str, str]:
    """Header -> target, for every column that has one; the first of two columns for one field wins.

    `given` comes first and is taken at its word; a header or a field that does not exist is refused with the nearest.
    `own`: the account's custom fields, known by their keys and their names.
    """
    known = (*inputs, *(target for target, field in LOOKED_UP.items() if field in inputs), DROP)
    targets = {plain(name): key for key, field in own.items() for name in (key, *field.title.values())} | TARGETS
    for header, target in given.items():
        _one_of("column", header, headers)
        _one_of("field", target, known)
    found = dict(given)
    for header in headers:
        target = targets.get(plain(header), "")
        if header not in found and target in known and (target == DROP or target not in found.values()):
            found[header] = target
    return found


def _one_of(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise click.UsageError(f"There is no {kind} {name!r}. {suggest(name, known)}")
