"""One unit of work: the Transaction that all backends share, over the few primitive moves that each one makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from connector.errors import NotFound
from connector.storage.contract import Query, Row, Scope
from connector.storage.journal import Draft, Journal
from connector.storage.records import Record, Records
from connector.storage.values import storable

Key = tuple[str, int]


class Session(Protocol):
    """What a backend does inside one open transaction. `owner`: see only records of that user."""

    exclusive: bool
    """Whether nobody else can write while this session lives, so that a read is as good as a lock."""

    def get(self, record: Record, record_id: int, owner: int | None, *, lock: bool) -> Row | None:
        """One row with its shows."""

    def find(self, record: Record, query: Query, owner: int | None) -> list[Row]:
        """Matching rows, in order."""

    def count(self, record: Record, query: Query, owner: int | None) -> int:
        """How many match."""

    def insert(self, record: Record, row: Row) -> tuple[Any, ...]:
        """Store a new row: its id, and its shows where the database tells them along."""

    def append(self, record: Record, row: Row) -> None:
        """Store a new row whose id nobody waits for, in time for `flush`."""

    def update(self, record: Record, record_id: int, changes: Row, row: Row) -> None:
        """Write some columns of a row that is there; `row` is how it will stand."""

    def amend(self, record: Record, by: str, value: Any, changes: Row) -> None:
        """Write some columns of the row that has this value in the unique field `by`, in time for `flush`."""

    def flush(self) -> None:
        """Store what was put off."""

    def withdraw(self, record: Record, row: Row) -> None:
        """Remove the row that has the same values in its unique fields."""

    def delete(self, record: Record, record_id: int) -> None:
        """Remove a row that is there."""


class Work:
    """The Transaction that `work` is given. Rows it hands out are shared: they must not be changed in place."""

    __slots__ = (
        "_ahead", "_gone", "_journal", "_locked", "_open", "_records", "_rows", "_session", "_visible",
        "now", "scope", "seed", "wrote",
    )  # fmt: skip

    def __init__(
        self, session: Session, records: Records, scope: Scope, now: str, seed: int, ahead: dict[Key, Row] | None = None
    ) -> None:
        """`ahead`: rows that were locked for all works of one transaction; they are kept as fresh as they were read."""
        self.scope, self.now, self.seed = scope, now, seed
        self._session, self._records, self._journal = session, records, Journal()
        self._rows: dict[Key, Row] = {}
        self._visible: set[Key] = set()
        self._open: set[Key] = set()
        self._locked: set[Key] = set()
        self._gone: dict[Key, Row] = {}
        self._ahead = {} if ahead is None else ahead
        self.wrote = False

    def hold(self, about: Iterable[Key]) -> None:
        """Lock records now, in order; missing and invisible ones are skipped."""
        for entity, record_id in sorted(key for key in set(about) if storable(key[1])):
            record = self._records[entity]
            if (entity, record_id) in self._locked and (entity, record_id) in self._visible:
                continue
            owner, path = self._owner(record), record.entity.owner
            row = self._ahead.get((entity, record_id))
            if row is None or (owner is not None and path and (len(path) > 1 or row[path[0]] != owner)):
                row = self._session.get(record, record_id, owner, lock=True)
            if row is not None:
                self._keep(entity, row, visible=True)
                self._locked.add((entity, record_id))

    def get(self, entity: str, record_id: int, *, scoped: bool = True) -> Row | None:
        """The record, or None when there is none or the scope may not see it."""
        key = (entity, record_id)
        record = self._records[entity]
        owner = self._owner(record) if scoped else None
        row = self._rows.get(key)
        if row is None or (owner is not None and key not in self._visible):
            if not storable(record_id):
                return None
            row = self._session.get(record, record_id, owner, lock=False)
            if row is None:
                return None
            row = self._rows.get(key, row)
        self._keep(entity, row, visible=scoped)
        return row

    def find(self, query: Query) -> list[Row]:
        """The matching records, in order."""
        record = self._records[query.entity]
        rows = self._session.find(record, query, self._owner(record) if query.scoped else None)
        for row in rows:
            self._keep(query.entity, row, visible=query.scoped)
        if query.lock:
            self._locked.update((query.entity, row["id"]) for row in rows)
        return rows

    def count(self, query: Query) -> int:
        """How many match."""
        record = self._records[query.entity]
        return self._session.count(record, query, self._owner(record) if query.scoped else None)

    def insert(self, entity: str, values: Mapping[str, Any]) -> Row:
        """Create a record and return it with id, times and shows."""
        record = self._records[entity]
        row = record.row(values, self.now)
        if record.entity.system:
            row["account_id"] = self.scope.account_id
        self.wrote = True
        row["id"], *shown = self._session.insert(record, row)
        if shown:
            row.update(zip(record.shown, shown, strict=True))
        else:
            self._show(record, row, record.shows)
        self._keep(entity, row, visible=True)
        self._locked.add((entity, row["id"]))
        self._journal.note(record, row["id"], None, row)
        return row

    def note(self, entity: str, values: Mapping[str, Any], *, at_once: bool = False) -> None:
        """Create a record of the code that nobody reads back here."""
        record = self._records[entity]
        row = record.row(values, self.now)
        row["account_id"] = self.scope.account_id
        self.wrote = True
        self._session.append(record, row)
        if at_once:
            self._session.flush()

    def withdraw(self, entity: str, values: Mapping[str, Any]) -> None:
        """Take back a record of the code that was noted at once."""
        self._session.withdraw(self._records[entity], dict(values))

    def amend(self, entity: str, by: str, value: Any, changes: Mapping[str, Any]) -> None:
        """Change fields of a record of the code that nobody reads here, found by a unique field."""
        record = self._records[entity]
        self.wrote = True
        self._session.amend(record, by, value, {**record.checked(changes), "updated_at": self.now})

    def update(self, entity: str, record_id: int, changes: Mapping[str, Any]) -> Row:
        """Change fields of a locked row; writes nothing when nothing differs. Returns it as it stands."""
        record = self._records[entity]
        before = self._lock(record, record_id)
        fresh = {name: value for name, value in record.checked(changes).items() if before[name] != value}
        if not fresh or fresh.keys() == {"updated_at"}:
            return before
        fresh.setdefault("updated_at", self.now)
        after = before | fresh
        self.wrote = True
        self._session.update(record, record_id, fresh, after)
        self._show(record, after, [name for name in fresh if name in record.shows])
        self._forget(record, record_id)
        self._rows[entity, record_id] = after
        self._journal.note(record, record_id, before, after)
        return after

    def touch(self, entity: str, record_id: int) -> None:
        """Reserve the place of this record's event before those of records first written later."""
        self._journal.reserve(self._records[entity], record_id)

    def delete(self, entity: str, record_id: int) -> None:
        """Remove a record."""
        record = self._records[entity]
        row = self._lock(record, record_id)
        self.wrote = True
        self._session.delete(record, record_id)
        key = (entity, record_id)
        self._gone[key] = row
        self._forget(record, record_id)
        self._rows.pop(key, None)
        self._visible.discard(key)
        self._open.discard(key)
        self._journal.note(record, record_id, row, None)

    def drafts(self, *, dry: bool = False) -> list[Draft]:
        """The events that the work comes to."""
        return self._journal.drafts(self.scope, self._owner_of, dry=dry)

    def _owner(self, record: Record) -> int | None:
        return self.scope.owner if record.entity.owner else None

    def _keep(self, entity: str, row: Row, *, visible: bool) -> None:
        key = (entity, row["id"])
        self._rows[key] = row
        self._open.add(key)
        if visible:
            self._visible.add(key)

    def _lock(self, record: Record, record_id: int) -> Row:
        """The row, locked. What this work has read by any way it may write; the rest only if the scope sees it."""
        key = (record.key, record_id)
        row = self._rows.get(key)
        known = key in self._open
        if row is not None and known and (self._session.exclusive or key in self._locked):
            return row
        owner = None if known else self._owner(record)
        row = self._session.get(record, record_id, owner, lock=True) if storable(record_id) else None
        if row is None:
            raise NotFound(entity=record.key, id=record_id)
        self._keep(record.key, row, visible=not known)
        self._locked.add(key)
        return row

    def _peek(self, entity: str, record_id: int) -> Row | None:
        """A record on the way to something else; reading it gives no right to it."""
        key = (entity, record_id)
        row = self._rows.get(key) or self._gone.get(key)
        if row is None:
            row = self._session.get(self._records[entity], record_id, None, lock=False)
            if row is not None:
                self._rows[key] = row
        return row

    def _follow(self, record: Record, row: Row, path: Sequence[str]) -> Any:
        """The value at the end of a chain of references, None where it breaks."""
        here: Row | None = row
        entity = record.key
        for name in path[:-1]:
            target = here[name] if here else None
            if target is None:
                return None
            entity = self._records.target(entity, (name,))
            here = self._peek(entity, target)
        return here[path[-1]] if here else None

    def _show(self, record: Record, row: Row, references: Iterable[str]) -> None:
        for name in references:
            for show in record.shows[name]:
                row[show.name] = self._follow(record, row, show.path)

    def _forget(self, record: Record, record_id: int) -> None:
        """A changed record, and rows that show something of it, must be read again."""
        self._ahead.pop((record.key, record_id), None)
        if record.shown_in:
            for key in [key for key in self._ahead if key[0] in record.shown_in]:
                del self._ahead[key]
            for key in [key for key in self._rows if key[0] in record.shown_in]:
                del self._rows[key]
                self._locked.discard(key)

    def _owner_of(self, record: Record, row: Row) -> int | None:
        path = record.entity.owner
        owner: int | None = self._follow(record, row, path) if path else None
        return owner
