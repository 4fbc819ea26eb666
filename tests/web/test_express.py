"""The short way of a plain call: it answers what the long way answers, and company changes nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.access import tokens
from connector.engine.once import Answer, Task
from connector.engine.run import task
from connector.group import Group, Turn
from connector.service import create_app, open_house
from connector.settings import Settings
from connector.storage.contract import EventQuery, Scope
from connector.web import express
from connector.web.house import House
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client, until
from tests.plugins.stores import KINDS

JSON = "application/json"
TIMES = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")
LONG = {"QUERY_STRING": "dry_run=false"}
"""What is no plain call any more, and means the same."""
LATE = 60.0
SETTLE = express._settle
Asked = tuple[str, dict[str, Any], Mapping[str, str]]
"""An action, its input, and the headers it is called with."""

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("create_lead", {"json": {"title": "Acme", "email": "ann@acme.test"}}),
    ("update_lead", {"json": {"lead_id": 1, "title": "New"}}),
    ("update_lead", {"json": {"lead_id": 1, "title": "New"}, "headers": {"Idempotency-Key": "a"}}),
    ("update_lead", {"json": {"lead_id": 1, "title": "New"}, "headers": {"Idempotency-Key": "a"}}),
    ("update_lead", {"json": {"lead_id": 1, "title": "Old"}, "headers": {"Idempotency-Key": "a"}}),
    ("create_lead", {"json": {"title": "Key", "idempotency_key": "b"}}),
    ("create_lead", {"json": {"title": "Key", "idempotency_key": "b"}}),
    ("create_lead", {"json": {"title": "x"}, "headers": {"Idempotency-Key": "k" * 256}}),
    ("create_lead", {"json": {"title": "x"}, "headers": {"X-Request-Id": "mine"}}),
    ("create_lead", {"json": {"title": "Été \U0001f600"}, "headers": {"Content-Type": f"{JSON}; charset=UTF-8"}}),
    ("next_step", {"json": {"lead_id": 999}}),
    ("standby", {"json": {"lead_id": 1, "days": -1, "activty_id": 1}, "headers": {"Accept-Language": "fr"}}),
    ("fly", {"json": {"lead_id": 1}}),
    ("won", {"data": b"", "content_type": JSON}),
    ("won", {"data": b'{"lead_id": 1', "content_type": JSON}),
    ("won", {"data": b"[1]", "content_type": JSON}),
    ("won", {"data": b'{"lead_id": 1, "lead_id": 2}', "content_type": JSON}),
    ("won", {"data": b'{"a": "\xff"}', "content_type": JSON}),
    ("won", {"data": b" " * 2_000_000, "content_type": JSON}),
    ("won", {"json": {"lead_id": 1}, "headers": {"X-Padding": "x" * 70_000}}),
    ("won", {"json": {"lead_id": 1}, "headers": {"Authorization": ""}}),
    ("won", {"json": {"lead_id": 1}, "headers": {"Authorization": "Bearer lw_wrong"}}),
    ("won", {"json": {"lead_id": 1}, "headers": {"Authorization": "", "X-API-KEY": ADMIN_TOKEN}}),
    ("won", {"json": {"lead_id": 1}, "headers": {"Authorization": f"Bearer {ADMIN_TOKEN} x"}}),
]


@pytest.fixture
def twin(settings: Settings) -> Iterator[Client]:
    """Another house, in which the same happens."""
    opened = open_house(settings)
    yield create_app(house=opened).test_client()
    opened.close()


@pytest.fixture(params=KINDS)
def kept(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Iterator[House]:
    """A house on each kind of storage."""
    urls = {"memory": "memory:", "sqlite": f"sqlite:///{tmp_path}/x.db"}
    url = urls.get(request.param) or request.getfixturevalue("postgres_database")
    opened = open_house(replace(settings, database_url=url))
    yield opened
    opened.close()


class Company:
    """How many plain calls were served together, each time. The first waits until all others have come."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.coming = 1
        self.group: Group[express.Plain] | None = None

    def settle(self, house: House, turns: Sequence[Turn[express.Plain]]) -> None:
        self.sizes.append(len(turns))
        if len(self.sizes) == 1:
            until(lambda: self.group and len(self.group._waiting) >= self.coming - 1)
        SETTLE(house, turns)

    def made(self, *given: Any) -> Group[express.Plain]:
        self.group = Group(*given)
        return self.group


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    found = Company()
    monkeypatch.setattr(express, "PATIENCE", LATE)
    monkeypatch.setattr(express, "Group", found.made)
    monkeypatch.setattr(express, "_settle", found.settle)
    return found


def asked(client: Client, key: str, call: dict[str, Any], **more: Any) -> Any:
    return client.post(f"/api/v1/actions/{key}", **{**call, "headers": {**ADMIN, **call.get("headers", {})}}, **more)


def told(answer: Any) -> tuple[int, dict[str, str], bytes]:
    """All of an answer but what is never the same twice."""
    name = answer.headers["X-Request-Id"]
    headers = {key: value for key, value in answer.headers if value != name}
    return answer.status_code, headers, TIMES.sub(b"TIME", answer.data).replace(name.encode(), b"ID")


def at_once(house: House, company: Company, calls: Sequence[Asked]) -> list[Any]:
    """The answers to calls that come at the same time; the first is on its way before the others."""
    app, company.coming = create_app(house=house), len(calls)

    def call(place: int) -> Any:
        key, body, headers = calls[place]
        if place:
            until(lambda: company.sizes)
        return app.test_client().post(f"/api/v1/actions/{key}", json=body, headers=headers)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, range(len(calls))))


def token(house: House, user: int = 1, **rights: Any) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {tokens.issue(house.store, 1, user, 'test', **rights)[0]}"}


def test_both_ways_answer_the_same(client: Client, twin: Client) -> None:
    for key, call in CALLS:
        short, long = asked(client, key, call), asked(twin, key, call, environ_overrides=LONG)
        assert told(short) == told(long), (key, call)
    left = [told(door.get("/api/v1/leads?limit=100", headers=ADMIN)) for door in (client, twin)]
    assert left[0] == left[1]


def test_the_long_way_is_for_what_is_not_plain(house: House, company: Company) -> None:
    client, body = create_app(house=house).test_client(), {"json": {"lead_id": 1}}
    for more in (LONG, {"PATH_INFO": "/api/v1/actions/won/"}, {"CONTENT_TYPE": "application/vnd.x+json"}):
        assert asked(client, "won", body, environ_overrides=more).status_code == 200
    assert client.post("/api/v1/actions/won", data={"lead_id": "1"}, headers=ADMIN).status_code == 200
    assert company.sizes == []
    assert asked(client, "won", body).status_code == 200
    assert company.sizes == [1]


def test_calls_that_come_together_are_answered_one_by_one(kept: House, company: Company) -> None:
    other = next(
        user for user in kept.catalog.world["user"] if not user.get("is_admin") and user.get("is_active", True)
    )
    mine, reader = token(kept, other["id"]), token(kept, scopes=["read"])
    keyed = {**ADMIN, "Idempotency-Key": "k"}
    calls: list[tuple[str, dict[str, Any], Mapping[str, str], int]] = [
        ("create_lead", {"title": "First"}, ADMIN, 201),
        ("create_lead", {"title": "A"}, ADMIN, 201),
        ("create_lead", {"title": "Mine"}, mine, 201),
        ("create_lead", {"title": "Once"}, keyed, 201),
        ("create_lead", {"title": "Once"}, keyed, 201),
        ("update_lead", {"lead_id": 999, "title": "x"}, {**ADMIN, "Idempotency-Key": "none"}, 404),
        ("won", {"lead_id": 1}, reader, 403),
        ("standby", {"lead_id": 1, "days": -1}, ADMIN, 422),
        ("won", {"lead_id": 1}, {"Authorization": "Bearer lw_wrong"}, 401),
        ("fly", {}, ADMIN, 404),
        ("won", {"lead_id": 2, "amount": 5}, ADMIN, 200),
    ]
    answers = at_once(kept, company, [call[:3] for call in calls])
    assert [answer.status_code for answer in answers] == [call[3] for call in calls]
    assert company.sizes == [1, len(calls) - 1]
    assert [answer.json["title"] for answer in answers[:5]] == ["First", "A", "Mine", "Once", "Once"]
    assert answers[2].json["user_id"] == other["id"] and answers[-1].json["amount"] == 5
    assert answers[3].json["id"] == answers[4].json["id"]
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 1
    created = kept.store.events(Scope(account_id=1), EventQuery(topics=("lead.created",)))
    assert len(created) == 4
    assert {event.request_id for event in created} < {answer.headers["X-Request-Id"] for answer in answers[:5]}


def test_calls_on_one_record_come_one_after_another(kept: House, company: Company) -> None:
    line = [("append_to_description", {"lead_id": 1, "to_append": f"<{n}>"}, ADMIN) for n in range(8)]
    assert {answer.status_code for answer in at_once(kept, company, line)} == {200} and company.sizes == [1, 7]
    row = kept.store.read(Scope(account_id=1), lambda tx: tx.get("lead", 1)) or {}
    assert all(row["description"].count(f"<{n}>") == 1 for n in range(8))


def test_a_limit_is_exact_for_calls_that_come_together(house: House, company: Company) -> None:
    few = token(house, rate_limit=5)
    answers = at_once(house, company, [("create_lead", {"title": "x"}, few) for _ in range(9)])
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [429] * 4 and company.sizes == [1, 8]


def test_wrong_tokens_are_all_counted(house: House, company: Company) -> None:
    strict = replace(
        house,
        settings=(settings := replace(house.settings, wrong_tokens=5)),
        keeper=type(house.keeper)(settings, house.store),
    )
    answers = at_once(
        strict, company, [("won", {"lead_id": 1}, {"Authorization": "Bearer lw_wrong"}) for _ in range(9)]
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 4


def test_what_cannot_be_foreseen_hits_nobody_else(
    house: House, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(catalog: Any, scope: Scope, todo: Any, raw: Any) -> Task:
        def failing(tx: Any) -> Answer:
            raise ZeroDivisionError

        found = task(catalog, scope, todo, raw)
        return replace(found, work=failing) if raw["title"] == "broken" else found

    monkeypatch.setattr(express, "task", broken)
    answers = at_once(
        house, company, [("create_lead", {"title": title}, ADMIN) for title in ("first", "broken", "good")]
    )
    assert [answer.status_code for answer in answers] == [201, 500, 201] and company.sizes == [1, 2]


def test_nobody_waits_for_long_behind_something_slow(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = threading.Event()

    def settled(house: House, turns: Sequence[Turn[express.Plain]]) -> None:
        slow.wait(LATE)
        SETTLE(house, turns)

    monkeypatch.setattr(express, "_settle", settled)
    monkeypatch.setattr(express, "PATIENCE", 0.05)
    app, answers = create_app(house=house), list[int]()

    def call() -> None:
        answers.append(app.test_client().post("/api/v1/actions/won", json={"lead_id": 1}, headers=ADMIN).status_code)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads[1:]:
        thread.join(5)
    assert answers == [200, 200]
    slow.set()
    threads[0].join(LATE)
    assert answers == [200] * 3


@pytest.mark.parametrize("kept", ["postgres"], indirect=True)  # elsewhere one writes at a time, and nothing is held
def test_a_call_whose_record_is_held_waits_by_itself(kept: House, company: Company) -> None:
    held, done = threading.Event(), threading.Event()

    def hold(tx: Any) -> None:
        tx.hold([("lead", 1)])
        held.set()
        done.wait(LATE)

    other = threading.Thread(target=lambda: kept.store.transact(Scope(account_id=1), hold))
    other.start()
    held.wait(LATE)
    calls = [("update_lead", {"lead_id": lead, "title": "x"}, ADMIN) for lead in (2, 1, 2, 3)]
    threading.Timer(1.0, done.set).start()
    answers = at_once(kept, company, calls)
    other.join()
    assert [answer.status_code for answer in answers] == [200] * 4 and company.sizes == [1, 3]
