"""The demo world: a small data set in which all examples play, and the data of a first start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalog.model import Catalog
from connector.storage.contract import Row, Store

TIME = "2026-01-05T08:00:00.000Z"
"""When demo records were made, unless they say otherwise."""


def load_world(catalog: Catalog, store: Store) -> None:
    """Put world.json into a new database, its ids kept; emits no events."""
    store.load({entity: [_row(catalog, entity, row) for row in rows] for entity, rows in _records(catalog)}, 1)


DICTIONARIES = ("status", "pipeline", "step", "activity_type")
"""What an account cannot work without; an empty one starts with the demo world's."""


def load_account(catalog: Catalog, store: Store, *, name: str, email: str) -> None:
    """Put one account with its first admin and the dictionaries it needs into a new database; no demo data."""
    times = {"created_at": TIME, "updated_at": TIME}
    account = {"id": 1, "name": name, "time_zone": "UTC", "locale": "en", "currency": "EUR", **times}
    admin = {"id": 1, "login": email, "email": email, "firstname": "Admin", "lastname": "Leadwire", "is_admin": True,
             "is_active": True, **times}  # fmt: skip
    basics = {entity: [_row(catalog, entity, row) for row in catalog.world.get(entity, ())] for entity in DICTIONARIES}
    store.load({"account": [account], "user": [_row(catalog, "user", admin)], **basics}, 1)


def _records(catalog: Catalog) -> list[tuple[str, list[Row]]]:
    return [(entity, rows) for entity, rows in catalog.world.items() if entity in catalog.entities]


def _row(catalog: Catalog, entity: str, row: Mapping[str, Any]) -> Row:
    fields = catalog.entities[entity].fields.values()
    defaults = {field.name: field.default for field in fields if field.default is not None}
    return {"created_at": TIME, "updated_at": TIME} | defaults | dict(row)
