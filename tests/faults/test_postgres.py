"""Fault cases 7 to 10: the PostgreSQL server breaks, stops, turns read-only or is full under a house at work."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest

from connector.storage.contract import EventQuery, Scope
from tests.faults.clusters import Cluster, started
from tests.faults.conftest import Build, Site
from tests.plugins.receivers import Receiver

CREATED = EventQuery(topics=("lead.created",), after=0, limit=10_000)
FULL = """CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN RAISE disk_full; END $$;
          CREATE TRIGGER full_disk BEFORE INSERT ON event EXECUTE FUNCTION full_disk()"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="lw-fault-") as folder, started(Path(folder) / "pg") as made:
        yield made


@pytest.fixture
def site(cluster: Cluster, build: Build) -> Iterator[Site]:
    cluster.sql("DROP DATABASE IF EXISTS house WITH (FORCE)")
    cluster.sql("CREATE DATABASE house")
    yield build(cluster.url.replace("/postgres?", "/house?"))


def everything_arrives(site: Site, receiver: Receiver) -> None:
    """Each lead has its event, each event its delivery, and nothing else has come."""
    events = site.house.store.events(Scope(account_id=1), CREATED)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    site.post.until(lambda: len(set(receiver.ids)) >= len(events))
    assert {int(it.rsplit("_", 1)[1]) for it in receiver.ids} == {event.seq for event in events}


def test_7_a_server_that_is_restarted_at_once_costs_a_few_calls_and_no_event(
    cluster: Cluster, site: Site, receiver: Receiver
) -> None:
    site.post.subscribe(receiver)
    site.post.work()
    answers: list[int] = []
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            answers.append(site.act().status_code)

    def enough(good: int) -> bool:
        return answers.count(201) >= good

    writer = threading.Thread(target=load)
    writer.start()
    for good in (5, 10):
        site.post.until(partial(enough, good))
        cluster.control("-m", "immediate", "restart")
    site.post.until(lambda: site.act().status_code == 201)
    over.set()
    writer.join(30)
    assert set(answers) <= {201, 503}
    everything_arrives(site, receiver)
    assert len(site.polled()) >= answers.count(201)


def test_8_a_server_that_is_down_is_a_503_and_its_workers_wait_for_it(
    cluster: Cluster, site: Site, receiver: Receiver
) -> None:
    receiver.answer = 500
    site.post.subscribe(receiver)
    site.post.with_settings(delivery_schedule="0.5," * 50).work()
    assert site.act().status_code == 201
    receiver.wait(1)
    cluster.control("-m", "fast", "stop")
    down = site.act()
    assert (down.status_code, down.get_json()["retryable"], down.headers["Retry-After"]) == (503, True, "1")
    for _ in range(3):  # 5 s each: so long an outage must not be paid with another one after it
        assert site.client.get("/readyz").status_code == 503
    assert site.client.get("/healthz").status_code == 200
    cluster.control("restart")
    receiver.answer = 200
    assert site.act().status_code == 201
    everything_arrives(site, receiver)
    site.post.settled(2)


def test_9_a_server_that_only_reads_still_tells_its_feed(cluster: Cluster, site: Site) -> None:
    made = site.act().get_json()["id"]
    cluster.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    cluster.sql("SELECT pg_reload_conf()")
    try:
        site.post.until(lambda: site.act().status_code == 503)
        assert site.polled()[-1] >= made
        assert site.client.get(f"/api/v1/leads/{made}", headers={}).status_code == 401
    finally:
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
            connection.execute("SELECT pg_reload_conf()")
    site.post.until(lambda: site.act().status_code == 201)


def test_10_a_server_without_space_leaves_no_half_action(build: Build, postgres_database: str) -> None:
    site = build(postgres_database)
    before = len(site.post.rows("lead"))
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute(FULL.encode())
        refused = site.act()
        assert (refused.status_code, refused.get_json()["code"]) == (507, "storage_full")
        assert (len(site.post.rows("lead")), site.house.store.feed(1).newest) == (before, 0)
        connection.execute("DROP TRIGGER full_disk ON event")
    assert (site.act().status_code, site.house.store.feed(1).newest) == (201, 1)
