"""From a file's `where`, `order` and `bind` to the store's queries, and back to records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from connector.catalog.model import AnyTest, Binding, Catalog, Sort, Test, Value, Where
from connector.engine.records import Names, Record, plain, reader
from connector.errors import Refused
from connector.storage.contract import AnyOf, Clause, Order, Outer, Query, Row, Transaction

SORTED_ID = "{{ it.id }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One action under way: the catalog, the transaction, the names in force and what is still to be written."""

    catalog: Catalog
    tx: Transaction
    names: Names
    record: Callable[[str, int, Row | None], Record]
    inputs: Mapping[str, Any]
    pending: dict[tuple[str, int], dict[str, Any]]
    created: set[tuple[str, int]]
    deleted: set[tuple[str, int]]
    rng: Random
    scoped: bool = True


def open_run(catalog: Catalog, tx: Transaction, names: Names, inputs: Mapping[str, Any]) -> Run:
    """A fresh run in this transaction."""
    return Run(
        catalog=catalog, tx=tx, names=names, record=reader(catalog, tx), inputs=inputs,
        pending={}, created=set(), deleted=set(), rng=Random(tx.seed),
    )  # fmt: skip


def left_out(run: Run, value: Value) -> bool:
    """Whether the value hangs on an optional input that was not given."""
    return value.absent_with is not None and value.absent_with not in run.inputs


def clauses(run: Run, where: Where, names: Names) -> tuple[Clause | AnyOf, ...]:
    """The store's clauses; those of absent inputs are left out, an `any` with nothing left finds nothing."""
    found: list[Clause | AnyOf] = []
    for part in where:
        if isinstance(part, AnyTest):
            groups = (_group(run, group, names) for group in part.groups)
            found.append(AnyOf(groups=tuple(group for group in groups if group)))
        else:
            found.extend(_group(run, (part,), names))
    return tuple(found)


def _group(run: Run, tests: tuple[Test, ...], names: Names) -> tuple[Clause, ...]:
    return tuple(_clause(test, _operand(test.value, names)) for test in tests if not left_out(run, test.value))


def _clause(test: Test, value: Any) -> Clause:
    if test.op == "exists":
        return Clause(path=test.path, op="ne" if value else "eq", value=None)
    return Clause(path=test.path, op=test.op, value=value)


def _operand(value: Value, names: Names) -> Any:
    if value.source == SORTED_ID and "it" not in names:
        return Outer()
    return plain(value.of(names))


def orders(run: Run, order: tuple[Sort, ...], names: Names) -> tuple[Order, ...]:
    """The store's sort keys."""
    return tuple(
        Order(path=sort.path, descending=sort.descending, count=sort.count,
              where=tuple(c for c in clauses(run, sort.where, names) if isinstance(c, Clause)))
        for sort in order
    )  # fmt: skip


LIMITS = {"first": 1, "only": 2}


def bind(run: Run, binding: Binding) -> Any:
    """What the binding finds or names: a record, None, a list of records, a count, or any value."""
    if binding.value is not None:
        return binding.value.of(run.names)
    assert binding.find is not None
    query = Query(
        entity=binding.find, where=clauses(run, binding.where, run.names), order=orders(run, binding.order, run.names),
        limit=LIMITS.get(binding.pick), lock=binding.lock, scoped=run.scoped and not binding.beyond,
    )  # fmt: skip
    if binding.pick == "count":
        return run.tx.count(query)
    found = PICKS[binding.pick](run, query, run.tx.find(query))
    if binding.refuse and not found:
        raise Refused(f"no_{binding.find}", texts=_missing(run.catalog, binding.find))
    return found


def _missing(catalog: Catalog, entity: str) -> Mapping[str, str]:
    title = catalog.entities[entity].title
    return {
        "en": f"This account has no matching record of type {title['en']}. Ask an administrator to add one.",
        "fr": f"Ce compte n'a aucun enregistrement « {title.get('fr', title['en'])} » correspondant. "
              "Demandez à un administrateur d'en ajouter un.",
        "ru": f"В этом аккаунте нет подходящей записи «{title.get('ru', title['en'])}». "
              "Попросите администратора добавить её.",
    }  # fmt: skip


def _first(run: Run, query: Query, rows: list[Row]) -> Record | None:
    return run.record(query.entity, rows[0]["id"], rows[0]) if rows else None


def _random(run: Run, query: Query, rows: list[Row]) -> Record | None:
    return _first(run, query, [run.rng.choice(rows)] if rows else [])


def _only(run: Run, query: Query, rows: list[Row]) -> Record | None:
    if len(rows) > 1:
        raise Refused("ambiguous", entity=query.entity)
    return _first(run, query, rows)


def _all(run: Run, query: Query, rows: list[Row]) -> list[Record]:
    return [run.record(query.entity, row["id"], row) for row in rows]


PICKS: Mapping[str, Callable[[Run, Query, list[Row]], Any]] = {
    "first": _first,
    "random": _random,
    "only": _only,
    "all": _all,
}
