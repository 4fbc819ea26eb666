"""What all promises stand on: a prepared store, and short ways to do one thing in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from connector.storage.contract import AnyOf, Clause, Event, Order, Query, Row, Scope, Store, Transaction
from connector.storage.suite.world import ADMIN, prepare

T = TypeVar("T")


class Ground:
    """Fixtures and moves that the promises share."""

    @pytest.fixture
    def new_store(self) -> Store:
        """An empty store; a backend brings its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, new_store: Store) -> Iterator[Store]:
        """The store with the small world in it."""
        yield prepare(new_store)
        new_store.close()


def where(*clauses: tuple[str, str, Any] | Clause | AnyOf) -> tuple[Clause | AnyOf, ...]:
    """Clauses from short tuples."""
    return tuple(
        item if isinstance(item, AnyOf | Clause) else Clause(path=item[0], op=item[1], value=item[2])
        for item in clauses
    )


def find(store: Store, entity: str = "lead", *clauses: Any, scope: Scope = ADMIN, **options: Any) -> list[Row]:
    """The rows that meet the clauses."""
    query = Query(entity=entity, where=where(*clauses), **options)
    return store.read(scope, lambda tx: tx.find(query))


def ids(store: Store, *clauses: Any, entity: str = "lead", **options: Any) -> list[int]:
    """The ids that meet the clauses."""
    return [row["id"] for row in find(store, entity, *clauses, **options)]


def by(*paths: str) -> tuple[Order, ...]:
    """An order from `f` and `-f`."""
    return tuple(Order(path=path.removeprefix("-"), descending=path.startswith("-")) for path in paths)


def get(store: Store, entity: str, record_id: int, scope: Scope = ADMIN) -> Row | None:
    """One row."""
    return store.read(scope, lambda tx: tx.get(entity, record_id))


def write(store: Store, work: Callable[[Transaction], T], scope: Scope = ADMIN, **options: Any) -> tuple[Event, ...]:
    """The events of a transaction."""
    return store.transact(scope, work, **options)[1]


def change(
    store: Store, record_id: int = 1, scope: Scope = ADMIN, entity: str = "lead", **changes: Any
) -> tuple[Event, ...]:
    """The events of one update."""
    return write(store, lambda tx: tx.update(entity, record_id, changes), scope)


def create(store: Store, entity: str = "lead", scope: Scope = ADMIN, **values: Any) -> Row:
    """A new record."""
    return store.transact(scope, lambda tx: tx.insert(entity, values))[0]
