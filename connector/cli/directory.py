"""The names an account knows: its people, its sources, its statuses and steps. For matching the cells of a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connector.catalog.words import plain
from connector.storage.contract import Clause, Query, Row, Scope, Store, Transaction

Found = tuple[str, int]
"""An input of the lead's action and the id that goes into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Folded names -> what they stand for, by target column."""

    names: Mapping[str, Mapping[str, Found]]

    def match(self, target: str, cell: str) -> Found | None:
        """What the cell names, or None."""
        return self.names[target].get(plain(cell))


def directory(store: Store, scope: Scope) -> Directory:
    """Read the account's names; inactive users are left out."""
    return Directory(names=store.read(scope, _names))


def add_sources(store: Store, scope: Scope, names: Iterable[str]) -> list[str]:
    """Add the sources that the account does not know yet, once each; says which."""
    known = directory(store, scope)
    new = {plain(name): name for name in names if plain(name) and known.match("source", name) is None}

    def work(tx: Transaction) -> None:
        for name in new.values():
            tx.insert("source", {"name": name})

    store.transact(scope, work)
    return list(new.values())


def _names(tx: Transaction) -> Mapping[str, Mapping[str, Found]]:
    def every(entity: str, *where: Clause) -> list[Row]:
        return tx.find(Query(entity=entity, where=where, scoped=False))

    active = Clause(path="is_active", op="eq", value=True)
    default = Clause(path="pipeline.is_default", op="eq", value=True)
    return {
        "owner": _found("user_id", _user_words(every("user", active))),
        "source": _found("source_id", _names_of(every("source"))),
        "stage": _found("step_id", _names_of(every("step", default)))
        | _found("status_id", _status_words(every("status"))),
    }


def _names_of(rows: Iterable[Row]) -> Iterator[tuple[str, int]]:
    return ((row["name"], row["id"]) for row in rows)


def _user_words(users: Iterable[Row]) -> Iterator[tuple[str, int]]:
    for user in users:
        first, last = user["firstname"] or "", user["lastname"] or ""
        for word in {user["email"], user["login"], f"{first} {last}", f"{last} {first}"}:
            yield word or "", user["id"]


def _status_words(statuses: Iterable[Row]) -> Iterator[tuple[str, int]]:
    for status in statuses:
        for word in {status["code"], status["title"], *(status["aliases"] or ())}:
            yield word, status["id"]


def _found(field: str, words: Iterable[tuple[str, int]]) -> dict[str, Found]:
    """Folded word -> what it names; a word of two records names neither."""
    owners: dict[str, set[int]] = {}
    for word, record_id in words:
        owners.setdefault(plain(word), set()).add(record_id)
    return {word: (field, ids.pop()) for word, ids in owners.items() if word and len(ids) == 1}
