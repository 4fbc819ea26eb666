"""Who sees and does what, for every operation of the document: a new route is in here by being in there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from connector.access import tokens
from connector.engine.world import TIME
from connector.events import subscriptions
from connector.events.subscriptions import Wish
from connector.service import create_app
from connector.settings import Settings
from connector.storage.contract import Query, Scope, Transaction
from connector.web.house import House
from tests.plugins.calls import Call, calls
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

MARK = "Seen-by-Boris-alone"
OWNER, OTHER = 3, 2
"""The user whose records are looked for, and the one who looks; neither is an admin."""
LOGINS = {1: "ada", OWNER: "bruno", OTHER: "ana", 900: "x"}
NOT_GOOD = {"SalesmanError": 400}
"""How a door that speaks of errors in that shape refuses whatever key is not good; all others with 401."""
WATCHED = ("lead", "task", "activity", "mailbox", "attachment", "api_token", "subscription", "delivery", "attempt")
RECEIVER = f"http://127.0.0.99:9/{MARK}"
BOX = {"address": "boris@alone.test", "host": "127.0.0.1"}
PLAIN = {"title": MARK, "user_id": OWNER, "email": "boris@alone.test", "description": MARK}


@dataclass(frozen=True)
class Ground:
    """A house with marked records of one user, and every call that the document tells of, aimed at them."""

    client: Client
    house: House
    calls: tuple[Call, ...]

    def tried(self, user: int = 1, account: int = 1, **rights: Any) -> Iterator[tuple[Call, TestResponse]]:
        """Every call with a new token of that user, and its answer."""
        secret, _ = tokens.issue(self.house.store, account, user, "test", **rights)
        return self.sent(secret, LOGINS[user])

    def sent(self, secret: str, login: str = "ada") -> Iterator[tuple[Call, TestResponse]]:
        """Every call with that token, and its answer."""
        for call in self.calls:
            yield call, call.send(self.client, secret, login)

    def stored(self) -> Mapping[str, Any]:
        """All that the account has of what matters here, but for tokens made to try it."""

        def work(tx: Transaction) -> dict[str, Any]:
            return {name: tx.find(Query(entity=name)) for name in WATCHED}

        found = self.house.store.read(Scope(account_id=1), work)
        kept = [row for row in found["api_token"] if row["name"] != "test"]
        return {**found, "api_token": [{**row, "last_used_at": None} for row in kept]}


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, attachments=str(tmp_path / "files"), outbound_allow="127.0.0.99/32")


@pytest.fixture
def ground(house: House) -> Ground:
    client = create_app(house=house).test_client()
    every = calls(read(client.get("/openapi.json")), marked(client, house))
    return Ground(client, house, tuple(sorted(every, key=lambda call: (call.acts, "delete" in call.label))))


def read(answer: Any) -> Any:
    return answer.json


def marked(client: Client, house: House) -> dict[str, Any]:
    """Marked records of the owner, of every kind that somebody else could want; their ids by what asks for them."""
    lead = posted(client, "actions/create_lead", PLAIN)
    posted(client, "actions/log_activity", {"lead_id": lead, "content": MARK})
    task = posted(client, "actions/create_task", {"lead_id": lead, "title": MARK, "user_id": OWNER})
    box = posted(client, "mailboxes", {**BOX, "user_id": OWNER, "username": MARK})
    named = client.post(
        f"/api/v1/leads/{lead}/attachments", data={"file": (BytesIO(MARK.encode()), f"{MARK}.txt")}, headers=ADMIN
    ).json["id"]
    secret, token = tokens.issue(house.store, 1, OWNER, MARK)
    row, _ = subscriptions.create(
        house.catalog, house.store, house.vault, tokens.authenticate(house.store, secret),
        Wish(trigger="new_lead", target_url=RECEIVER),
    )  # fmt: skip
    delivery = house.store.transact(Scope(account_id=1), lambda tx: delivered(tx, row))[0]
    return {
        "lead_id": lead, "leads": lead, "identifier": str(lead), "id": str(lead),
        "task_id": task, "tasks": task, "tid": str(task),
        "mailbox_id": box, "attachment_id": named, "token_id": token["id"], "subscription_id": row["id"],
        "delivery_id": delivery, "target_url": RECEIVER.removesuffix(MARK),
    }  # fmt: skip


def delivered(tx: Transaction, row: Mapping[str, Any]) -> int:
    """A delivery of the subscription, and an attempt."""
    sent = tx.insert("delivery", subscriptions.delivery_of(dict(row), 1, MARK, row["created_at"]))
    tx.insert("attempt", {"account_id": 1, "delivery_id": sent["id"], "subscription_id": row["id"], "number": 1,
                          "at": row["created_at"], "milliseconds": 5, "status": 200, "answer": MARK})  # fmt: skip
    return int(sent["id"])


def posted(client: Client, path: str, body: Mapping[str, Any]) -> int:
    """The id of what an administrator makes."""
    answer = client.post(f"/api/v1/{path}", json=body, headers=ADMIN)
    assert answer.status_code == 201, answer.text
    return int(answer.json["id"])


def test_every_operation_has_a_call_and_the_calls_lead_to_the_marked_records(ground: Ground) -> None:
    document = ground.client.get("/openapi.json").json
    known = {operation["operationId"] for path in document["paths"].values() for operation in path.values()}
    assert {call.operation for call in ground.calls} == known
    found = {call.operation for call, answer in ground.tried() if MARK in answer.text}
    assert found >= {
        "get_lead", "list_leads", "feed_new_lead", "get_task", "list_tasks", "get_mailbox", "list_mailboxes",
        "list_files", "download_attachment", "get_subscription", "list_subscriptions", "get_delivery", "list_attempts",
        "simple_get_won", "salesman_get", "salesman_post", "yoolla_get", "yoolla_post", "update_lead",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["none", "wrong", "revoked", "expired", "address"])
def test_without_a_good_token_nothing_is_seen_or_done(ground: Ground, kind: str) -> None:
    secret = bad(ground, kind)
    before = ground.stored()
    for call, answer in ground.sent(secret):
        assert MARK not in answer.text, call.label
        if call.demands:
            expected = 403 if kind == "address" else NOT_GOOD.get(call.refuses, 401)
            assert answer.status_code == expected, f"{call.label}: {answer.text}"
    assert ground.stored() == before


def bad(ground: Ground, kind: str) -> str:
    """A token that is not good."""
    if kind in ("none", "wrong"):
        return "" if kind == "none" else ADMIN_TOKEN + "x"
    rights = {"expired": {"expires_at": TIME}, "address": {"allowed_ips": ["10.0.0.0/8"]}}.get(kind, {})
    secret, row = tokens.issue(ground.house.store, 1, 1, "test", **rights)  # type: ignore[arg-type]
    if kind == "revoked":
        tokens.revoke(ground.house.store, 1, row["id"])
    return secret


@pytest.mark.parametrize("who", ["other user", "other account"])
def test_what_belongs_to_somebody_else_is_neither_seen_nor_changed(ground: Ground, who: str) -> None:
    user, account = (OTHER, 1) if who == "other user" else (foreigner(ground.house), 2)
    before = ground.stored()
    for call, answer in ground.tried(user, account):
        assert MARK not in answer.text, f"{call.label} shows it"
        assert answer.status_code < 500, f"{call.label}: {answer.text}"
    assert belonging(ground.stored(), before) == belonging(before, before)


def belonging(now: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Of what there is now, what bore the mark before."""
    own = {name: {row["id"] for row in rows if MARK in str(row)} for name, rows in before.items()}
    assert all(own.values()), own
    return {name: [row for row in rows if row["id"] in own[name]] for name, rows in now.items()}


def foreigner(house: House) -> int:
    """The admin of a second account."""
    times = {"created_at": TIME, "updated_at": TIME}
    account = {"id": 2, "name": "Other", "time_zone": "UTC", "locale": "en", "currency": "EUR", **times}
    admin = {"id": 900, "login": "x", "email": "x@other.test", "is_admin": True, "is_active": True, **times}
    house.store.load({"account": [account], "user": [admin]}, 2)
    assert house.store.read(Scope(account_id=2), lambda tx: tx.get("user", 900))
    return 900


def test_a_token_that_only_reads_is_refused_wherever_something_changes(ground: Ground) -> None:
    before = ground.stored()
    for call, answer in ground.tried(scopes=["read"]):
        if call.demands:
            refused = answer.status_code == 403
            assert refused is (call.acts or administrative(answer)), f"{call.label}: {answer.text}"
    assert ground.stored() == before


def administrative(answer: TestResponse) -> bool:
    """Whether it was refused for want of another scope than the one to act."""
    return "administer" in answer.text and answer.status_code == 403
