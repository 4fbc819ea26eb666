"""An engine to act on: the shipped catalog and the demo world in a fresh store."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog
from connector.engine import lists
from connector.engine.examples import new_world, scope_of
from connector.engine.run import Result, run
from connector.storage import open as open_store
from connector.storage.contract import Event, EventQuery, Scope, Store
from tests.plugins.stores import MakeStore, fresh_database


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


@pytest.fixture(scope="session")
def postgres_world(postgres_url: str) -> Iterator[str]:
    """The name of a database that holds the demo world, to be copied: a tenth of the time of filling one."""
    with fresh_database(postgres_url) as url:
        new_world(shipped(), lambda: open_store(url)).close()
        yield url.partition("://")[2].partition("/")[2].partition("?")[0]


@pytest.fixture(scope="session")
def sqlite_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that holds the demo world, to be copied."""
    path = tmp_path_factory.mktemp("world") / "world.db"
    new_world(shipped(), lambda: open_store(f"sqlite:///{path}")).close()
    return path


@pytest.fixture
def make_world(
    request: pytest.FixtureRequest, make_store: MakeStore, tmp_path: Path
) -> Iterator[Callable[[str], Store]]:
    """A maker of stores of a kind that hold the demo world."""
    with ExitStack() as databases:

        def copied(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_world'), tmp_path)}"
            server, like = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_world")
            return databases.enter_context(fresh_database(server, like))

        def make(kind: str) -> Store:
            if kind == "memory":
                return new_world(shipped(), lambda: make_store(kind))
            store = open_store(copied(kind))
            databases.callback(store.close)
            store.adopt(shipped())
            return store

        yield make
