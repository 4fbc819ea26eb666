"""Writes of the house itself, beside all action files: the rules of the entity hold for them too, and events follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalog.model import Catalog
from connector.engine.effects import apply
from connector.engine.queries import open_run
from connector.engine.records import row_of
from connector.engine.run import standing
from connector.engine.writes import erase, flush, insert, wish
from connector.storage.contract import Row, Transaction


def create(catalog: Catalog, tx: Transaction, entity: str, values: Mapping[str, Any]) -> Row:
    """Create a record, completed by defaults and rules, and return its row."""
    run = open_run(catalog, tx, standing(catalog, tx), {})
    made = insert(run, entity, values, apply)
    flush(run, apply)
    return row_of(made)


def change(catalog: Catalog, tx: Transaction, entity: str, record_id: int, values: Mapping[str, Any]) -> None:
    """Give fields of a record new values; what is the same already is not written."""
    run = open_run(catalog, tx, standing(catalog, tx), {})
    wish(run, entity, record_id, values)
    flush(run, apply)


def remove(catalog: Catalog, tx: Transaction, entity: str, record_id: int) -> None:
    """Delete a record and, as their references say, what points at it."""
    run = open_run(catalog, tx, standing(catalog, tx), {})
    erase(run, entity, record_id)
    flush(run, apply)
