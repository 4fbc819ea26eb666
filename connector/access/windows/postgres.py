"""Windows in an UNLOGGED table of the PostgreSQL database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import psycopg
from limits.errors import StorageError
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.schema import CreateTable

from connector.access.windows.parts import PARTS, PATIENCE, SqlWindows, Statement
from connector.storage.pool import pooled

COUNT = 2**24
"""A part is one number: its place in time, times this, plus its calls."""
_CREATING = "SELECT pg_advisory_xact_lock(5135072064)"

_HITS = Table(
    "rate_limit", MetaData(),
    Column("key", Text, primary_key=True), Column("parts", postgresql.ARRAY(BigInteger), nullable=False),
    prefixes=["UNLOGGED"],
)  # fmt: skip


def _now_place() -> Any:
    """The place of this moment, by the database's clock: hosts need not agree on the time."""
    return func.floor(func.date_part("epoch", func.statement_timestamp()) * PARTS / bindparam("expiry")).cast(
        BigInteger
    )


def _unpacked(parts: Any) -> tuple[Any, Any, Any]:
    part = func.unnest(parts).column_valued("p")
    return part, part.op("/")(COUNT), part.op("%")(COUNT)


def _postgres_spend() -> Any:
    """One statement on one row: its lock makes the count exact, for it is judged on the row's newest form."""
    place, amount = _now_place(), bindparam("amount", type_=BigInteger)
    part, at, calls = _unpacked(_HITS.c.parts)
    counted = select(func.coalesce(func.sum(calls), 0)).where(at >= place - PARTS)
    others = select(func.array_agg(part)).where(at >= place - PARTS, at != place)
    same = select(func.coalesce(func.sum(calls), 0)).where(at == place)
    new = postgresql.insert(_HITS).values(
        key=bindparam("key"), parts=postgresql.array([place * COUNT + amount], type_=BigInteger)
    )
    fresh = func.array_append(
        others.scalar_subquery(), place * COUNT + amount + same.scalar_subquery().cast(BigInteger)
    )
    room = counted.scalar_subquery() + amount <= bindparam("most", type_=BigInteger)
    return new.on_conflict_do_update(index_elements=["key"], set_={"parts": fresh}, where=room)


class PostgresWindows(SqlWindows):
    """An UNLOGGED table in the database: nothing of it is written ahead, and it is empty after a crash."""

    errors = (psycopg.Error,)

    def __init__(self, url: str) -> None:
        super().__init__()
        dialect = PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]
        self._create = str(CreateTable(_HITS, if_not_exists=True).compile(dialect=dialect))
        self._spending = Statement(_postgres_spend(), dialect)
        part, at, calls = _unpacked(_HITS.c.parts)
        self._reading = Statement(
            select(at, calls).select_from(_HITS)
            .where(_HITS.c.key == bindparam("key"), at >= _now_place() - PARTS), dialect
        )  # fmt: skip
        over = ~select(part).where(at >= _now_place() - PARTS).exists()
        self._sweeping = Statement(delete(_HITS).where(over), dialect)
        self._pool = pooled(url, size=8, patience=PATIENCE, options="-c lock_timeout=1s", connect_timeout=2)
        self._pool.open()
        try:
            self._on(self._made)
        except psycopg.Error as error:
            self._pool.close()
            raise StorageError(error) from error

    def _made(self, link: psycopg.Connection[Any]) -> None:
        with link.transaction():
            link.execute(_CREATING)
            link.execute(self._create.encode())

    def _spend(self, key: str, limit: int, expiry: int, amount: int) -> bool:
        values = {"key": key, "expiry": expiry, "amount": amount, "most": limit}
        return bool(self._on(lambda link: self._run(link, self._spending, values).rowcount == 1))

    def _parts(self, key: str, expiry: int) -> dict[int, int]:
        values = {"key": key, "expiry": expiry}
        return dict(self._on(lambda link: self._run(link, self._reading, values).fetchall()))

    def _sweep(self, expiry: int) -> None:
        self._on(lambda link: self._run(link, self._sweeping, {"expiry": expiry}))

    def _run(self, link: psycopg.Connection[Any], statement: Statement, values: Mapping[str, Any]) -> Any:
        return link.execute(statement.sql.encode(), statement.bind(values))

    def _on(self, run: Callable[[psycopg.Connection[Any]], Any]) -> Any:
        link = self._pool.getconn()
        try:
            return run(link)
        finally:
            self._pool.putconn(link)

    def close(self) -> None:
        """Release connections."""
        self._pool.close()
