"""SQLite, the default store: WAL, synchronous=FULL, one fair gate for the writers of a file."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, NullPool, create_engine, event
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import OperationalError

from connector.catalog.model import Catalog
from connector.errors import Conflict, StorageFull, Unavailable
from connector.group import Group, Turn
from connector.pace import aside
from connector.storage.contract import Scope
from connector.storage.gate import PATIENCE, Gate
from connector.storage.journal import Draft
from connector.storage.sql import (
    SORTING,
    Link,
    SqlSession,
    SqlStore,
    Values,
    clash,
    event_values,
    publishing,
    topic_values,
)  # fmt: skip
from connector.storage.units import FAILURES, Run
from connector.storage.work import Session

T = TypeVar("T")

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)
GATHERED = 256
"""Index rows that are sorted in at once: that touches few more pages than a single one would."""
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PROTOCOL")


class SqliteLink:
    """A connection of one thread, with its errors in the store's own words."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def rows(self, sql: str, params: Values, *, fresh_plan: bool = False) -> list[tuple[Any, ...]]:
        """Execute and fetch all."""
        try:
            return self.connection.execute(sql, params).fetchall()
        except sqlite3.Error as error:
            raise translated(error) from error

    def run(self, sql: str, params: Values = (), *, fresh_plan: bool = False) -> int:
        """Execute; how many rows it met."""
        try:
            return self.connection.execute(sql, params).rowcount
        except sqlite3.Error as error:
            raise translated(error) from error

    def later(self, sql: str, params: Values = ()) -> None:
        """Execute; there is nothing to gain by waiting."""
        self.run(sql, params)

    def insert(self, sql: str, params: Values) -> tuple[int]:
        """Execute an INSERT; the new id."""
        try:
            return (self.connection.execute(sql, params).lastrowid or 0,)
        except sqlite3.Error as error:
            raise translated(error) from error

    def many(self, sql: str, rows: Iterable[Values]) -> None:
        """Execute once per row of parameters."""
        try:
            self.connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise translated(error) from error


class SqliteSession(SqlSession):
    """A transaction that began IMMEDIATE: nobody else writes, so reading is as good as locking."""

    exclusive = True

    def publish(self, now: str, drafts: Sequence[Draft]) -> int:
        """Number the events and write them; the last number."""
        count, entry, fresh = publishing(self._statements)
        last = int(self._link.rows(count.sql, count.bind((self._account, None, len(drafts))))[0][0])
        numbered = list(enumerate(drafts, last - len(drafts) + 1))
        self._link.many(entry.sql, [entry.bind(event_values(now, seq, draft)) for seq, draft in numbered])
        rows = (row for seq, draft in numbered for row in topic_values(seq, draft))
        gathered = [self._link.insert(fresh.sql, fresh.bind(row)) for row in rows]
        if gathered[-1][0] >= GATHERED:
            for name, make in SORTING.items():
                self._link.run(self._statements.compiled(name, make).sql)
        return last


class SqliteStore(SqlStore):
    """One SQLite file. Reading connections are per thread; writers pass the gate, several in one COMMIT."""

    dialect = sqlite_dialect.dialect(paramstyle="qmark")
    defer = "PRAGMA defer_foreign_keys=ON"

    def __init__(self, path: str) -> None:
        super().__init__()
        folder = Path(path).absolute().parent
        if not folder.is_dir():
            raise ValueError(f"There is no folder {folder} for the database. Create it, or name another file.")
        self.path = path
        self._file: tuple[int, int] | None = None
        self.gate = _gated(path, folder)
        self._own = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._writer: SqliteLink | None = None
        self._group = Group(self.gate.open, self._settle)
        self._session_of: type[SqliteSession] = SqliteSession

    def upgrade(self, catalog: Catalog) -> list[str]:
        """Create what is missing; says what it did."""
        from connector.storage.upgrade import upgrade

        with self.gate.open():
            self.link()
            return self._engined(lambda engine: upgrade(engine, catalog, ""), "BEGIN IMMEDIATE")

    def pending(self, catalog: Catalog) -> list[str]:
        """What `upgrade` would do."""
        from connector.storage.upgrade import pending

        return self._engined(lambda engine: pending(engine, catalog), "BEGIN")

    def close(self) -> None:
        """Release connections."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._writer = None
        self._own = threading.local()
        self.gate.close()

    def link(self) -> SqliteLink:
        """The connection of this thread."""
        link: SqliteLink | None = getattr(self._own, "link", None)
        if link is None:
            link = self._own.link = SqliteLink(self._connect())
        return link

    def writer(self) -> SqliteLink:
        """The one connection that writes, behind the gate: the pages it has cached stay the newest."""
        if self._writer is None:
            self._writer = SqliteLink(self._connect())
        return self._writer

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path, timeout=PATIENCE, isolation_level=None, cached_statements=512, check_same_thread=False
            )
            for pragma in _PRAGMAS:
                connection.execute(pragma).close()
        except sqlite3.Error as error:
            raise translated(error) from error
        self._all.append(connection)
        return connection

    def _engined(self, run: Callable[[Engine], T], begin: str) -> T:
        """SQLAlchemy's way to the file, for upgrades only."""
        connect = partial(sqlite3.connect, self.path, timeout=PATIENCE, isolation_level=None)
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        try:
            return run(engine)
        except OperationalError as error:
            raise (translated(error.orig) if isinstance(error.orig, sqlite3.Error) else error) from error

    def _linked(self, run: Callable[[Link], T]) -> T:
        return run(self.link())

    def _alone_on(self, run: Callable[[Link], T]) -> T:
        return self._immediate(run)

    def _there(self) -> None:
        """Unavailable when the file was moved away: what is written to it now would be found by nobody."""
        try:
            found = os.stat(self.path)
        except OSError:
            raise Unavailable(retry_after=1) from None
        if self._file is None:
            self._file = (found.st_dev, found.st_ino)
        elif self._file != (found.st_dev, found.st_ino):
            raise Unavailable(retry_after=1)

    def _reading(self, scope: Scope, run: Callable[[Session], T]) -> T:
        link, made = self.link(), self._made()
        self._there()
        link.run("BEGIN")
        try:
            return run(self._session_of(link, made, scope.account_id))
        finally:
            link.run("COMMIT")

    def _write(
        self, account_id: int, now: str, run: Run[T], *, commit: bool = True, hurried: bool = False
    ) -> tuple[T, list[Draft], int | None]:
        made = self._made()

        def inside(link: SqliteLink) -> tuple[T, list[Draft], int | None]:
            session = self._session_of(link, made, account_id)
            result, drafts = run(session)
            return result, drafts, session.publish(now, drafts) if commit and drafts else None

        if not commit:
            return self._immediate(inside, commit)
        answer: tuple[T, list[Draft], int | None] = self._group.run(inside)
        return answer

    def _immediate(self, run: Callable[[SqliteLink], T], commit: bool = True) -> T:
        """One write transaction behind the gate."""
        with self.gate.open():
            return self._committed(run, commit)

    def _settle(self, turns: Sequence[Turn[Callable[[SqliteLink], Any]]]) -> None:
        """Units of work in one COMMIT, a savepoint each; one by one where that fails as a whole."""

        def together(link: SqliteLink) -> None:
            for turn in turns:
                _attempt(link, turn)

        # What fails the shared transaction will be, alone, the error of the unit that it belongs to.
        with suppress(Exception):
            if len(turns) > 1:
                return self._committed(together)
        for turn in turns:
            try:
                turn.answer, turn.error = self._committed(turn.work), None
            except Exception as error:  # noqa: BLE001 - raised again where the work came from
                turn.error = error

    def _committed(self, run: Callable[[SqliteLink], T], commit: bool = True) -> T:
        """One write transaction; call it behind the gate."""
        link = self.writer()
        self._there()
        link.run("BEGIN IMMEDIATE")
        try:
            result = run(link)
            with aside():
                link.run("COMMIT" if commit else "ROLLBACK")
        except BaseException:
            if link.connection.in_transaction:
                link.run("ROLLBACK")
            raise
        return result


def _attempt(link: SqliteLink, turn: Turn[Callable[[SqliteLink], Any]]) -> None:
    """One unit of work among others. What fails in it is its error; what fails in the storage fails them all."""
    link.run("SAVEPOINT unit")
    try:
        turn.answer, turn.error = turn.work(link), None
        link.run("RELEASE SAVEPOINT unit")
    except FAILURES:
        raise
    except Exception as error:  # noqa: BLE001 - raised again where the work came from
        turn.error = error
        link.run("ROLLBACK TO SAVEPOINT unit")
        link.run("RELEASE SAVEPOINT unit")


def _gated(path: str, folder: Path) -> Gate:
    """The gate of a file that may be written; ValueError says what may not."""
    if Path(path).exists() and not os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
        raise ValueError(f"The database {path} may not be written to. Give this user the right, or name another file.")
    try:
        return Gate(path)
    except OSError as error:
        raise ValueError(
            f"Nothing can be written in the folder {folder} ({error.strerror}); the database keeps files beside it. "
            "Give this user the right, or name a file elsewhere."
        ) from None


def open_sqlite(url: str) -> SqliteStore:
    """The store in the file of `sqlite:///PATH`."""
    path = url.removeprefix("sqlite:///")
    if not path or path == url or path == ":memory:":
        raise ValueError(f"{url!r} names no file. Write sqlite:///leadwire.db, or memory: for a store without a file.")
    return SqliteStore(path)


def translated(error: sqlite3.Error) -> Exception:
    """The error that a caller can act on; others stay what they are."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name == "SQLITE_FULL":
        return StorageFull()
    if name.startswith(_BUSY):
        return Unavailable(retry_after=1)
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return _clash(str(error))
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return Conflict("missing_reference")
    return error


def _clash(message: str) -> Conflict:
    """`UNIQUE constraint failed: lead.account_id, lead.code_fold` names table and columns."""
    columns = [column.partition(".") for column in message.rpartition(": ")[2].split(", ")]
    return clash(columns[0][0], [name for _, _, name in columns])
