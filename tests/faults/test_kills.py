"""Processes killed with kill -9, at chosen places and at random: nothing half, nothing lost, repeats keep their id."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
import requests

from connector.catalog.load import SHIPPED, load
from connector.storage import open as open_store
from connector.storage.contract import EventQuery, Scope
from tests.plugins.posts import QUICK, Post, opened
from tests.plugins.receivers import Receiver
from tests.plugins.server import ADMIN_TOKEN, declaration, running

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
CREATED = EventQuery(topics=("lead.created",), after=0, limit=100_000)


class Crowd:
    """Processes of a test, started, killed and started again by their own pids."""

    def __init__(self, url: str) -> None:
        self.environ = {
            **os.environ,
            **QUICK,
            "LEADWIRE_DATABASE_URL": url,
            "LEADWIRE_SECRET_KEY": "key of the tests",
            "LEADWIRE_DELIVERY_LEASE": "5",
            "LEADWIRE_LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
        }
        self.running: list[subprocess.Popen[str]] = []

    def start(self, *command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], env=self.environ, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        self.running.append(process)
        return process

    def worker(self) -> subprocess.Popen[str]:
        return self.start("connector.cli", "worker")

    def kill(self, process: subprocess.Popen[str]) -> str:
        """Kill it now; what it had printed."""
        process.kill()
        self.running.remove(process)
        return process.communicate()[0]

    def end(self) -> None:
        for process in list(self.running):
            self.kill(process)


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Post]:
    """A post office in a database that processes share."""
    url = (
        f"sqlite:///{tmp_path / 'post.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("postgres_database")
    )
    store = open_store(url)
    yield opened(store, url)
    store.close()


@pytest.fixture
def crowd(shared: Post) -> Iterator[Crowd]:
    made = Crowd(shared.settings.database_url)
    yield made
    made.end()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize(("moment", "kept"), [("before", 0), ("after", 1)])
def test_a_writer_killed_around_its_commit_leaves_all_or_nothing(
    shared: Post, crowd: Crowd, moment: str, kept: int
) -> None:
    writer = crowd.start("tests.faults.processes", "pause", moment)
    assert line(writer) == "here"
    crowd.kill(writer)
    made = [row["id"] for row in shared.rows("lead") if row["title"] == "In the middle"]
    events = shared.store.events(Scope(account_id=1), CREATED)
    assert (len(made), [event.record_id for event in events]) == (kept, made)
    shared.leads(1)
    assert shared.store.feed(1).newest == kept + 1


def slow(seconds: float) -> Callable[[socket.socket], None]:
    def answer(sock: socket.socket) -> None:
        time.sleep(seconds)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    return answer


def outlive(shared: Post, crowd: Crowd, receiver: Receiver) -> None:
    """The worker is killed amid its one delivery; another one makes it, under the same id."""
    worker = crowd.worker()
    receiver.wait(1)
    crowd.kill(worker)
    crowd.worker()
    receiver.wait(2)
    (delivery,) = shared.settled(1)
    assert (delivery["state"], delivery["attempts"], len(set(receiver.ids))) == ("delivered", 2, 1)


def test_a_worker_killed_while_the_receiver_works_is_replaced_and_the_id_stays(
    shared: Post, crowd: Crowd, receiver: Receiver
) -> None:
    receiver.script = [slow(30)]
    shared.subscribe(receiver)
    shared.leads(1)
    outlive(shared, crowd, receiver)


def test_a_call_of_an_action_outlives_the_worker_that_makes_it(
    shared: Post, crowd: Crowd, receiver: Receiver, tmp_path: Path
) -> None:
    folder = tmp_path / "own" / "actions" / "lead"
    folder.mkdir(parents=True)
    call = {"call": {"url": receiver.url("/{{ lead.id }}"), "body": {"title": "{{ lead.title }}"}}}
    (folder / "tell.json").write_text(json.dumps(declaration("tell", call)))
    shared.catalog = load([SHIPPED, tmp_path / "own"])
    receiver.script = [slow(30)]
    shared.act("tell", lead_id=1)
    outlive(shared, crowd, receiver)


def test_a_worker_told_to_end_finishes_what_is_under_way(shared: Post, crowd: Crowd, receiver: Receiver) -> None:
    receiver.answer = slow(1)
    shared.subscribe(receiver)
    shared.leads(30)
    worker = crowd.worker()
    receiver.wait(8)
    worker.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert worker.wait(10) == 0
    assert time.monotonic() - begun < 5
    states = [row["state"] for row in shared.rows("delivery")]
    assert states.count("delivered") == len(receiver.requests) == len(set(receiver.ids))
    receiver.answer = 200
    crowd.worker()
    shared.settled(30)
    assert len(receiver.ids) == len(set(receiver.ids)) == 30


def test_a_server_told_to_end_finishes_what_its_own_threads_deliver(tmp_path: Path, receiver: Receiver) -> None:
    receiver.answer = slow(1)
    quick = {"outbound_allow": "127.0.0.0/8", "admin_token": ADMIN_TOKEN, "receiver_concurrency": "2"}
    with running(tmp_path, **quick) as live:
        wish = {"trigger": "new_lead", "target_url": receiver.url()}
        requests.post(f"{live.base}/api/v1/subscriptions", json=wish, headers=live.headers, timeout=10)
        for number in range(5):
            live.lead(title=str(number))
        receiver.wait(2)
    with closing(sqlite3.connect(tmp_path / "leadwire.db")) as database:
        rows = database.execute("SELECT state, lease_token FROM delivery").fetchall()
    assert rows.count(("delivered", None)) == len(receiver.requests) == len(set(receiver.ids))
    assert {token for _, token in rows} == {None}


def test_random_kills_of_writers_and_workers_lose_and_invent_nothing(
    shared: Post, crowd: Crowd, receiver: Receiver
) -> None:
    row = shared.subscribe(receiver)
    dice = random.Random(7)
    writers = [partial(crowd.start, "tests.faults.processes", "write", name) for name in "abcd"]
    starts: list[Callable[[], subprocess.Popen[str]]] = [*writers, *[crowd.worker] * 4]
    processes = [start() for start in starts]
    kills, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.1, 0.4))
        place = dice.randrange(len(processes))
        crowd.kill(processes[place])
        processes[place] = starts[place]()
        kills += 1
    for process in processes[:4]:
        crowd.kill(process)
    made = sorted(row["id"] for row in shared.rows("lead") if row["title"][:2] in ("a ", "b ", "c ", "d "))
    events = shared.store.events(Scope(account_id=1), CREATED)
    assert sorted(event.record_id or 0 for event in events) == made
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    expected = {f"msg_{row['id']}_{event.seq}" for event in events}
    shared.until(lambda: set(receiver.ids) >= expected, 30)
    assert set(receiver.ids) == expected
    assert kills > 10
    assert len(made) > 10


def test_a_worker_with_much_to_do_stays_small_and_keeps_the_order_of_first_tries(
    shared: Post, crowd: Crowd, receiver: Receiver
) -> None:
    from connector.engine.run import run_many

    shared.subscribe(receiver)
    for _ in range(10):
        run_many(shared.catalog, shared.store, shared.caller.scope, "create_lead", [{"title": "x"}] * 200)
    worker = crowd.worker()
    receiver.wait(300, 30)
    crowd.kill(worker)
    crowd.environ["LEADWIRE_RECEIVER_CONCURRENCY"] = "1"
    before = len(receiver.ids)
    worker = crowd.worker()
    receiver.wait(before + 50, 30)
    firsts = [int(it.rsplit("_", 1)[1]) for it in receiver.ids[before:]]
    assert firsts == sorted(firsts)
    peak = int(
        next(it for it in Path(f"/proc/{worker.pid}/status").read_text().splitlines() if "VmHWM" in it).split()[1]
    )
    assert peak < 200_000
