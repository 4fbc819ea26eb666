"""What is SQLite's own: durability, a full disk, a busy file, many processes, and no scans in feeds."""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.errors import StorageFull, Unavailable
from connector.storage import gate
from connector.storage.contract import EventQuery, Job, Outcome
from connector.storage.shapes import page_of
from connector.storage.sqlite import SqliteStore
from connector.storage.suite.events import page
from connector.storage.suite.ground import change, create, find, get, ids
from connector.storage.suite.world import ADMIN, catalog, prepare


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(str(tmp_path / "store.db"))
    prepare(made)
    yield made
    made.close()


def pragma(store: SqliteStore, text: str) -> Any:
    """The value of a pragma on this thread's connection."""
    row = store.writer().connection.execute(f"PRAGMA {text}").fetchone()
    return row[0] if row else None


@pytest.mark.parametrize(
    ("name", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 5000)]
)
def test_a_commit_is_durable_and_references_hold(store: SqliteStore, name: str, value: Any) -> None:
    assert pragma(store, name) == value


def test_a_full_disk_leaves_nothing_half_done(store: SqliteStore) -> None:
    pragma(store, f"max_page_count={pragma(store, 'page_count') + 8}")
    with pytest.raises(StorageFull):
        create(store, title="x" * 400_000)
    assert ids(store) == [1, 2, 3, 4] and store.feed(1).newest == 0 and pragma(store, "integrity_check") == "ok"
    pragma(store, "max_page_count=1000000")
    assert create(store, title="x" * 400_000)["id"]


def test_jobs_are_tried_alone_when_the_storage_failed_them_together(store: SqliteStore) -> None:
    pragma(store, f"max_page_count={pragma(store, 'page_count') + 40}")

    def job(length: int) -> Job:
        claim = ("idempotency", {"slot": str(length), "content": "x"})
        return Job(scope=ADMIN, work=lambda tx: tx.insert("lead", {"title": "x" * length}), first=claim)

    first, second, third = store.transact_many([job(10), job(900_000), job(20)])
    assert isinstance(first, Outcome) and isinstance(second, StorageFull) and isinstance(third, Outcome)
    assert [event.seq for event in (*first.events, *third.events)] == [1, 2]
    assert [row["slot"] for row in find(store, "idempotency")] == ["10", "20"]


def test_a_file_locked_by_another_program_is_unavailable_for_a_while(store: SqliteStore) -> None:
    pragma(store, "busy_timeout=20")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable) as caught:
        change(store, title="x")
    other.close()
    assert caught.value.retry_after and change(store, title="x")[0].seq == 1


def test_a_writer_that_waits_too_long_for_the_gate_is_told_to_come_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "PATIENCE", 0.05)
    other = gate.Gate(store.path)
    other.acquire()
    with pytest.raises(Unavailable):
        change(store, title="x")
    other.release()
    other.close()
    monkeypatch.setattr(gate, "PATIENCE", 5.0)
    assert change(store, title="x")[0].seq == 1


def test_a_folder_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no folder .*nowhere"):
        SqliteStore(str(tmp_path / "nowhere" / "store.db"))


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    with pytest.raises(Unavailable):
        SqliteStore(str(tmp_path / "store.db")).upgrade(catalog())


def test_a_reader_does_not_wait_for_a_writer(store: SqliteStore) -> None:
    other = SqliteStore(store.path)
    other.adopt(catalog())
    seen = store.transact(ADMIN, lambda tx: (tx.update("lead", 1, {"title": "x"}), get(other, "lead", 1)))[0][1]
    other.close()
    assert seen and seen["title"] == "Éclair"


def _write_many(path: str, record_id: int) -> None:
    store = SqliteStore(path)
    store.adopt(catalog())
    for n in range(20):
        change(store, record_id, title=f"{record_id} {n}")
    store.close()


def test_processes_number_their_events_without_a_hole(store: SqliteStore) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write_many, args=(store.path, n)) for n in (1, 2, 3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert page(store, "lead.title", after=0) == list(range(1, 61))


@pytest.mark.parametrize(
    ("options", "owned", "index"),
    [
        ({}, False, "PRIMARY KEY (account_id=? AND topic=? AND seq>?)"),
        ({}, True, "ix_event_topic_owner (account_id=? AND topic=? AND owner_id=? AND seq>?)"),
        ({"value": "2"}, False, "ix_event_topic_value (account_id=? AND topic=? AND value=? AND seq>?)"),
        ({"value": "2"}, True, "ix_event_topic_owner_value (account_id=? AND topic=? AND owner_id=? AND value=?"),
    ],
)
def test_a_page_of_a_feed_never_scans(store: SqliteStore, options: Any, owned: bool, index: str) -> None:
    values: list[Any] = [1, 2]
    statement = store._made().page(page_of(EventQuery(topics=("lead.title",), after=0, **options), owned, values))
    rows = store.writer().rows(f"EXPLAIN QUERY PLAN {statement.sql}", statement.bind(values))
    plan = [row[3] for row in rows]
    assert any(index in step for step in plan) and not any(step.startswith("SCAN event") for step in plan)
