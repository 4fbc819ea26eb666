"""Receivers that misbehave: nothing is lost, nothing is doubled but with the same id, and nobody else is held up."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from standardwebhooks import Webhook

from connector.events import replay, subscriptions
from connector.events.schedule import Clock, stamp
from tests.plugins.ports import free_port
from tests.plugins.posts import Post, now
from tests.plugins.receivers import Answer, Receiver

MakeReceiver = Callable[..., Receiver]


def silent(sock: socket.socket) -> None:
    """Never answers; ends when the other side has had enough."""
    sock.recv(1)


def dripping(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        sock.sendall(b"X: y\r\n")
        time.sleep(0.1)


def huge(sock: socket.socket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000000\r\n\r\n")
    for _ in range(2000):
        sock.sendall(b"x" * 100_000)


def test_a_receiver_that_is_down_gets_it_once_it_is_up(post: Post, new_receiver: MakeReceiver) -> None:
    port = free_port()
    post.subscribe(Receiver(port=port))
    post.with_settings(delivery_schedule="0.3," * 50).work()
    post.leads(1)
    post.until(lambda: len(post.rows("attempt")) >= 2)
    receiver = new_receiver(port=port)
    receiver.wait(1)
    post.settled(1)
    assert len(receiver.requests) == 1
    assert {row["error"] for row in post.rows("attempt")} == {"cannot_connect", None}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (silent, "no_answer_in_time"),
        (dripping, "no_answer_in_time"),
        (b"", "answer_cut_short"),
        (b"HTTP/1.1 200 OK\r\nContent-Ty", "answer_cut_short"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", "answer_cut_short"),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "answer_not_http"),
        ((302, {"Location": "http://127.0.0.1:1/"}), "redirected"),
        (500, "receiver_refused"),
    ],
    ids=["silent", "dripping", "cut before", "cut headers", "cut body", "not http", "redirect", "500"],
)
def test_what_is_no_whole_yes_is_tried_again_with_the_same_id(
    quick_post: Post, receiver: Receiver, answer: Answer, error: str
) -> None:
    receiver.script = [answer]
    quick_post.subscribe(receiver)
    quick_post.with_settings(delivery_timeout=1).work()
    quick_post.leads(1)
    quick_post.settled(1)
    assert len(receiver.requests) == 2
    assert len(set(receiver.ids)) == 1
    assert [row["error"] for row in quick_post.rows("attempt")] == [error, None]


def test_three_refusals_and_a_yes_are_four_tries_with_growing_gaps(post: Post, receiver: Receiver) -> None:
    receiver.script = [500, 500, 500]
    row = post.subscribe(receiver)
    post.with_settings(delivery_schedule="0.3,0.9,2").work()
    post.leads(1)
    (delivery,) = post.settled(1)
    times = [request.at for request in receiver.requests]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert (delivery["state"], len(gaps), len(set(receiver.ids))) == ("delivered", 3, 1)
    for request in receiver.requests:
        Webhook(post.secrets[row["id"]]).verify(request.body, request.headers)
    assert gaps == sorted(gaps)
    assert [row["number"] for row in post.rows("attempt")] == [1, 2, 3, 4]


def test_when_the_schedule_ends_the_delivery_has_failed_and_is_kept(post: Post, receiver: Receiver) -> None:
    receiver.answer = 500
    row = post.subscribe(receiver)
    post.with_settings(delivery_schedule="0,0").work()
    post.leads(1)
    (delivery,) = post.settled(1)
    assert (delivery["state"], delivery["last_error"], len(receiver.requests)) == ("failed", "receiver_refused", 3)
    receiver.answer = 200
    count = replay.since(post.catalog, post.store, post.vault, post.read(row), "2026-01-01T00:00:00.000Z", now())
    receiver.wait(4)
    assert (count, len(set(receiver.ids))) == (1, 1)


def test_410_ends_a_subscription_at_once_and_no_other(post: Post, new_receiver: MakeReceiver) -> None:
    gone, other = new_receiver(answer=410), new_receiver()
    row = post.subscribe(gone)
    post.subscribe(other)
    post.work()
    post.leads(1)
    post.until(lambda: post.read(row)["state"] == "disabled")
    post.leads(2)
    other.wait(3)
    post.until(lambda: not post.store.backlogs())
    assert (len(gone.requests), post.read(row)["reason"]) == (1, "receiver_gone")
    gone.answer = 200
    subscriptions.change(post.store, post.read(row), {"state": "active"})
    count = replay.since(post.catalog, post.store, post.vault, post.read(row), "2026-01-01T00:00:00.000Z", now())
    gone.wait(4)
    assert (count, len(set(gone.ids))) == (3, 3)


def test_retry_after_is_waited_for(quick_post: Post, receiver: Receiver) -> None:
    receiver.script = [(429, {"Retry-After": "1"}), (503, {"Retry-After": "-1"})]
    quick_post.subscribe(receiver)
    quick_post.work()
    quick_post.leads(1)
    first, second, third = receiver.wait(3)
    assert second.at - first.at >= 1
    assert third.at - second.at < 1


def test_a_huge_answer_is_a_yes_of_which_little_is_kept(quick_post: Post, receiver: Receiver) -> None:
    receiver.answer = huge
    quick_post.subscribe(receiver)
    quick_post.work()
    quick_post.leads(1)
    quick_post.settled(1)
    assert [len(row["answer"]) for row in quick_post.rows("attempt")] == [4000]


def test_one_dead_receiver_among_fifty_delays_nobody(post: Post, new_receiver: MakeReceiver) -> None:
    dead, well = new_receiver(answer=silent), new_receiver()
    post.subscribe(dead)
    rows = [post.subscribe(well, url=well.url(f"/{number}")) for number in range(49)]
    post.leads(20)
    begun = time.monotonic()
    post.with_settings(delivery_lease=60, delivery_timeout=6).work()
    assert len(well.wait(49 * 20, 15)) == 49 * 20
    assert time.monotonic() - begun < 5
    assert len(set(well.ids)) == len(rows) * 20


def test_long_failure_disables_says_so_and_loses_nothing(post: Post, new_receiver: MakeReceiver) -> None:
    failing, told = new_receiver(answer=500), new_receiver()
    row = post.subscribe(failing)
    post.subscribe(told, "subscription_disabled")
    passed = [0.0]
    clock = Clock(time.time, lambda: time.monotonic() + passed[0])
    post.with_settings(delivery_schedule="0.2," * 100).work(clock)
    post.leads(2)
    post.until(lambda: post.read(row)["failing_since"])
    passed[0] = 130 * 3600.0
    post.until(lambda: post.read(row)["state"] == "disabled")
    (notice,) = told.wait(1)
    assert (notice.json["subscription_id"], notice.json["reason"]) == (row["id"], "failed_too_long")
    post.leads(2)
    post.until(lambda: not post.store.backlogs())
    failing.answer = 200
    failing.requests.clear()
    subscriptions.change(post.store, post.read(row), {"state": "active", "failing_since": None})
    since = stamp(datetime.now(UTC) - timedelta(hours=1))
    replay.since(post.catalog, post.store, post.vault, post.read(row), since, stamp(clock.now()))
    failing.wait(4)
    assert len(set(failing.ids)) == 4


@pytest.mark.parametrize("jump", [86_400.0, -3_600.0])
def test_a_clock_that_jumps_neither_hastens_retries_nor_holds_up_what_is_new(
    quick_post: Post, receiver: Receiver, jump: float
) -> None:
    moved = [0.0]
    clock = Clock(lambda: time.time() + moved[0])
    receiver.script = [500]
    quick_post.subscribe(receiver)
    quick_post.with_settings(delivery_schedule="3600").work(clock)
    quick_post.leads(1)
    quick_post.until(lambda: quick_post.rows("attempt"))
    moved[0] = jump
    quick_post.leads(1)
    receiver.wait(2)
    quick_post.settled(1)
    assert len(set(receiver.ids)) == 2
    assert [row["state"] for row in quick_post.rows("delivery")] == ["pending", "delivered"]


def test_four_workers_share_500_deliveries_without_a_double(post: Post, receiver: Receiver) -> None:
    for number in range(4):
        post.subscribe(receiver, url=receiver.url(f"/{number}"))
    post.leads(125)
    for _ in range(4):
        post.work()
    receiver.wait(500, 30)
    post.settled(500)
    assert len(receiver.ids) == len(set(receiver.ids)) == 500
    assert {row["attempts"] for row in post.rows("delivery")} == {1}


def test_a_result_that_comes_after_the_lease_changes_nothing(post: Post) -> None:
    receiver = Receiver()
    row = post.subscribe(receiver)
    post.leads(1)
    post.with_settings(delivery_schedule="9").work()
    post.until(lambda: post.rows("delivery"))
    post.rest()
    (delivery,) = post.rows("delivery")
    lane = [lane for lane in post.store.due("2099-01-01T00:00:00.000Z") if lane.subscription_id == row["id"]]
    lane = [replace(each, most=5) for each in lane]
    first = post.store.claim(lane, "2099-01-01T00:00:00.000Z", "2099-01-01T00:00:02.000Z", "first")
    assert post.store.claim(lane, "2099-01-01T00:00:01.000Z", "2099-01-01T00:00:09.000Z", "early") == []
    second = post.store.claim(lane, "2099-01-01T00:00:03.000Z", "2099-01-01T00:00:09.000Z", "second")
    assert [it["id"] for it in first] == [it["id"] for it in second] == [delivery["id"]]
    late = {
        "state": "delivered",
        "attempts": 9,
        "due_at": now(),
        "last_status": 200,
        "last_error": None,
        "settled_at": now(),
    }
    post.store.settle([{**late, "account_id": 1, "id": delivery["id"], "lease_token": "first"}], [])
    assert post.rows("delivery")[0]["state"] == "pending"
    post.store.settle([{**late, "account_id": 1, "id": delivery["id"], "lease_token": "second"}], [])
    assert post.rows("delivery")[0]["state"] == "delivered"


def test_a_stopping_worker_finishes_what_is_under_way_and_gives_back_the_rest(post: Post, receiver: Receiver) -> None:
    def slow(sock: socket.socket) -> None:
        time.sleep(0.7)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    receiver.answer = slow
    post.subscribe(receiver)
    post.leads(20)
    post.work()
    receiver.wait(8)
    begun = time.monotonic()
    post.rest()
    assert time.monotonic() - begun < 3
    states = [(row["state"], row["attempts"]) for row in post.rows("delivery")]
    assert set(states) <= {("delivered", 1), ("pending", 0)}
    assert len(receiver.requests) == states.count(("delivered", 1))
    receiver.answer = 200
    post.work()
    post.settled(20)
    assert len(receiver.ids) == len(set(receiver.ids)) == 20
