"""A server that dies in the middle of a call, and the same call again: it acts once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.engine.examples import scope_of
from connector.engine.run import run
from connector.engine.world import load_world
from connector.storage import open as open_store
from connector.storage.contract import EventQuery, Query, Store
from tests.plugins.desk import shipped
from tests.plugins.server import Live

KINDS = ("sqlite", "postgres")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database with the demo world."""
    file = f"sqlite:///{tmp_path / 'x.db'}"
    address = file if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))
    store = opened(address)
    load_world(shipped(), store)
    store.close()
    return address


def opened(url: str) -> Store:
    store = open_store(url)
    store.upgrade(shipped())
    store.adopt(shipped())
    return store


def act(store: Store) -> Any:
    scope = replace(scope_of(shipped(), None), key="k")
    return run(shipped(), store, scope, "create_lead", {"title": "Once"})


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dies_before_commit(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.engine.once.keep", die)
        act(opened(url))


def dies_after_commit(url: str) -> None:
    act(opened(url))
    die()


@pytest.mark.parametrize("call, replayed", [(dies_before_commit, False), (dies_after_commit, True)])
def test_a_call_whose_server_was_killed_acts_once_when_it_is_sent_again(
    url: str, call: Callable[[str], None], replayed: bool
) -> None:
    child = multiprocessing.get_context("spawn").Process(target=call, args=(url,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    store = opened(url)
    assert act(store).replayed is replayed
    scope = scope_of(shipped(), None)
    leads = store.read(scope, lambda tx: tx.find(Query(entity="lead")))
    assert [lead["title"] for lead in leads].count("Once") == 1
    assert store.feed(1).newest == len(act_events(store))
    store.close()


def act_events(store: Store) -> list[Any]:
    return store.events(scope_of(shipped(), None), EventQuery(topics=("lead.created",), after=0))


def post(live: Live, key: str, title: str = "Once", **more: Any) -> requests.Response:
    headers = {**live.headers, "Idempotency-Key": key, **more}
    address = f"{live.base}/api/v1/actions/create_lead"
    return requests.post(address, json={"title": title}, headers=headers, timeout=30)


def test_twenty_posts_at_once_with_one_key_are_one_lead(live: Live) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(live, "twenty"), range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers].count("true") == 19


def test_one_key_with_another_body_is_refused_and_of_another_token_is_another_key(live: Live) -> None:
    first = post(live, "body").json()["id"]
    assert post(live, "body", title="Other").json()["code"] == "idempotency_mismatch"
    made = requests.post(f"{live.base}/api/v1/tokens", json={"name": "x"}, headers=live.headers, timeout=10).json()
    assert post(live, "body", **{"X-API-KEY": made["token"]}).json()["id"] != first


def test_front_doors_take_the_key_as_a_header_or_in_the_address(live: Live) -> None:
    lead = post(live, "door").json()["id"]
    address = f"{live.base}/api/simple/leads/{lead}/add_activity?activity_id=21&content=Called"
    for _ in range(2):
        requests.get(f"{address}&idempotency_key=a", headers=live.headers, timeout=10).raise_for_status()
        requests.post(address, headers={**live.headers, "Idempotency-Key": "b"}, timeout=10).raise_for_status()
    assert len(live.get("activities", lead_id=lead)["data"]) == 2
