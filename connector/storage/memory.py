"""The store in memory: for tests and try-outs, in one process. The whole contract, without durability."""

from __future__ import annotations

import secrets
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from connector.catalog.model import Catalog
from connector.errors import Conflict
from connector.storage.contract import Backlog, Event, EventQuery, FeedState, Query, Row, Scope
from connector.storage.journal import Draft, number, stamp, topic_value
from connector.storage.leases import MemoryQueue
from connector.storage.matching import Matching
from connector.storage.records import Record, Records, records
from connector.storage.units import Run, Units
from connector.storage.values import fold
from connector.storage.work import Session

T = TypeVar("T")
Logged = tuple[Event, Draft]


class MemoryStore(Units, MemoryQueue):
    """Rows in dicts behind one lock; a transaction keeps a list of how to undo itself."""

    def __init__(self) -> None:
        super().__init__()
        self._feed = secrets.token_hex(8)
        self._log: dict[int, list[Logged]] = {}

    def adopt(self, catalog: Catalog) -> None:
        """Take on this catalog."""
        known = records(catalog)
        with self._lock:
            for key, record in known.by_key.items():
                for _, row in self.tables.setdefault(key, {}).values():
                    row.update({name: None for name in record.fields if name not in row})
            self._records = known

    def upgrade(self, catalog: Catalog) -> list[str]:
        """There is nothing to create."""
        return []

    def pending(self, catalog: Catalog) -> list[str]:
        """There is nothing to create."""
        return []

    def events(self, scope: Scope, query: EventQuery) -> list[Event]:
        """A page of the account's log."""
        value = topic_value(query.value)
        with self._lock:
            log = self._log.get(scope.account_id, [])
            start = bisect_right(log, query.after, key=_seq) if query.after is not None else 0
            stop = bisect_left(log, query.before, key=_seq) if query.before is not None else len(log)
            page = range(start, len(log)) if query.after is not None else reversed(range(stop))
            found = (log[index][0] for index in page if _wanted(log[index][1], scope, query.topics, value))
            return list(islice(found, query.limit))

    def mentions(self, backlog: Backlog, text: str) -> bool:
        """Whether the `after` of an event of this backlog has that text in it."""
        with self._lock:
            log = self._log.get(backlog.account_id, [])
            start = bisect_right(log, backlog.dispatched, key=_seq)
            return any(text in (event.after or "") for event, _ in log[start:] if event.seq <= backlog.newest)

    def feed(self, account_id: int) -> FeedState:
        """Where the account's log stands."""
        with self._lock:
            log, newest = self._log.get(account_id), self._numbers.get(account_id, 0)
            return FeedState(feed=self._feed, newest=newest, oldest=log[0][0].seq if log else newest and newest + 1)

    def load(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], account_id: int) -> None:
        """Insert rows with the ids they carry, without events."""
        known = self._known()
        with self._lock:
            for key, items in rows.items():
                for item in items:
                    own = {"account_id": account_id} if known[key].entity.system else {}
                    whole = known[key].row({**item, **own}, stamp())
                    row = {name: whole[name] for name in known[key].fields}
                    self.tables[key][item["id"]] = (account_id, row)
                    self.last_ids[key] = max(self.last_ids.get(key, 0), item["id"])

    def forget(self, before: str) -> int:
        """Drop the events at the beginning of each log that are older than that time."""
        dropped = 0
        with self._lock:
            for log in self._log.values():
                stop = next((index for index, (event, _) in enumerate(log) if event.at >= before), len(log))
                del log[:stop]
                dropped += stop
        return dropped

    def close(self) -> None:
        """Nothing to release."""

    def _reading(self, scope: Scope, run: Callable[[Session], T]) -> T:
        with self._lock:
            return run(MemorySession(self.tables, self.last_ids, self._known(), scope.account_id))

    def _write(
        self, account_id: int, now: str, run: Run[T], *, commit: bool = True, hurried: bool = False
    ) -> tuple[T, list[Draft], int | None]:
        with self._lock:
            session = MemorySession(self.tables, self.last_ids, self._known(), account_id)
            session.savepoint()
            try:
                result, drafts = run(session)
            except BaseException:
                session.undo()
                raise
            if not commit:
                session.undo()
                return result, drafts, None
            return result, drafts, self._publish(account_id, now, drafts)

    def _publish(self, account_id: int, now: str, drafts: list[Draft]) -> int:
        last = self._numbers.get(account_id, 0) + len(drafts)
        self._numbers[account_id] = last
        events = number(drafts, now, last)
        self._log.setdefault(account_id, []).extend(zip(events, drafts, strict=True))
        return last


def open_memory(url: str) -> MemoryStore:
    """A new, empty store."""
    return MemoryStore()


class MemorySession:
    """One open transaction on the dicts."""

    exclusive = True

    def __init__(
        self, tables: dict[str, dict[int, tuple[int, Row]]], last_ids: dict[str, int], known: Records, account_id: int
    ) -> None:
        self._tables, self._last_ids, self._known, self._account = tables, last_ids, known, account_id
        self._undos: list[Callable[[], Any]] = []
        self._points: list[int] = []
        self._matching = Matching(known, self._follow, self._rows)

    def savepoint(self) -> None:
        """Remember this point."""
        self._points.append(len(self._undos))

    def release(self) -> None:
        """Forget the point."""
        self._points.pop()

    def undo(self) -> None:
        """Go back to the point."""
        point = self._points.pop()
        for step in reversed(self._undos[point:]):
            step()
        del self._undos[point:]

    def get(self, record: Record, record_id: int, owner: int | None, *, lock: bool) -> Row | None:
        """One row with its shows."""
        row = self._row(record.key, record_id)
        return self._shown(record, row) if row is not None and self._owned(record, row, owner) else None

    def find(self, record: Record, query: Query, owner: int | None) -> list[Row]:
        """Matching rows, in order."""
        rows = self._everywhere(record.key) if query.everywhere else self._rows(record.key)
        seen = (row for row in rows if self._owned(record, row, owner))
        return [self._shown(record, row) for row in self._matching.find(seen, query)]

    def count(self, record: Record, query: Query, owner: int | None) -> int:
        """How many match."""
        return len(self.find(record, query, owner))

    def insert(self, record: Record, row: Row) -> tuple[Any, ...]:
        """Store a new row: its id."""
        stored = {name: row[name] for name in record.fields}
        self._check(record, stored, record.fields)
        record_id = self._last_ids.get(record.key, 0) + 1
        self._last_ids[record.key] = stored["id"] = record_id
        table = self._tables[record.key]
        table[record_id] = (self._account, stored)
        self._undos.append(lambda: table.pop(record_id))
        return (record_id,)

    def append(self, record: Record, row: Row) -> None:
        """Store a new row."""
        self.insert(record, row)

    def update(self, record: Record, record_id: int, changes: Row, row: Row) -> None:
        """Write some columns of a row that is there."""
        table = self._tables[record.key]
        before = table[record_id]
        after = before[1] | changes
        self._check(record, after, changes)
        table[record_id] = (self._account, after)
        self._undos.append(lambda: table.update({record_id: before}))

    def amend(self, record: Record, by: str, value: Any, changes: Row) -> None:
        """Write some columns of the row that has this value."""
        found = next(row for row in self._rows(record.key) if row[by] == value)
        self.update(record, found["id"], changes, found)

    def intact(self) -> bool:
        """Nothing breaks here."""
        return True

    def flush(self) -> None:
        """Nothing is put off."""

    def withdraw(self, record: Record, row: Row) -> None:
        """Remove the row that has the same values in its unique fields."""
        names = record.entity.unique[0]
        found = next(other for other in self._rows(record.key) if all(other[name] == row[name] for name in names))
        self.delete(record, found["id"])

    def delete(self, record: Record, record_id: int) -> None:
        """Remove a row that nothing points at."""
        for other in self._known.by_key.values():
            names = [f.name for f in other.fields.values() if f.ref and f.ref.to == record.key]
            if names and any(row[name] == record_id for row in self._rows(other.key) for name in names
                             if (other.key, row["id"]) != (record.key, record_id)):  # fmt: skip
                raise Conflict("in_use", entity=record.key, by="another record", id="")
        table = self._tables[record.key]
        before = table.pop(record_id)
        self._undos.append(lambda: table.update({record_id: before}))

    def _rows(self, entity: str) -> Iterable[Row]:
        return (row for account, row in self._tables[entity].values() if account == self._account)

    def _everywhere(self, entity: str) -> Iterable[Row]:
        return (row for _, row in self._tables[entity].values())

    def _row(self, entity: str, record_id: int) -> Row | None:
        account, row = self._tables[entity].get(record_id, (None, None))
        return row if account == self._account else None

    def _follow(self, entity: str, row: Row, path: tuple[str, ...]) -> Any:
        here: Row | None = row
        for name in path[:-1]:
            entity = self._known.target(entity, (name,))
            target = here[name] if here else None
            _, here = self._tables[entity].get(target or 0, (None, None))
        return here[path[-1]] if here else None

    def _owned(self, record: Record, row: Row, owner: int | None) -> bool:
        path = record.entity.owner
        return owner is None or path is None or self._follow(record.key, row, path) == owner

    def _shown(self, record: Record, row: Row) -> Row:
        return row | {show.name: self._follow(record.key, row, show.path) for show in record.entity.shows}

    def _check(self, record: Record, row: Row, changes: Iterable[str]) -> None:
        """References lead somewhere, and unique rules hold."""
        for name in changes:
            ref = record.fields[name].ref
            if ref and row[name] is not None and self._row(ref.to, row[name]) is None:
                raise Conflict("missing_reference", entity=record.key, fields=name)
        for rule in record.entity.unique:
            mine = [fold(record.fields[name], row[name]) for name in rule]
            rows = self._everywhere(record.key) if record.entity.system else self._rows(record.key)
            if None not in mine and any(
                other["id"] != row["id"] and [fold(record.fields[name], other[name]) for name in rule] == mine
                for other in rows
            ):
                raise Conflict("already_exists", entity=record.key, fields=", ".join(rule))


def _seq(logged: Logged) -> int:
    return logged[0].seq


def _wanted(draft: Draft, scope: Scope, topics: Sequence[str], value: str | None) -> bool:
    if scope.owner is not None and draft.owner_id != scope.owner:
        return False
    return any(topic in topics and (value is None or value == mine) for topic, mine in draft.topics)
