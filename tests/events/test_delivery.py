"""What subscribers receive: every event once, signed, as polled, and nothing they may not see."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from standardwebhooks import Webhook

from connector.errors import NotFound
from connector.events import feeds, replay, samples, signing, subscriptions
from connector.events.messages import Parameter
from connector.storage import open as open_store
from tests.plugins.desk import shipped
from tests.plugins.posts import Post, now
from tests.plugins.receivers import Receiver

MakeReceiver = Callable[..., Receiver]


def test_a_change_arrives_once_signed_and_as_it_is_polled(post: Post, receiver: Receiver) -> None:
    row = post.subscribe(receiver)
    post.work()
    post.act("create_lead", title="Ünï ☃ {{ 7*7 }}", email="zoe@x.example")
    (request,) = receiver.wait(1)
    post.settled(1)
    Webhook(post.secrets[row["id"]]).verify(request.body, request.headers)
    polled = feeds.page(post.catalog, post.store, post.caller.scope, "new_lead", {}).data
    assert [request.json] == polled
    assert receiver.ids == [f"msg_{row['id']}_{polled[0]['id']}"]


def test_two_subscribers_get_every_event_once_each(post: Post, new_receiver: MakeReceiver) -> None:
    receivers = [new_receiver(), new_receiver()]
    rows = [post.subscribe(receiver) for receiver in receivers]
    post.work()
    post.leads(30)
    post.settled(60)
    for row, receiver in zip(rows, receivers, strict=True):
        assert sorted(receiver.ids) == sorted(f"msg_{row['id']}_{seq}" for seq in range(1, 31))
        for request in receiver.requests:
            Webhook(post.secrets[row["id"]]).verify(request.body, request.headers)


def test_what_happened_before_is_not_sent_and_what_happens_while_no_worker_runs_is(
    post: Post, receiver: Receiver
) -> None:
    post.leads(2)
    row = post.subscribe(receiver)
    post.leads(2)
    post.work()
    receiver.wait(2)
    post.settled(2)
    assert sorted(receiver.ids) == [f"msg_{row['id']}_{seq}" for seq in (3, 4)]


def test_where_nobody_listens_the_log_is_passed_over_seldom_and_a_new_subscriber_is_told_at_once(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = Mock(wraps=post.store.dispatch)
    monkeypatch.setattr(post.store, "dispatch", moves)
    post.work()
    begun = time.monotonic()
    while time.monotonic() < begun + 1.5:
        post.leads(1)
    post.subscribe(receiver)
    asked = time.monotonic()
    assert moves.call_count <= 3
    post.leads(1)
    assert receiver.wait(1)[0].at - asked < 1.5


def test_a_filter_is_the_same_as_in_the_feed(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver, "lead_status_changed", filter={"status_id": "won"})
    post.work()
    post.act("lost", lead_id=1)
    post.act("won", lead_id=2)
    post.settled(1)
    assert [request.json["status"] for request in receiver.requests] == ["won"]


def test_a_subscriber_is_told_only_of_leads_they_may_see(post: Post, new_receiver: MakeReceiver) -> None:
    anas, admins = new_receiver(), new_receiver()
    ana = post.as_user("ana@example.test")
    ana.subscribe(anas)
    post.subscribe(admins)
    post.work()
    post.act("create_lead", title="Ana's", user_id="ana@example.test")
    post.act("create_lead", title="Nobody's", user_id=1)
    admins.wait(2)
    post.settled(3)
    assert [request.json["title"] for request in anas.requests] == ["Ana's"]


def test_a_revoked_token_ends_what_its_subscriptions_hear(post: Post, receiver: Receiver) -> None:
    from connector.access import tokens

    ana = post.as_user("ana@example.test")
    ana.subscribe(receiver)
    tokens.revoke(post.store, 1, ana.caller.token_id)
    post.work()
    post.act("create_lead", title="Ana's", user_id="ana@example.test")
    post.until(lambda: not post.store.backlogs())
    assert post.rows("delivery") == []


@pytest.mark.parametrize("style", signing.STYLES)
def test_extra_parameters_arrive_where_they_belong(quick_post: Post, receiver: Receiver, style: str) -> None:
    extra = (
        Parameter(name="X-Api-Key", place="header", value="marker-9"),
        Parameter(name="title", place="query", field="title"),
        Parameter(name="origin_of_this", place="body", value="leadwire"),
    )
    row = quick_post.subscribe(receiver, style=style, parameters=extra)
    quick_post.work()
    quick_post.act("create_lead", title="A & B=ü")
    (request,) = receiver.wait(1)
    Webhook(quick_post.secrets[row["id"]]).verify(request.body, request.headers)
    assert request.headers["x-api-key"] == "marker-9"
    assert request.path == "/hook?title=A+%26+B%3D%C3%BC"
    assert request.json["origin_of_this"] == "leadwire"
    assert signing.item_in(style, request.body.decode())["title"] == "A & B=ü"


def test_an_answer_that_echoes_a_parameter_is_kept_without_it(quick_post: Post, receiver: Receiver) -> None:
    receiver.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nyou: marker-9 !"
    quick_post.subscribe(receiver, parameters=(Parameter(name="k", place="header", value="marker-9"),))
    quick_post.work()
    quick_post.leads(1)
    quick_post.settled(1)
    assert [it["answer"] for it in quick_post.rows("attempt")] == ["you: [redacted] !"]
    assert "marker-9" not in str(quick_post.rows("subscription") + quick_post.rows("delivery"))


def test_both_secrets_sign_after_a_rotation(quick_post: Post, receiver: Receiver) -> None:
    from datetime import UTC, datetime

    row = quick_post.subscribe(receiver)
    _, new = subscriptions.rotate(quick_post.store, quick_post.vault, row, datetime.now(UTC))
    quick_post.work()
    quick_post.leads(1)
    (request,) = receiver.wait(1)
    for secret in (new, quick_post.secrets[row["id"]]):
        Webhook(secret).verify(request.body, request.headers)


def test_the_same_wish_is_one_subscription(post: Post, receiver: Receiver) -> None:
    rows = [post.subscribe(receiver, filter=wanted) for wanted in ({}, {}, {"source_id": ""}, {"source_id": "1"})]
    assert len({row["id"] for row in rows}) == 2
    assert post.as_user("ana@example.test").subscribe(receiver)["id"] not in {row["id"] for row in rows}


def test_removing_one_tells_its_address_and_sends_nothing_else(post: Post, receiver: Receiver) -> None:
    row = post.subscribe(receiver)
    post.leads(1)
    subscriptions.remove(post.store, row, now())
    post.work()
    (request,) = receiver.wait(1)
    post.settled(1)
    assert (request.method, request.id) == ("DELETE", f"msg_{row['id']}_end")
    assert post.subscribe(receiver)["id"] != row["id"]


def test_while_paused_everything_waits_and_then_arrives(post: Post, receiver: Receiver) -> None:
    row = post.subscribe(receiver)
    subscriptions.change(post.store, row, {"state": "paused"})
    post.work()
    post.leads(3)
    post.until(lambda: len(post.rows("delivery")) == 3)
    assert receiver.connections == 0
    subscriptions.change(post.store, row, {"state": "active"})
    assert len(receiver.wait(3)) == 3


def test_a_provider_hears_of_its_own_leads_only(post: Post, new_receiver: MakeReceiver) -> None:
    first, second = new_receiver(), new_receiver()
    mine = post.act("create_lead", title="a", provider_name="p", provider_webhook_url=first.url())["id"]
    other = post.act("create_lead", title="b", provider_name="q", provider_webhook_url=second.url())["id"]
    post.work()
    for lead in (mine, other, 1):
        post.act("won", lead_id=lead)
    post.settled(2)
    for lead, receiver in ((mine, first), (other, second)):
        assert [(it.json["lead_id"], it.json["status"]) for it in receiver.requests] == [(lead, "won")]
    assert {row["kind"] for row in post.rows("subscription")} == {"provider"}


@pytest.mark.parametrize("address", ["http://127.1:8080/", "http://[::1]/", "http://localhost/", "http://10.0.0.1/"])
def test_a_providers_address_is_vetted_like_any_other(quick_post: Post, receiver: Receiver, address: str) -> None:
    closed = quick_post.with_settings(outbound_allow="", delivery_schedule="0")
    lead = closed.act("create_lead", title="a", provider_webhook_url=address.replace("8080", str(receiver.port)))["id"]
    closed.act("won", lead_id=lead)
    closed.work()
    closed.settled(1)
    closed.rest()
    assert receiver.connections == 0
    assert {it["state"] for it in closed.rows("delivery")} == {"failed"}


@pytest.mark.parametrize("key", shipped().triggers)
def test_polled_pushed_and_sample_have_the_same_keys_and_types(receiver: Receiver, key: str, request: Any) -> None:
    catalog = shipped()
    found = catalog.triggers[key]
    example = next(it.document for it in found.examples if "item" in it.document)
    from tests.plugins.posts import opened

    post = opened(open_store("memory:"))
    row = post.subscribe(receiver, key, filter=example.get("input", {}))
    polled = samples.items(catalog, post.store, found, example)[0]
    request.addfinalizer(post.rest)
    post.work()
    pushed = orjson.loads(receiver.wait(1)[0].body)
    sample = samples.sample(catalog, key, lambda: open_store("memory:"))
    assert row["trigger"] == key
    assert pushed == polled
    assert list(polled) == list(sample) == list(found.output["properties"])
    assert {k: type(v) for k, v in polled.items()} == {k: type(v) for k, v in sample.items()}


def test_replaying_one_twice_sends_it_twice_with_one_id(post: Post, receiver: Receiver) -> None:
    post.subscribe(receiver)
    post.work()
    post.leads(1)
    (delivery,) = post.settled(1)
    for _ in range(2):
        replay.once_more(post.store, delivery, now())
    assert len(set(post_ids(receiver, 3))) == 1
    post.until(lambda: len(post.rows("attempt")) == 3)


def post_ids(receiver: Receiver, count: int) -> list[str]:
    return [request.id for request in receiver.wait(count)]


def test_an_unknown_trigger_is_not_found(quick_post: Post, receiver: Receiver) -> None:
    with pytest.raises(NotFound):
        quick_post.subscribe(receiver, "new_lead_of_nobody")
