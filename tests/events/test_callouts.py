"""What an action calls: sent after its transaction, kept up until it is heard, seen by admins without its secrets."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog
from connector.engine.run import run
from connector.errors import Refused
from connector.events import callouts, replay
from connector.service import create_app
from connector.web.house import House
from tests.plugins.posts import Post, now
from tests.plugins.receivers import Receiver
from tests.plugins.server import ADMIN, Client, declaration

KEY = "marker-4711"
CALL = {
    "url": "{{ lead.provider_webhook_url }}?token=marker-4711&lead={{ lead.id }}", "method": "PUT",
    "headers": {"X-Api-Key": KEY, "Host": "elsewhere.example", "X-Title": "{{ lead.title }}"},
    "body": {"title": "{{ lead.title }}", "amount": "{{ lead.amount }}", "tags": ["{{ lead.city }}"]},
}  # fmt: skip
REFUSE = [{"that": "lead.city is not none", "code": "no_city", "message": "No city."}]


@cache
def calling(folder: Path) -> Catalog:
    """The shipped catalog with two actions laid over it that call a lead's provider; one refuses after its call."""
    place = folder / "actions" / "lead"
    place.mkdir(parents=True)
    action = declaration("tell_provider", {"call": CALL})
    (place / "tell_provider.json").write_text(json.dumps(action))
    plain = {"call": {"url": "{{ lead.provider_webhook_url }}", "method": "GET"}}
    (place / "look_up.json").write_text(json.dumps(declaration("look_up", plain) | {"require": REFUSE}))
    return load([SHIPPED, folder])


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return calling(tmp_path_factory.mktemp("own"))


def lead(post: Post, catalog: Catalog, receiver: Receiver, **more: Any) -> int:
    post.catalog = catalog
    post.store.adopt(catalog)
    made = post.act("create_lead", title="Ünï\r\nX-Own: 1", provider_webhook_url=receiver.url("/in"), **more)
    found: int = made["id"]
    return found


def test_a_call_leaves_once_as_it_was_written(post: Post, catalog: Catalog, receiver: Receiver) -> None:
    one = lead(post, catalog, receiver, amount=12.5, city="Lyon")
    post.act("tell_provider", lead_id=one)
    post.work()
    (request,) = receiver.wait(1)
    post.settled(1)
    title = post.rows("lead", id=one)[0]["title"]
    assert (request.method, request.path) == ("PUT", f"/in?token={KEY}&lead={one}")
    assert request.json == {"title": title, "amount": 12.5, "tags": ["Lyon"]}
    assert (request.headers["x-api-key"], request.headers["host"]) == (KEY, f"127.0.0.1:{receiver.port}")
    assert request.headers["x-title"].encode("latin-1").decode() == " ".join(title.split())
    assert "x-own" not in request.headers
    assert [(row["state"], row["body"]) for row in post.rows("outbox")] == [("sent", None)]


def test_a_call_is_tried_again_under_one_id_and_by_hand_too(post: Post, catalog: Catalog, receiver: Receiver) -> None:
    receiver.script = [500, 410]
    post.act("tell_provider", lead_id=lead(post, catalog, receiver))
    post.work()
    post.until(lambda: [row["state"] for row in post.rows("delivery")] == ["failed"])
    replay.once_more(post.store, post.rows("delivery")[0], now())
    receiver.wait(3)
    post.settled(1)
    post.until(lambda: len(post.rows("attempt")) == 3)
    assert [row["status"] for row in post.rows("attempt")] == [500, 410, 200]
    assert len(set(receiver.ids)) == 1
    assert {row["state"] for row in post.rows("subscription")} == {"active"}


def test_an_action_that_is_refused_or_tried_out_calls_nobody(post: Post, catalog: Catalog, receiver: Receiver) -> None:
    one = lead(post, catalog, receiver)
    with pytest.raises(Refused):
        post.act("look_up", lead_id=one)
    run(catalog, post.store, post.caller.scope, "tell_provider", {"lead_id": one}, dry_run=True)
    assert callouts.queue(post.store, post.vault, now()) == 0


def test_no_call_reaches_a_private_network(quick_post: Post, catalog: Catalog, receiver: Receiver) -> None:
    closed = quick_post.with_settings(outbound_allow="", delivery_schedule="0")
    closed.act("tell_provider", lead_id=lead(closed, catalog, receiver))
    closed.work()
    closed.settled(1)
    closed.rest()
    assert receiver.connections == 0
    assert {row["error"] for row in closed.rows("attempt")} == {"network_not_allowed"}


def test_an_address_that_is_none_fails_and_stops_nobody(quick_post: Post, catalog: Catalog, receiver: Receiver) -> None:
    well = lead(quick_post, catalog, receiver)
    quick_post.with_settings(delivery_schedule="0").work()
    for each in (1, well):
        quick_post.act("look_up", lead_id=each) if each == 1 else quick_post.act("tell_provider", lead_id=each)
    receiver.wait(1)
    states = {row["last_error"]: row["state"] for row in quick_post.settled(2)}
    assert states == {"url_not_plain": "failed", None: "delivered"}


def test_admins_read_calls_and_attempts_without_secrets(
    house: House, house_post: Post, catalog: Catalog, receiver: Receiver
) -> None:
    receiver.answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(KEY)}\r\n\r\n{KEY}".encode()
    house_post.act("tell_provider", lead_id=lead(house_post, catalog, receiver))
    house_post.work()
    (row,) = house_post.settled(1)
    client: Client = create_app(house=house).test_client()
    told = client.get(f"/api/v1/deliveries/{row['id']}", headers=ADMIN)
    asked = json.loads(told.json["body"])
    assert (told.json["state"], told.json["attempts_made"][0]["answer"]) == ("delivered", "[redacted]")
    assert (asked["method"], asked["headers"]["X-Api-Key"]) == ("PUT", "[redacted]")
    assert KEY not in told.text
    assert KEY not in str([house_post.rows(entity) for entity in ("delivery", "outbox", "attempt")])
    assert client.get("/api/v1/subscriptions", headers=ADMIN).json["data"] == []
