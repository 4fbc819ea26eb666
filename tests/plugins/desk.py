"""An engine to act on: the shipped catalog and the demo world in a fresh store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest

from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog
from connector.engine import lists
from connector.engine.examples import new_world, scope_of
from connector.engine.run import Result, run
from connector.storage import open as open_store
from connector.storage.contract import Event, EventQuery, Scope, Store


@cache
def shipped() -> Catalog:
    return load([SHIPPED])


@dataclass(frozen=True)
class Desk:
    """Acts and reads as one user of the demo world."""

    catalog: Catalog
    store: Store
    scope: Scope

    def act(self, key: str, **raw: Any) -> Result:
        return run(self.catalog, self.store, self.scope, key, raw)

    def rehearse(self, key: str, **raw: Any) -> Result:
        return run(self.catalog, self.store, self.scope, key, raw, dry_run=True)

    def read(self, entity: str, record_id: int) -> dict[str, Any]:
        return lists.record(self.catalog, self.store, self.scope, self.catalog.entities[entity], record_id)

    def count(self, entity: str, **filters: str) -> int:
        found = lists.records(self.catalog, self.store, self.scope, self.catalog.entities[entity], filters, limit=200)
        return len(found.data)

    def events(self) -> list[Event]:
        topics = tuple(f"{key}.{verb}" for key in self.catalog.entities for verb in ("created", "updated", "deleted"))
        return self.store.events(Scope(account_id=1), EventQuery(topics=topics, after=0, limit=1000))

    def as_user(self, email: str) -> Desk:
        return replace(self, scope=scope_of(self.catalog, email))


@pytest.fixture
def desk() -> Desk:
    """The admin's desk, in memory."""
    store = new_world(shipped(), lambda: open_store("memory:"))
    return Desk(shipped(), store, scope_of(shipped(), None))
