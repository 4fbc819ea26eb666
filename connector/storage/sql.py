"""What SQLite and PostgreSQL have in common: sessions that execute compiled statements on the raw driver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import orjson
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.engine.interfaces import Dialect

from connector.catalog.model import Catalog
from connector.errors import Conflict
from connector.storage.columns import account
from connector.storage.contract import Clause, Event, EventQuery, FeedState, Query, Row, Scope
from connector.storage.journal import Draft, stamp
from connector.storage.notes import withdrawing
from connector.storage.queue import SqlQueue
from connector.storage.records import Record, fingerprint, records
from connector.storage.shapes import page_of, shape_of
from connector.storage.statements import EVENT, TOPIC, Statement, Statements, events_of
from connector.storage.tables import Tables, folded, upserts
from connector.storage.units import Units

T = TypeVar("T")
Values = Sequence[Any]


class Link(Protocol):
    """An open connection, errors already translated."""

    def rows(self, sql: str, params: Values, *, fresh_plan: bool = False) -> list[tuple[Any, ...]]:
        """Execute and fetch all. `fresh_plan`: never reuse a plan made for other values."""

    def run(self, sql: str, params: Values = (), *, fresh_plan: bool = False) -> int:
        """Execute; how many rows it met."""

    def later(self, sql: str, params: Values = ()) -> None:
        """Execute no later than whatever comes next; nobody waits for the answer."""

    def insert(self, sql: str, params: Values) -> tuple[Any, ...]:
        """Execute an INSERT; what it returns, or the new id."""

    def many(self, sql: str, rows: Iterable[Values]) -> None:
        """Execute once per row of parameters."""


class SqlSession:
    """One transaction on a connection."""

    exclusive = False

    def __init__(self, link: Link, statements: Statements, account_id: int) -> None:
        self._link, self._statements, self._account = link, statements, account_id

    def get(self, record: Record, record_id: int, owner: int | None, *, lock: bool) -> Row | None:
        """One row with its shows."""
        statement = self._statements.get(record, owner is not None, lock)
        rows = self._link.rows(statement.sql, statement.bind((self._account, owner, record_id)))
        return statement.decode(rows[0]) if rows and statement.decode else None

    def find(self, record: Record, query: Query, owner: int | None) -> list[Row]:
        """Matching rows, in order."""
        values: list[Any] = [self._account, owner]
        statement = self._statements.find(shape_of(query, values), owner is not None)
        fresh = not _names_few(record, query)
        rows = self._link.rows(statement.sql, statement.bind(values), fresh_plan=fresh)
        return [statement.decode(row) for row in rows] if statement.decode else []

    def count(self, record: Record, query: Query, owner: int | None) -> int:
        """How many match."""
        values: list[Any] = [self._account, owner]
        statement = self._statements.count(shape_of(query, values), owner is not None)
        return int(self._link.rows(statement.sql, statement.bind(values), fresh_plan=True)[0][0])

    def insert(self, record: Record, row: Row) -> tuple[Any, ...]:
        """Store a new row: its id, and its shows where the link answers with rows."""
        statement = self._statements.insert(record)
        values = [self._account, None, *(row[name] for name in record.fields if name != "id")]
        told = self._link.insert(statement.sql, statement.bind(values))
        return tuple(statement.decode(told).values()) if statement.decode else told

    def append(self, record: Record, row: Row) -> None:
        """Store a new row whose id nobody waits for."""
        statement = self._statements.insert(record)
        values = [self._account, None, *(row[name] for name in record.fields if name != "id")]
        self._link.later(statement.sql, statement.bind(values))

    def update(self, record: Record, record_id: int, changes: Row, row: Row) -> None:
        """Write some columns of a row that is there."""
        statement = self._statements.update(record, tuple(changes))
        self._link.later(statement.sql, statement.bind([self._account, None, record_id, *changes.values()]))

    def amend(self, record: Record, by: str, value: Any, changes: Row) -> None:
        """Write some columns of the row that has this value."""
        statement = self._statements.update(record, tuple(changes), by)
        self._link.later(statement.sql, statement.bind([self._account, None, value, *changes.values()]))

    def intact(self) -> bool:
        """Whether the transaction can go on after an error."""
        return True

    def flush(self) -> None:
        """Nothing is put off."""

    def withdraw(self, record: Record, row: Row) -> None:
        """Remove the row that has the same values in its unique fields."""
        names = record.entity.unique[0]
        statement = self._statements.compiled(f"withdraw {record.key}", withdrawing(record.key, names))
        self._link.later(statement.sql, statement.bind([self._account, None, *(row[name] for name in names)]))

    def delete(self, record: Record, record_id: int) -> None:
        """Remove a row that is there."""
        statement = self._statements.delete(record)
        try:
            self._link.run(statement.sql, statement.bind([self._account, None, record_id]))
        except Conflict as error:
            raise Conflict("in_use", entity=record.key, by="another record", id="") from error

    def savepoint(self) -> None:
        """Remember this point."""
        self._link.later("SAVEPOINT job")

    def undo(self) -> None:
        """Go back to the remembered point and forget it."""
        self._link.run("ROLLBACK TO SAVEPOINT job")
        self._link.later("RELEASE SAVEPOINT job")

    def release(self) -> None:
        """Keep what was done since."""
        self._link.run("RELEASE SAVEPOINT job")


KEPT = 4
_shared: list[tuple[Any, Statements]] = []
_keeping = threading.Lock()


def statements_of(catalog: Catalog, dialect: Dialect) -> Statements:
    """The statements of a catalog's record types.

    Making them takes tenths of a second: all stores of a process share them, and the sets used last are kept.
    """
    about = fingerprint(catalog), dialect.name
    with _keeping:
        made = next((made for known, made in _shared if known == about), None) or Statements(records(catalog), dialect)
        _shared[:] = [(about, made), *(pair for pair in _shared if pair[1] is not made)][:KEPT]
        return made


class SqlStore(SqlQueue, Units):
    """The part of a SQL store that does not depend on the driver."""

    dialect: Dialect
    defer: str
    """The statement that puts the check of references off until COMMIT."""

    def __init__(self) -> None:
        self._statements: Statements | None = None
        self._feed = ""

    def _linked(self, run: Callable[[Link], T]) -> T:
        """Run single statements, each on its own."""
        raise NotImplementedError

    def _alone_on(self, run: Callable[[Link], T]) -> T:
        """Run in one plain write transaction, without an account or events."""
        raise NotImplementedError

    def adopt(self, catalog: Catalog) -> None:
        """Take on this catalog; statements are kept when the record types are the same."""
        made = statements_of(catalog, self.dialect)
        self._statements, self._records = made, made.records

    def events(self, scope: Scope, query: EventQuery) -> list[Event]:
        """A page of the account's log."""
        if not query.topics:
            return []
        values: list[Any] = [scope.account_id, scope.owner]
        made = self._made()
        statement = made.page(page_of(query, scope.owner is not None, values))
        params = statement.bind(values)
        found = self._linked(lambda link: link.rows(statement.sql, params, fresh_plan=True))
        return events_of(found, rising=query.after is not None)

    def feed(self, account_id: int) -> FeedState:
        """Where the account's log stands."""
        counter = self._made().compiled("counter", _counter)
        oldest = self._made().compiled("oldest", _oldest)

        def run(link: Link) -> FeedState:
            # The counter first: an event that comes between the two reads must not look like a forgotten beginning.
            found = link.rows(counter.sql, counter.bind((account_id,)))
            first = link.rows(oldest.sql, oldest.bind((account_id,)))
            newest = found[0][0] if found else 0
            return FeedState(feed=self._feed_of(link), newest=newest,
                             oldest=first[0][0] or (newest and newest + 1))  # fmt: skip

        return self._linked(run)

    def load(self, rows: Mapping[str, Sequence[Mapping[str, Any]]], account_id: int) -> None:
        """Insert rows with the ids they carry, without events."""
        made, now = self._made(), stamp()

        def run(link: Link) -> None:
            link.later(self.defer)
            for key in rows:
                record = made.records[key]
                own = {"account_id": account_id} if record.entity.system else {}
                statement = made.load(record)
                found = (record.row({**item, **own}, now) for item in rows[key])
                values = ([account_id, None, *(row[name] for name in record.fields)] for row in found)
                link.many(statement.sql, [statement.bind(row) for row in values])
                self._loaded(link, key)

        self._alone_on(run)

    def forget(self, before: str) -> int:
        """Drop the events at the beginning of each log that are older than that time."""
        made = self._made()
        accounts, kept = made.compiled("accounts", _accounts), made.compiled("kept", _kept)
        drops = [
            made.compiled(f"drop {name}", _dropper(name))
            for name in (*(topic.name for topic in made.tables.topics), "event")
        ]

        def run(link: Link) -> int:
            dropped = 0
            for account_id, seq in link.rows(accounts.sql, ()):
                first = link.rows(kept.sql, kept.bind((account_id, None, before)))
                values = (account_id, None, first[0][0] if first else seq + 1)
                dropped += [link.run(drop.sql, drop.bind(values)) for drop in drops][-1]
            return dropped

        return self._alone_on(run)

    def _made(self) -> Statements:
        self._known()
        assert self._statements is not None
        return self._statements

    def _feed_of(self, link: Link) -> str:
        if not self._feed:
            statement = self._made().compiled("feed id", _feed_id)
            self._feed = str(link.rows(statement.sql, statement.bind((0,)))[0][0])
        return self._feed

    def _loaded(self, link: Link, key: str) -> None:
        """Rows with ids of their own were inserted: new ids must lie beyond them."""


def _names_few(record: Record, query: Query) -> bool:
    """Whether a unique rule, or a list of ids, leaves few rows: any plan for that is good, so it may be prepared."""
    clauses = [part for part in query.where if isinstance(part, Clause)]
    given = {clause.path for clause in clauses if clause.op == "eq"}
    listed = any(clause.path == "id" and clause.op in ("eq", "in") for clause in clauses)
    return listed or any(given.issuperset(rule) for rule in record.entity.unique)


def publishing(made: Statements) -> tuple[Statement, Statement, Statement]:
    """The statements that write a transaction's events: count, event, topic."""
    return (
        made.compiled("count up", _count_up),
        made.compiled("event", _inserter("event", EVENT)),
        made.compiled("fresh topic", _inserter("fresh_topic", TOPIC)),
    )


def event_values(now: str, seq: int, draft: Draft) -> list[Any]:
    """The columns of an event."""
    scope = draft.scope
    return [
        scope.account_id, seq, now, scope.actor_id, scope.origin, scope.request_id, draft.entity, draft.record_id,
        draft.verb, orjson.dumps(draft.changed).decode(), draft.before, draft.after,
    ]  # fmt: skip


def topic_values(seq: int, draft: Draft) -> list[list[Any]]:
    """The columns of an event's index rows."""
    return [[draft.scope.account_id, topic, seq, draft.owner_id, value] for topic, value in draft.topics]


def clash(entity: str, columns: Iterable[str]) -> Conflict:
    """A broken unique rule, told by the fields that people know."""
    fields = [name.removesuffix(folded("")) for name in columns if name != "account_id"]
    return Conflict("already_exists", entity=entity, fields=", ".join(fields))


def _count_up(tables: Tables) -> Any:
    """Take numbers: values are account, owner, how many. The row is made at the first event."""
    feed = tables["feed"]
    mine, more = bindparam("v0", type_=feed.c.seq.type), bindparam("v2", type_=feed.c.seq.type)
    dialect: Any = upserts(tables.dialect)
    first = dialect.insert(feed).values(account_id=mine, seq=more, dispatched=0)
    counted = first.on_conflict_do_update(index_elements=["account_id"], set_={"seq": feed.c.seq + first.excluded.seq})
    return counted.returning(feed.c.seq)


def _inserter(name: str, columns: Sequence[str]) -> Callable[[Tables], Any]:
    def make(tables: Tables) -> Any:
        table = tables[name]
        return insert(table).values(
            {column: bindparam(f"v{place}", type_=table.c[column].type) for place, column in enumerate(columns)}
        )

    return make


def _sort_in(tables: Tables) -> Any:
    fresh = tables["fresh_topic"]
    return insert(tables["event_topic"]).from_select(TOPIC, select(*(fresh.c[name] for name in TOPIC)))


SORTING: Mapping[str, Callable[[Tables], Any]] = {
    "sort in": _sort_in,
    "sorted": lambda tables: delete(tables["fresh_topic"]),
}
"""The statements that move index rows from where they are written to where they are found by their order."""


def _counter(tables: Tables) -> Any:
    feed = tables["feed"]
    return select(feed.c.seq).where(account(feed))


def _oldest(tables: Tables) -> Any:
    event = tables["event"]
    return select(func.min(event.c.seq)).where(account(event))


def _accounts(tables: Tables) -> Any:
    feed = tables["feed"]
    return select(feed.c.account_id, feed.c.seq).order_by(feed.c.account_id)


def _kept(tables: Tables) -> Any:
    event = tables["event"]
    young = event.c.at >= bindparam("v2", type_=event.c.at.type)
    return select(event.c.seq).where(account(event), young).order_by(event.c.seq).limit(1)


def _dropper(name: str) -> Callable[[Tables], Any]:
    def make(tables: Tables) -> Any:
        table = tables[name]
        return delete(table).where(account(table), table.c.seq < bindparam("v2", type_=table.c.seq.type))

    return make


def _feed_id(tables: Tables) -> Any:
    meta = tables["meta"]
    return select(meta.c.value).where(meta.c.name == "feed")
