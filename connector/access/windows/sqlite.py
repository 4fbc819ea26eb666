"""Windows in a SQLite file of their own, beside the database."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from limits.errors import StorageError
from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable

from connector.access.windows.parts import PARTS, PATIENCE, SqlWindows, Statement

_PRAGMAS = ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF")
_FILES = ("", "-wal", "-shm")

_PART = Table(
    "part", MetaData(),
    Column("key", Text, primary_key=True), Column("place", Integer, primary_key=True),
    Column("calls", Integer, nullable=False), sqlite_with_rowid=False,
)  # fmt: skip


def _sqlite_spend() -> Any:
    """One statement: a part is written only where the whole window leaves room."""
    new_row: list[Any] = [bindparam("key"), bindparam("place"), bindparam("amount")]
    counted = select(func.coalesce(func.sum(_PART.c.calls), 0)).where(
        _PART.c.key == bindparam("key"), _PART.c.place >= bindparam("first")
    )
    room = counted.scalar_subquery() + bindparam("amount") <= bindparam("most")
    new = sqlite.insert(_PART).from_select(["key", "place", "calls"], select(*new_row).where(room))
    return new.on_conflict_do_update(
        index_elements=["key", "place"], set_={"calls": _PART.c.calls + new.excluded.calls}
    )


class SqliteWindows(SqlWindows):
    """A file of its own beside the database, never waited for: what a power cut takes is one minute of counting."""

    errors = (sqlite3.Error,)

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path, self._turn = path, threading.Lock()
        dialect = sqlite.dialect(paramstyle="qmark")
        self._create = str(CreateTable(_PART, if_not_exists=True).compile(dialect=dialect))
        self._spending = Statement(_sqlite_spend(), dialect)
        mine = _PART.c.key == bindparam("key")
        self._reading = Statement(
            select(_PART.c.place, _PART.c.calls).where(mine, _PART.c.place >= bindparam("first")), dialect
        )
        self._sweeping = Statement(delete(_PART).where(_PART.c.place < bindparam("first")), dialect)
        self._link = self._opened()

    def _spend(self, key: str, limit: int, expiry: int, amount: int) -> bool:
        place = _place(expiry)
        values = {"key": key, "place": place, "first": place - PARTS, "amount": amount, "most": limit}
        return self._run(self._spending, values)[1] == 1

    def _parts(self, key: str, expiry: int) -> dict[int, int]:
        return dict(self._run(self._reading, {"key": key, "first": _place(expiry) - PARTS})[0])

    def _sweep(self, expiry: int) -> None:
        self._run(self._sweeping, {"first": _place(expiry) - PARTS})

    def _run(self, statement: Statement, values: dict[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
        """The rows and how many it met. Threads take turns here, so that only processes meet at the file.

        Rows are fetched before the next one's turn: whoever writes on a connection that still reads an older state
        is refused at once, not made to wait.
        """
        with self._turn:
            cursor = self._link.execute(statement.sql, statement.bind(values))
            return cursor.fetchall(), cursor.rowcount

    def _connect(self) -> sqlite3.Connection:
        link = sqlite3.connect(self._path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            link.execute(pragma).close()
        link.execute(self._create)
        return link

    def _opened(self) -> sqlite3.Connection:
        try:
            return self._connect()
        except sqlite3.DatabaseError:
            # The file is written without waiting for the disk, so a power cut may have spoilt it.
            for ending in _FILES:
                Path(self._path + ending).unlink(missing_ok=True)
        try:
            return self._connect()
        except sqlite3.Error as error:
            raise StorageError(error) from error

    def close(self) -> None:
        """Release the connection."""
        self._link.close()


def _place(expiry: int) -> int:
    return int(time.time() * PARTS / expiry)
