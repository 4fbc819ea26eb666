"""Every write of a run: merged per record, completed by the entity's rules, in the order it was wished."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from connector.catalog.model import Effect, Entity, Field
from connector.engine.custom import sound
from connector.engine.queries import Run, bind
from connector.engine.records import Names, Record
from connector.engine.values import complete, settle
from connector.errors import LeadwireError, Refused
from connector.storage.contract import Clause, Query, Row

Apply = Callable[[Run, Effect], None]

ROUNDS = 200
"""Writes that rules may cause in one run before we call it a loop."""


def wish(run: Run, entity: str, record_id: int, values: Mapping[str, Any]) -> None:
    """Note field values for a record; they are written, merged, when the run's effects are done."""
    run.tx.touch(entity, record_id)
    run.pending.setdefault((entity, record_id), {}).update(values)


def flush(run: Run, apply: Apply) -> None:
    """Write what is pending, rules included, until nothing is."""
    for _ in range(ROUNDS):
        if not run.pending:
            return
        key = next(iter(run.pending))
        _change(run, *key, run.pending.pop(key), apply)
    raise LeadwireError("rule_loop")


def _change(run: Run, key: str, record_id: int, wished: Mapping[str, Any], apply: Apply) -> None:
    entity = run.catalog.entities[key]
    row = run.tx.get(key, record_id, scoped=False)
    if row is None or (key, record_id) in run.deleted:
        return
    changes = _differing(row, settle(entity, wished))
    if not changes:
        return
    ruled = _ruled(run, entity, row, row, changes)
    changes = _differing(row, changes | ruled.own)
    complete(entity, row | changes)
    sound(run, entity, row | changes)
    if changes:
        run.tx.update(key, record_id, changes)
    for after, effect in ruled.others:
        apply(after, effect)


def _differing(row: Row, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if row[name] != value}


def insert(run: Run, key: str, values: Mapping[str, Any], apply: Apply) -> Record:
    """Create a record, completed by defaults and rules, and return it."""
    entity = run.catalog.entities[key]
    defaults = {field.name: field.default for field in entity.fields.values() if field.default is not None}
    given = settle(entity, defaults | {name: value for name, value in values.items() if value is not None})
    ruled = _ruled(run, entity, None, dict.fromkeys(entity.fields), given)
    given |= ruled.own
    complete(entity, given)
    sound(run, entity, given)
    row = run.tx.insert(key, given)
    run.created.add((key, row["id"]))
    record = run.record(key, row["id"], row)
    for after, effect in ruled.others:
        after.names["after"] = after.names[key] = record
        apply(after, effect)
    return record


@dataclass(frozen=True, slots=True)
class Ruled:
    """What an entity's rules came to: values of the record itself, and effects to apply once it is written."""

    own: dict[str, Any]
    others: list[tuple[Run, Effect]]


def _ruled(run: Run, entity: Entity, before: Row | None, row: Row, changes: Mapping[str, Any]) -> Ruled:
    """Run the entity's rules over the record as proposed: `row` with `changes`; each rule sees what those above set."""
    ruled = Ruled({}, [])
    names = _rule_names(run, entity, before, row, changes) if entity.rules else run.names
    for rule in entity.rules:
        if rule.when is not None and not rule.when.of(names):
            continue
        within = replace(run, names=Names(names, names.lazy), scoped=False)
        for binding in rule.bind:
            within.names[binding.name] = bind(within, binding)
        for effect in rule.do:
            if effect.verb != "set":
                ruled.others.append((within, effect))
            elif effect.when is None or effect.when.of(within.names):
                own = {name: value.of(within.names) for name, value in effect.values.items()}
                ruled.own.update(settle(entity, own))
                names = _rule_names(run, entity, before, row, {**changes, **ruled.own})
    return ruled


def _rule_names(run: Run, entity: Entity, before: Row | None, row: Row, changes: Mapping[str, Any]) -> Names:
    after = run.record(entity.key, row["id"] or 0, {**row, **changes})
    return Names(
        {
            "before": None if before is None else run.record(entity.key, before["id"], before),
            "after": after,
            entity.key: after,
            "changed": list(changes),
            "now": run.names["now"],
        },
        {name: partial(run.names.__getitem__, name) for name in ("actor", "today")},
    )


def erase(run: Run, key: str, record_id: int) -> None:
    """Delete a record and, as their references say, what points at it."""
    run.tx.touch(key, record_id)
    run.deleted.add((key, record_id))
    run.pending.pop((key, record_id), None)
    for child, field in _pointing(run, key):
        query = Query(entity=child.key, where=(Clause(path=field.name, op="eq", value=record_id),), scoped=False)
        for row in run.tx.find(query):
            if (child.key, row["id"]) not in run.deleted:
                ON_DELETE[field.ref.on_delete if field.ref else "refuse"](run, child, field, row)
    run.tx.delete(key, record_id)


def _pointing(run: Run, key: str) -> Iterator[tuple[Entity, Field]]:
    for entity in run.catalog.entities.values():
        for field in entity.fields.values():
            if field.ref is not None and field.ref.to == key:
                yield entity, field


def _cascade(run: Run, child: Entity, field: Field, row: Row) -> None:
    erase(run, child.key, row["id"])


def _clear(run: Run, child: Entity, field: Field, row: Row) -> None:
    # Written at once, not noted: the foreign key must be free before the record it points at goes.
    run.tx.update(child.key, row["id"], {field.name: None})


def _refuse(run: Run, child: Entity, field: Field, row: Row) -> None:
    raise Refused("in_use", entity=field.ref.to if field.ref else "", by=child.title["en"], id=row["id"])


ON_DELETE: Mapping[str, Callable[[Run, Entity, Field, Row], None]] = {
    "cascade": _cascade,
    "clear": _clear,
    "refuse": _refuse,
}
