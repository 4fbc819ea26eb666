"""Fault cases 11 to 14: the SQLite file is full, cannot be written, is locked by somebody, is closed or gone."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from connector.errors import LeadwireError
from connector.storage import open as open_store
from connector.storage.sqlite import SqliteStore
from tests.faults.conftest import Build, Site
from tests.faults.writers import ADMIN, _create
from tests.faults.writers import open_store as opened
from tests.plugins.receivers import Receiver

SPAWN = multiprocessing.get_context("spawn")
NOBODY = 65534
HOLD = "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE')"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "leadwire.db"


@pytest.fixture
def site(path: Path, build: Build) -> Site:
    return build(f"sqlite:///{path}")


def pragma(site: Site, text: str) -> Any:
    """The value of a pragma on the connection that writes."""
    store = site.house.store
    assert isinstance(store, SqliteStore)
    row = store.writer().connection.execute(f"PRAGMA {text}").fetchone()
    return row[0] if row else None


def test_11_a_full_file_is_a_507_and_works_once_there_is_space(site: Site) -> None:
    before = len(site.post.rows("lead"))
    pragma(site, f"max_page_count={pragma(site, 'page_count') + 8}")
    answers = [site.act(title="x", description="y" * 5000) for _ in range(12)]
    made = [answer.status_code for answer in answers].count(201)
    assert (answers[-1].status_code, answers[-1].get_json()["code"]) == (507, "storage_full")
    assert (len(site.post.rows("lead")), pragma(site, "integrity_check")) == (before + made, "ok")
    assert site.house.store.feed(1).newest == made
    pragma(site, "max_page_count=1000000")
    assert site.act(title="x", description="y" * 5000).status_code == 201


def write_short(url: str, end: Connection) -> None:
    """Act while no file may grow, and again when they may."""
    catalog, store = opened(url)
    _create(catalog, store, "before")
    grown = Path(f"{url.removeprefix('sqlite:///')}-wal").stat().st_size
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (grown + 4096, hard))
    try:
        _create(catalog, store, "during")
    except LeadwireError as error:
        end.send((type(error).status, error.code))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    _create(catalog, store, "after")
    end.send(store.feed(ADMIN.account_id).newest)


def test_12_a_write_that_fails_leaves_no_half_action(site: Site, path: Path) -> None:
    near, far = SPAWN.Pipe()
    child = SPAWN.Process(target=write_short, args=(f"sqlite:///{path}", far))
    child.start()
    assert near.recv() == (503, "unavailable")
    assert near.recv() == 2
    child.join(30)
    titles = [row["title"] for row in site.post.rows("lead")]
    assert [titles.count(title) for title in ("before", "during", "after")] == [1, 0, 1]
    assert pragma(site, "integrity_check") == "ok"


def test_13_a_lock_that_somebody_keeps_is_waited_for_and_then_a_503(site: Site, path: Path, receiver: Receiver) -> None:
    site.post.subscribe(receiver)
    site.post.work()
    holder = subprocess.Popen([sys.executable, "-c", f"{HOLD}; print(1, flush=True); time.sleep(60)", str(path)],
                              stdout=subprocess.PIPE)  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        refused = site.act()
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    finally:
        holder.kill()
        holder.communicate()
    assert site.act().status_code == 201
    assert len(receiver.wait(1)) == 1


def start_as_nobody(url: str, end: Connection) -> None:
    """Open the database as a user who may not write to it: root may write to everything."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    try:
        open_store(url)
    except (LeadwireError, ValueError) as error:
        end.send(str(error))


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder that anybody may look into and only its owner may write to."""
    with tempfile.TemporaryDirectory(prefix="lw-closed-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)
        os.chmod(folder, 0o755)


def test_14_a_file_that_may_not_be_written_is_said_at_the_start(closed: Path) -> None:
    sqlite3.connect(closed / "store.db").close()
    os.chmod(closed / "store.db", 0o444)
    os.chmod(closed, 0o555)
    near, far = SPAWN.Pipe()
    child = SPAWN.Process(target=start_as_nobody, args=(f"sqlite:///{closed / 'store.db'}", far))
    child.start()
    assert near.poll(60)
    said = near.recv()
    child.join(30)
    assert str(closed) in said
    assert "written" in said


def test_14_a_file_that_is_gone_turns_the_health_red(site: Site, path: Path) -> None:
    assert site.client.get("/readyz").status_code == 200
    path.rename(path.with_suffix(".away"))
    assert (site.client.get("/readyz").status_code, site.act().status_code) == (503, 503)
    path.with_suffix(".away").rename(path)
    assert (site.client.get("/readyz").status_code, site.act().status_code) == (200, 201)
