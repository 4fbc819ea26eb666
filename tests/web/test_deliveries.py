"""Deliveries and attempts over HTTP: found by what one knows of them, in pages, by those who may see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connector.service import create_app
from connector.web.house import House
from tests.plugins.posts import Post
from tests.plugins.receivers import Receiver
from tests.plugins.server import ADMIN, Client


@pytest.fixture
def client(house: House, house_post: Post, receiver: Receiver) -> Client:
    """Two subscriptions with four deliveries: one refused at first, and one that fails for good."""
    client: Client = create_app(house=house).test_client()
    receiver.script = [500]
    house_post.subscribe(receiver)
    worker_post = house_post.with_settings(delivery_schedule="0.1")
    worker_post.work()
    house_post.leads(1)
    house_post.settled(1)
    house_post.subscribe(receiver, "lead_status_changed", url="http://127.0.0.1:1/")
    house_post.leads(2)
    client.post("/api/v1/actions/won", json={"lead_id": 1}, headers={**ADMIN, "X-Request-Id": "the-call-7"})
    house_post.settled(4)
    house_post.until(lambda: len(house_post.rows("attempt")) == 6)
    worker_post.rest()
    return client


def asked(client: Client, path: str, as_: Any = ADMIN, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", query_string=query, headers=as_)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def numbers(found: Any) -> list[int]:
    return [row["event_id"] for row in found["data"]]


def test_what_was_delivered_is_listed_newest_first(client: Client) -> None:
    found = asked(client, "deliveries")
    assert [(row["event_id"], row["state"], row["attempts"], row["last_status"]) for row in found["data"]] == [
        (4, "failed", 2, None), (3, "delivered", 1, 200), (2, "delivered", 1, 200), (1, "delivered", 2, 200),
    ]  # fmt: skip
    assert (found["cursor"], found["has_more"], found["data"][0]["last_error"]) == (None, False, "cannot_connect")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "failed"}, [4]),
        ({"state": "delivered", "trigger": "new_lead"}, [3, 2, 1]),
        ({"trigger": "lead_status_changed"}, [4]),
        ({"event_id": "2"}, [2]),
        ({"subscription_id": "2"}, [4]),
        ({"message_id": "msg_1_3"}, [3]),
        ({"request_id": "the-call-7"}, [4]),
        ({"since": "2999-01-01T00:00:00Z"}, []),
        ({"until": "2999-01-01T00:00:00+02:00", "limit": "2"}, [4, 3]),
        ({"state": ""}, [4, 3, 2, 1]),
    ],
    ids=str,
)
def test_deliveries_are_found_by_what_one_knows(client: Client, query: Mapping[str, str], expected: list[int]) -> None:
    assert numbers(asked(client, "deliveries", **query)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "200"}, [200, 200, 200]),
        ({"status": "500"}, [500]),
        ({"error": "cannot_connect"}, [None, None]),
        ({"delivery_id": "1"}, [200, 500]),
        ({"subscription_id": "2", "limit": "1"}, [None]),
        ({"request_id": "the-call-7"}, [None, None]),
    ],
    ids=str,
)
def test_attempts_are_found_by_what_one_knows(client: Client, query: Mapping[str, str], expected: list[Any]) -> None:
    assert [row["status"] for row in asked(client, "attempts", **query)["data"]] == expected


@pytest.mark.parametrize(("path", "count"), [("deliveries", 4), ("attempts", 6)])
def test_pages_follow_each_other_without_gap_or_repeat(client: Client, path: str, count: int) -> None:
    ids, cursor = [], ""
    while True:
        page = asked(client, path, limit=3, cursor=cursor)
        ids += [row["id"] for row in page["data"]]
        assert page["has_more"] is (page["cursor"] is not None)
        if not page["has_more"]:
            break
        cursor = page["cursor"]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == count


def test_one_delivery_tells_its_body_and_its_tries(client: Client, receiver: Receiver) -> None:
    found = asked(client, "deliveries/1")
    assert found["body"].encode() == receiver.requests[0].body
    tries = found["attempts_made"]
    assert [(row["number"], row["status"], row["error"], row["answer"]) for row in tries] == [
        (2, 200, None, "ok"), (1, 500, "receiver_refused", "ok"),
    ]  # fmt: skip
    assert all(row["at"].endswith("Z") and row["milliseconds"] >= 0 for row in tries)


def test_others_deliveries_are_nobodys_business(
    client: Client, token: Callable[[str], Mapping[str, str]], house_post: Post, receiver: Receiver
) -> None:
    ana = token("ana@example.test")
    assert asked(client, "deliveries", ana)["data"] == asked(client, "attempts", ana)["data"] == []
    assert client.get("/api/v1/deliveries/1", headers=ana).status_code == 404
    assert client.post("/api/v1/deliveries/1/replay", headers=ana).status_code == 404
    house_post.as_user("ana@example.test").subscribe(receiver, url=receiver.url("/ana"))
    house_post.act("create_lead", title="Ana's", user_id="ana@example.test")
    house_post.work()
    house_post.settled(6)
    assert [row["subscription_id"] for row in asked(client, "deliveries", ana)["data"]] == [3]
    assert len(asked(client, "deliveries")["data"]) == 6


def test_a_delivery_sent_again_by_hand_keeps_its_id_and_adds_a_try(
    client: Client, house_post: Post, receiver: Receiver
) -> None:
    told = client.post("/api/v1/deliveries/2/replay", headers=ADMIN).get_json()
    assert (told["state"], told["attempts"]) == ("pending", 0)
    house_post.work()
    house_post.until(lambda: len(asked(client, "attempts", delivery_id=2)["data"]) == 2)
    assert receiver.ids.count(told["message_id"]) == 2
