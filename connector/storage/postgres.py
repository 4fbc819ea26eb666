"""PostgreSQL, the store for many hosts: psycopg on pooled connections, as few round trips as the work allows."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout
from sqlalchemy import Engine, NullPool, Table, cast, create_engine, func, select
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import OperationalError

from connector.catalog.model import Catalog
from connector.errors import Conflict, Locked, StorageFull, Unavailable
from connector.storage.contract import Clause, Outer, Query, Row, Scope
from connector.storage.guards import guard_key, guards_of_row, locking
from connector.storage.journal import Draft
from connector.storage.listed import packed
from connector.storage.notes import Make, amending, appending, stored
from connector.storage.pool import pooled
from connector.storage.publishing import publish_all, published
from connector.storage.records import Record, guards_of
from connector.storage.sql import Link, SqlSession, SqlStore, Values, clash
from connector.storage.statements import Statements
from connector.storage.units import Again, Run
from connector.storage.work import Session

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds to wait for a connection or a lock before answering that the storage is busy."""
ATTEMPTS = 8
PAUSE = 0.02
"""Seconds by which the pause before another attempt grows, at most."""
HURRY = "SET LOCAL lock_timeout = '100ms'"
SETTINGS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s"
_UPGRADE_LOCK = "SELECT pg_advisory_xact_lock(5135072063)"


class PostgresLink:
    """A connection, with its errors in the store's own words. Statements that nobody waits for travel together."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self._cursor = connection.cursor()
        self._waiting: list[tuple[str, Values, bool | None]] = []

    def rows(self, sql: str, params: Values, *, fresh_plan: bool = False) -> list[tuple[Any, ...]]:
        """Execute and fetch all. A fresh plan is not prepared: generic plans of feeds are hundreds of times slower."""
        return self._execute(sql, params, prepare=False if fresh_plan else None).fetchall()

    def run(self, sql: str, params: Values = (), *, fresh_plan: bool = False) -> int:
        """Execute; how many rows it met."""
        return self._execute(sql, params, prepare=False if fresh_plan else None).rowcount

    def later(self, sql: str, params: Values = (), *, fresh_plan: bool = False) -> None:
        """Send it with the next statement."""
        self._waiting.append((sql, params, False if fresh_plan else None))

    def insert(self, sql: str, params: Values) -> tuple[Any, ...]:
        """Execute an INSERT; the new id and what the row shows."""
        found: tuple[Any, ...] = self._execute(sql, params).fetchall()[0]
        return found

    def many(self, sql: str, rows: Iterable[Values]) -> None:
        """Execute once per row of parameters."""
        for row in rows:
            self.later(sql, row)

    def finish(self, sql: str, params: Values) -> list[tuple[Any, ...]]:
        """A last statement, then COMMIT, in one round trip; the rows of that statement."""
        self.later(sql, params)
        return self._together(len(self._waiting) - 1, "COMMIT").fetchall()

    def commit(self) -> None:
        """COMMIT, with what is still waiting; nothing at all when nothing was executed."""
        if [sql for sql, *_ in self._waiting] == ["BEGIN"]:
            self._waiting.clear()
        else:
            self.run("COMMIT")

    def rollback(self) -> None:
        """Forget all; a broken connection has forgotten already."""
        self._waiting.clear()
        status = self.connection.info.transaction_status
        if status == TransactionStatus.INTRANS:
            # Past psycopg, which would forget its prepared statements: nothing was made here that they could miss.
            self.connection.pgconn.exec_(b"ROLLBACK")
        elif status not in (TransactionStatus.IDLE, TransactionStatus.UNKNOWN):
            try:
                self.connection.execute("ROLLBACK")
            except psycopg.Error:
                self.connection.close()

    def _execute(self, sql: str, params: Values, *, prepare: bool | None = None) -> psycopg.Cursor[Any]:
        if self._waiting:
            return self._together(len(self._waiting), sql, params, prepare=prepare)
        try:
            return self._cursor.execute(_encoded(sql), params or None, prepare=prepare)
        except psycopg.Error as error:
            raise translated(error, self.connection, sql) from error

    def _together(
        self, wanted: int, sql: str, params: Values = (), *, prepare: bool | None = None
    ) -> psycopg.Cursor[Any]:
        """All that waits and this one, in one round trip; the cursor of the wanted one."""
        waiting, self._waiting = self._waiting, []
        other = self.connection.cursor()
        try:
            with self.connection.pipeline():
                for place, (text, values, prepared) in enumerate(waiting):
                    cursor = self._cursor if place == wanted else other
                    cursor.execute(_encoded(text), values or None, prepare=prepared)
                cursor = self._cursor if wanted == len(waiting) else other
                cursor.execute(_encoded(sql), params or None, prepare=prepare)
            return self._cursor
        except psycopg.Error as error:
            raise translated(error, self.connection, sql) from error


class PostgresSession(SqlSession):
    """A transaction under READ COMMITTED: rows are locked one by one, new matches by guards."""

    _link: PostgresLink

    def __init__(self, link: Link, statements: Statements, account_id: int) -> None:
        super().__init__(link, statements, account_id)
        self._noted: dict[str, list[Row]] = {}
        self._amended: dict[tuple[str, str, tuple[str, ...]], list[Row]] = {}

    def intact(self) -> bool:
        """Whether PostgreSQL takes more statements before ROLLBACK."""
        return self._link.connection.info.transaction_status != TransactionStatus.INERROR

    def append(self, record: Record, row: Row) -> None:
        """Put it off: many rows of a table go in one statement."""
        self._noted.setdefault(record.key, []).append(row)

    def amend(self, record: Record, by: str, value: Any, changes: Row) -> None:
        """Put it off."""
        self._amended.setdefault((record.key, by, tuple(changes)), []).append({by: value, **changes})

    def flush(self) -> None:
        """Send what was put off, with whatever comes next."""
        noted, self._noted, amended, self._amended = self._noted, {}, self._amended, {}
        for key, rows in noted.items():
            if len(rows) > 1:
                self._send(key, f"append {key}", appending(key), rows)
            else:
                super().append(self._statements.records[key], rows[0])
        for (key, by, names), rows in amended.items():
            if len(rows) > 1:
                self._send(key, f"amend {key} {by} {names}", amending(key, by, names), rows)
            else:
                super().amend(self._statements.records[key], by, rows[0][by], {name: rows[0][name] for name in names})

    def _send(self, key: str, name: str, make: Make, rows: Sequence[Row]) -> None:
        record, statement = self._statements.records[key], self._statements.compiled(name, make)
        values = (self._account, None, packed([stored(record, row) for row in rows]))
        # A plan made while the table was small would read all of it for ever.
        self._link.later(statement.sql, statement.bind(values), fresh_plan=True)

    def savepoint(self) -> None:
        """Remember this point, with all that was put off before it."""
        self.flush()
        super().savepoint()

    def undo(self) -> None:
        """Go back to the remembered point."""
        self._noted, self._amended = {}, {}
        super().undo()

    def release(self) -> None:
        """Keep what was done since."""
        self.flush()
        super().release()

    def find(self, record: Record, query: Query, owner: int | None) -> list[Row]:
        """Matching rows, in order; with `lock`, behind the guards of its equalities."""
        if query.lock:
            keys = [
                guard_key(self._account, record, tuple(clause.path for clause in equal), [c.value for c in equal])
                for equal in guards_of(query.where, lambda part: isinstance(part, Clause))
                if not any(isinstance(clause.value, Outer) for clause in equal)
            ]
            self._guard(keys, exclusive=True)
        return super().find(record, query, owner)

    def insert(self, record: Record, row: Row) -> tuple[Any, ...]:
        """Store a new row, unless somebody has locked what it would match."""
        self._guard(guards_of_row(self._account, record, row), exclusive=False)
        return super().insert(record, row)

    def update(self, record: Record, record_id: int, changes: Row, row: Row) -> None:
        """Write some columns, unless somebody has locked what the row would match."""
        self._guard(guards_of_row(self._account, record, row, changes), exclusive=False)
        super().update(record, record_id, changes, row)

    def _guard(self, keys: Sequence[int], *, exclusive: bool) -> None:
        if keys:
            statement = self._statements.compiled(f"guard {exclusive}", lambda tables: locking(exclusive))
            self._link.later(statement.sql, statement.bind((sorted(keys),)))


class PostgresStore(SqlStore):
    """One PostgreSQL database, shared by as many processes and hosts as wanted."""

    dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
    defer = "SET CONSTRAINTS ALL DEFERRED"
    seats = 2

    def __init__(self, url: str) -> None:
        super().__init__()
        options = conninfo_to_dict(url)
        given = f"{options.pop('options', '')} {SETTINGS}".strip()
        own: dict[str, Any] = {"connect_timeout": 3, "application_name": "leadwire", **options, "options": given}
        self._address = make_conninfo("", **own)
        self._pool = pooled(self._address, size=32, patience=PATIENCE)

    def upgrade(self, catalog: Catalog) -> list[str]:
        """Create what is missing; says what it did."""
        from connector.storage.upgrade import upgrade

        return self._engined(lambda engine: upgrade(engine, catalog, _UPGRADE_LOCK))

    def pending(self, catalog: Catalog) -> list[str]:
        """What `upgrade` would do."""
        from connector.storage.upgrade import pending

        return self._engined(lambda engine: pending(engine, catalog))

    def close(self) -> None:
        """Release connections."""
        self._pool.close()

    def _loaded(self, link: Link, key: str) -> None:
        """New ids lie beyond those that were given."""
        statement = self._made().compiled(f"beyond {key}", lambda tables: _beyond(tables[key]))
        link.rows(statement.sql, statement.bind(()))

    def _engined(self, run: Callable[[Engine], T]) -> T:
        """SQLAlchemy's way to the database, for upgrades only."""
        try:
            return run(create_engine("postgresql+psycopg://", creator=self._connect, poolclass=NullPool))
        except OperationalError as error:
            raise Unavailable(retry_after=1) from error

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._address)

    def _linked(self, run: Callable[[Link], T]) -> T:
        return self._retried(run)

    def _alone_on(self, run: Callable[[Link], T]) -> T:
        def inside(link: PostgresLink) -> T:
            result = run(link)
            link.commit()
            return result

        return self._begun(inside)

    def _reading(self, scope: Scope, run: Callable[[Session], T]) -> T:
        made = self._made()
        return self._retried(lambda link: run(PostgresSession(link, made, scope.account_id)))

    def _write(
        self, account_id: int, now: str, run: Run[T], *, commit: bool = True, hurried: bool = False
    ) -> tuple[T, list[Draft], int | None]:
        made = self._made()

        def inside(link: PostgresLink) -> tuple[T, list[Draft], int | None]:
            if hurried:
                link.later(HURRY)
            session = PostgresSession(link, made, account_id)
            result, drafts = run(session)
            session.flush()
            if not commit:
                link.rollback()
            elif drafts:
                statement = made.compiled("publish", publish_all)
                values = statement.bind(published(account_id, now, drafts))
                return result, drafts, link.finish(statement.sql, values)[0][0]
            else:
                link.commit()
            return result, drafts, None

        return self._begun(inside)

    def _begun(self, run: Callable[[PostgresLink], T]) -> T:
        def inside(link: PostgresLink) -> T:
            link.later("BEGIN")
            try:
                return run(link)
            except BaseException:
                link.rollback()
                raise

        return self._retried(inside)

    def _retried(self, run: Callable[[PostgresLink], T]) -> T:
        """Run on a connection; again when the database gave it up for another's sake, or broke before COMMIT."""
        self._pool.open()
        for attempt in range(1, ATTEMPTS + 1):
            connection = self._connection()
            try:
                return run(PostgresLink(connection))
            except Again:
                if connection.closed:
                    self._pool.check()
                time.sleep(random.random() * attempt * PAUSE)
            finally:
                self._pool.putconn(connection)
        raise Unavailable(retry_after=1)

    def _connection(self) -> psycopg.Connection[Any]:
        try:
            return self._pool.getconn()
        except PoolTimeout as error:
            raise Unavailable(retry_after=1) from error


@lru_cache(maxsize=4096)
def _encoded(sql: str) -> bytes:
    """A statement as psycopg likes it best: always the same bytes object."""
    return sql.encode()


def _beyond(table: Table) -> Any:
    sequence = cast(func.pg_get_serial_sequence(f'"{table.name}"', "id"), REGCLASS)
    highest = select(func.max(table.c.id)).scalar_subquery()
    return select(func.setval(sequence, func.greatest(highest, func.nextval(sequence))))


def open_postgres(url: str) -> PostgresStore:
    """The store in the database of that address."""
    return PostgresStore(url)


def translated(error: psycopg.Error, connection: psycopg.Connection[Any], sql: str) -> Exception:
    """The error that a caller can act on; others stay what they are.

    A connection that broke before COMMIT was sent has done nothing: the work may run again. One that broke while
    COMMIT was under way may have done all of it, and nobody can tell: that is for the caller to find out.
    """
    state = error.sqlstate or ("lost" if connection.closed else "")
    if state == "26000":
        # After an error amid statements that travel together, psycopg may take one for prepared that never was.
        connection.close()
        return Again()
    if state in ("lost", "57P01", "57P02", "57P03"):
        return _busy(error) if sql == "COMMIT" else Again()
    translate = _TRANSLATIONS.get(state)
    return translate(error) if translate else error


def _busy(error: psycopg.Error) -> Exception:
    return Unavailable(retry_after=1)


def _clash(error: psycopg.Error) -> Exception:
    """The detail names the columns: `Key (account_id, code)=(1, todo) ...`."""
    columns = str(error.diag.message_detail).partition("(")[2].partition(")=")[0]
    return clash(str(error.diag.table_name), columns.split(", "))


def _locked(error: psycopg.Error) -> Exception:
    """The context names the table or index: `while inserting index tuple (0,2) in relation "uq_idempotency_slot"`."""
    relation = str(error.diag.context).rpartition('relation "')[2].partition('"')[0]
    return Locked(retry_after=1, relation=relation)


_TRANSLATIONS: dict[str, Callable[[psycopg.Error], Exception]] = {
    "40001": lambda error: Again(),  # serialization failure
    "40P01": lambda error: Again(),  # deadlock
    "25006": _busy,  # read-only
    "25P03": _busy,  # idle in transaction for too long
    "53300": _busy,  # too many connections
    "55P03": _locked,  # waited too long for a lock
    "53200": _busy,  # out of memory
    "53100": lambda error: StorageFull(),  # disk full
    "23505": _clash,
    "23503": lambda error: Conflict("missing_reference"),
}
