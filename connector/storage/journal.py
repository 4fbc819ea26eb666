"""What a transaction changed, merged per record into at most one event each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

import orjson

from connector.catalog.model import Field
from connector.storage.contract import Event, Row, Scope
from connector.storage.records import Record

KEY = re.compile(r"[a-z0-9_]{1,64}")
"""Keys inside an object field whose change is told by name."""
LONGEST_VALUE = 200
"""Longer topic values are kept as their hash: an index entry has a limit, equality has none."""


def stamp() -> str:
    """The present moment as rows and events write it."""
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6]}Z"


def topic_value(value: Any) -> str | None:
    """The new value of a field as the index of topics keeps it; null for nothing, lists and objects."""
    if value is None or isinstance(value, (list, dict)):
        return None
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= LONGEST_VALUE and "\0" not in text else f"sha256:{sha256(text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has no number yet, and on whose behalf it is."""

    scope: Scope
    entity: str
    record_id: int | None
    verb: Literal["created", "updated", "deleted"]
    changed: tuple[str, ...]
    before: str | None
    after: str | None
    owner_id: int | None
    topics: tuple[tuple[str, str | None], ...]
    """(topic, value of the changed field) per index row."""


class Journal:
    """The changes of one transaction, in the order in which it first wrote each record."""

    __slots__ = ("_changes",)

    def __init__(self) -> None:
        self._changes: dict[tuple[str, int], list[Any] | None] = {}

    def reserve(self, record: Record, record_id: int) -> None:
        """Give the record's event its place now, should there be one."""
        self._changes.setdefault((record.key, record_id), None)

    def note(self, record: Record, record_id: int, before: Row | None, after: Row | None) -> None:
        """Remember a write; records of the code leave no trace."""
        if record.entity.system:
            return
        change = self._changes.get((record.key, record_id))
        if change is None:
            self._changes[record.key, record_id] = [record, before, after]
        else:
            change[2] = after

    def drafts(self, scope: Scope, owner: Callable[[Record, Row], int | None], *, dry: bool = False) -> list[Draft]:
        """The events that the changes come to. In a dry run, records that were never created have no id."""
        changes = [change for change in self._changes.values() if change is not None]
        born = {(record.key, after["id"]) for record, before, after in changes if dry and after and before is None}
        found = (_draft(scope, record, before, after, owner, born) for record, before, after in changes)
        return [draft for draft in found if draft is not None]


def number(drafts: Sequence[Draft], now: str, last: int | None) -> tuple[Event, ...]:
    """Events with their numbers, the last one being `last`; in a dry run (None) all are 0."""
    first = 0 if last is None else last - len(drafts) + 1
    step = 0 if last is None else 1
    return tuple(
        Event(
            seq=first + step * index, at=now, account_id=draft.scope.account_id, actor_id=draft.scope.actor_id,
            origin=draft.scope.origin, entity=draft.entity, record_id=draft.record_id, verb=draft.verb,
            changed=draft.changed, before=draft.before, after=draft.after, request_id=draft.scope.request_id,
        )
        for index, draft in enumerate(drafts)
    )  # fmt: skip


def _draft(
    scope: Scope, record: Record, before: Row | None, after: Row | None,
    owner: Callable[[Record, Row], int | None], born: Iterable[tuple[str, int]],
) -> Draft | None:  # fmt: skip
    row = after or before
    if row is None:
        return None
    changed: tuple[str, ...] = ()
    topics: list[tuple[str, str | None]] = []
    verb: Literal["created", "updated", "deleted"] = "created" if before is None else "deleted"
    if before is not None and after is not None:
        verb = "updated"
        changed = tuple(name for name in record.tracked if before[name] != after[name])
        if not changed:
            return None
        topics = [(f"{record.key}.{name}", _value(record.fields[name], after[name])) for name in changed]
        if not record.objects.isdisjoint(changed):
            inside = tuple(_inside(sorted(record.objects.intersection(changed)), before, after))
            changed = (*changed, *inside)
            topics += [(f"{record.key}.{name}", None) for name in inside]
    return Draft(
        scope=scope,
        entity=record.key,
        record_id=None if (record.key, row["id"]) in born else row["id"],
        verb=verb,
        changed=changed,
        before=_body(record, before, born),
        after=_body(record, after, born),
        owner_id=owner(record, row),
        topics=((f"{record.key}.{verb}", None), *topics),
    )


def _inside(objects: Iterable[str], before: Row, after: Row) -> Iterator[str]:
    """What changed inside those object fields: `custom.size`."""
    for name in objects:
        old, new = before[name] or {}, after[name] or {}
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        yield from (f"{name}.{key}" for key in keys if KEY.fullmatch(key))


def _value(field: Field, value: Any) -> str | None:
    return topic_value(value) if field.valued else None


def _body(record: Record, row: Row | None, born: Iterable[tuple[str, int]]) -> str | None:
    if row is None:
        return None
    if born:
        row = {name: None if _unborn(record, name, value, born) else value for name, value in row.items()}
    if len(record.body) != len(row):
        row = {name: row[name] for name in record.body}
    return orjson.dumps(row).decode()


def _unborn(record: Record, name: str, value: Any, born: Iterable[tuple[str, int]]) -> bool:
    """Whether the value is the id of a record that only a dry run has seen."""
    if name == "id":
        return (record.key, value) in born
    field = record.fields.get(name)
    return field is not None and field.ref is not None and (field.ref.to, value) in born
