"""A feed never skips and never reorders a committed event, however many processes write."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from connector.catalog.model import Catalog
from connector.engine.run import run
from connector.engine.world import load_world
from connector.events.feeds import page
from connector.storage.contract import Store
from tests.faults import writers
from tests.faults.writers import ADMIN, FEED

WRITERS, LEADS, LONGEST = 16, 25, 0.012
PROCESSES = multiprocessing.get_context("spawn")


Opened = tuple[Catalog, Store]


@pytest.fixture
def opened(url: str) -> Iterator[Opened]:
    """The demo world in a new database."""
    yield from open_world(url)


@pytest.fixture
def on_postgres(postgres_database: str) -> Iterator[Opened]:
    """The demo world in a new database where writers do not wait for each other."""
    yield from open_world(postgres_database)


def open_world(url: str) -> Iterator[Opened]:
    catalog, store = writers.open_store(url)
    store.upgrade(catalog)
    load_world(catalog, store)
    yield catalog, store
    store.close()


def poll(opened: Opened, cursor: str | None = None) -> Any:
    return page(*opened, ADMIN, FEED, {}, after=cursor, limit=50)


def create(opened: Opened, title: str, store: Any = None) -> int:
    catalog, own = opened
    return run(catalog, store or own, ADMIN, "create_lead", {"title": title}).events[0].seq


def test_every_event_is_polled_exactly_once_and_in_order(url: str, opened: Opened) -> None:
    cursor = poll(opened).cursor
    start, done = PROCESSES.Barrier(WRITERS + 1), PROCESSES.Event()
    committed, polled = PROCESSES.Queue(), PROCESSES.Queue()
    poller = PROCESSES.Process(target=writers.poll, args=(url, cursor, start, done, polled))
    crowd = [
        PROCESSES.Process(target=writers.write, args=(url, n, LEADS, LONGEST, start, committed)) for n in range(WRITERS)
    ]
    for process in (poller, *crowd):
        process.start()
    expected = sorted(seq for _ in crowd for seq in committed.get(timeout=55))
    done.set()
    assert polled.get(timeout=30) == expected
    assert len(expected) > WRITERS * LEADS / 2
    for process in (poller, *crowd):
        process.join(10)


class Held:
    """A store whose next transaction waits, written but not committed, until it is let go."""

    def __init__(self, store: Store) -> None:
        self.store, self.written, self.let_go = store, threading.Event(), threading.Event()

    def transact(self, scope: Any, work: Any, **options: Any) -> Any:
        def held(tx: Any) -> Any:
            result = work(tx)
            self.written.set()
            assert self.let_go.wait(30)
            return result

        return self.store.transact(scope, held, **options)


def test_a_lead_written_first_and_committed_last_is_not_skipped(on_postgres: Opened) -> None:
    held, cursor = Held(on_postgres[1]), poll(on_postgres).cursor
    seqs: list[int] = []
    early = threading.Thread(target=lambda: seqs.append(create(on_postgres, "Written first", held)))
    early.start()
    assert held.written.wait(30)
    second = create(on_postgres, "Committed first")
    between = poll(on_postgres, cursor)
    held.let_go.set()
    early.join(30)
    assert [item["id"] for item in between.data] == [second]
    assert [item["id"] for item in poll(on_postgres, between.cursor).data] == seqs
    assert seqs[0] > second


def test_a_cursor_over_a_serial_column_would_have_skipped_it(postgres_database: str) -> None:
    with (
        psycopg.connect(postgres_database, autocommit=True) as reader,
        psycopg.connect(postgres_database) as slow,
        psycopg.connect(postgres_database) as quick,
    ):
        reader.execute("CREATE TABLE naive (id SERIAL PRIMARY KEY, title TEXT)")
        slow.execute("INSERT INTO naive (title) VALUES ('Written first')")
        quick.execute("INSERT INTO naive (title) VALUES ('Committed first')")
        quick.commit()
        seen = [row[0] for row in reader.execute("SELECT id FROM naive WHERE id > 0 ORDER BY id")]
        slow.commit()
        seen += [row[0] for row in reader.execute("SELECT id FROM naive WHERE id > %s ORDER BY id", (seen[-1],))]
        stored = [row[0] for row in reader.execute("SELECT id FROM naive ORDER BY id")]
    assert (seen, stored) == ([2], [1, 2])
