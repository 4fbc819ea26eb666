"""Actions over HTTP: one call, forms, dry runs, batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.service import create_app, open_house
from connector.settings import Settings
from connector.storage.gate import Gate
from connector.web.house import House
from tests.plugins.server import ADMIN, Client

LEAD = {"title": "Acme", "email": "ann@acme.test"}


def act(client: Client, key: str, **body: Any) -> Any:
    return client.post(f"/api/v1/actions/{key}", json=body, headers=ADMIN)


def newest(house: House) -> int:
    return house.store.feed(1).newest


def test_an_action_that_makes_a_record_answers_201_with_it(client: Client) -> None:
    answer = act(client, "create_lead", **LEAD)
    assert answer.status_code == 201
    assert client.get(f"/api/v1/leads/{answer.json['id']}", headers=ADMIN).json == answer.json


@pytest.mark.parametrize("lead", [1, "1", "01"])
def test_ids_are_numbers_or_text(client: Client, lead: Any) -> None:
    answer = act(client, "won", lead_id=lead)
    assert (answer.status_code, answer.json["status"]) == (200, "won")


def test_a_form_is_as_good_as_json(client: Client) -> None:
    form = {"lead_id": "1", "amount": "155.34"}
    answer = client.post("/api/v1/actions/won", data=form, headers=ADMIN)
    assert (answer.status_code, answer.json["amount"]) == (200, 155.34)


def test_all_faults_are_told_at_once(client: Client) -> None:
    answer = act(client, "standby", lead_id=1, days=-1, activty_id=1)
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json["errors"]} >= {"/days", "/activty_id"}


def test_an_unmet_condition_asks_the_platform_to_halt(client: Client) -> None:
    for _ in range(9):
        answer = act(client, "next_step", lead_id=1)
    assert (answer.status_code, answer.json["code"], answer.json["halt"]) == (409, "last_step", True)


@pytest.mark.parametrize("place", ["headers", "query_string", "json"])
@pytest.mark.parametrize(("path", "body"), [("create_lead", LEAD), ("create_lead/batch", {"rows": [LEAD]})])
def test_a_call_sent_again_under_its_key_acts_once(
    client: Client, house: House, path: str, body: dict[str, Any], place: str
) -> None:
    sent = {"headers": ADMIN, "query_string": {}, "json": body}
    sent[place] = sent[place] | {"Idempotency-Key" if place == "headers" else "idempotency_key": "k"}
    answers, places = [], []
    for _ in range(2):
        answers.append(client.post(f"/api/v1/actions/{path}", **sent).json)
        places.append(newest(house))
    assert (answers[0], places[0]) == (answers[1], places[1])


def test_an_unknown_action_is_not_found(client: Client) -> None:
    assert act(client, "fly", lead_id=1).status_code == 404


@pytest.mark.parametrize("key", ["won", "create_lead"])
def test_a_dry_run_shows_all_and_keeps_nothing(client: Client, house: House, key: str) -> None:
    before, state = client.get("/api/v1/leads", headers=ADMIN).json, newest(house)
    body = LEAD if key == "create_lead" else {"lead_id": 1}
    answer = client.post(f"/api/v1/actions/{key}?dry_run=true", json=body, headers=ADMIN)
    assert (answer.status_code, answer.json["dry_run"]) == (200, True)
    assert answer.json["events"][0]["after"]["title"]
    assert (client.get("/api/v1/leads", headers=ADMIN).json, newest(house)) == (before, state)


def test_a_batch_answers_each_row_in_order(client: Client) -> None:
    rows = [{"lead_id": 1}, {"lead_id": 999999}, {}, {"lead_id": 2}]
    answer = client.post("/api/v1/actions/won/batch", json={"rows": rows}, headers=ADMIN).json
    assert [(row["index"], row["status"]) for row in answer["data"]] == [(0, 200), (1, 404), (2, 422), (3, 200)]
    assert (answer["succeeded"], answer["failed"]) == (2, 2)
    assert answer["data"][0]["result"]["status"] == "won"
    assert answer["data"][1]["error"]["code"] == "lead_not_found"


@pytest.mark.parametrize("rows", [None, [], {}, [{}] * 1001])
def test_a_batch_holds_1_to_1000_rows(client: Client, rows: Any) -> None:
    answer = client.post("/api/v1/actions/won/batch", json={"rows": rows}, headers=ADMIN)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/rows")


def test_a_thousand_rows_are_done(client: Client) -> None:
    rows = [{"title": f"Lead {number}"} for number in range(1000)]
    answer = client.post("/api/v1/actions/create_lead/batch", json={"rows": rows}, headers=ADMIN).json
    assert answer["succeeded"] == 1000
    assert [row["result"]["title"] for row in answer["data"]] == [row["title"] for row in rows]


def test_a_busy_file_asks_to_come_again_and_the_same_key_then_acts_once(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All writers of a file queue at one gate: who waits there too long cannot know for whom, so it is 503, not 409."""
    monkeypatch.setattr("connector.storage.gate.PATIENCE", 0.2)
    house = open_house(replace(settings, database_url=f"sqlite:///{tmp_path / 'leadwire.db'}"))
    client: Client = create_app(house=house).test_client()
    headers = {**ADMIN, "Idempotency-Key": "k"}
    assert client.get("/api/v1/me", headers=ADMIN).status_code == 200
    other = Gate(str(tmp_path / "leadwire.db"))
    other.acquire()
    busy = client.post("/api/v1/actions/create_lead", json={"title": "Once"}, headers=headers)
    other.release()
    assert (busy.status_code, busy.headers["Retry-After"], busy.json["retryable"]) == (503, "1", True)
    answers = [client.post("/api/v1/actions/create_lead", json={"title": "Once"}, headers=headers) for _ in range(2)]
    assert [(answer.status_code, answer.json["id"]) for answer in answers] == [(201, answers[0].json["id"])] * 2
    other.close()
    house.close()
