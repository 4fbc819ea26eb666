"""The audit: who did what, when and from where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.access.upkeep import sweep
from connector.web.house import House
from tests.plugins.server import ADMIN, Client


def lines(client: Client, query: str = "") -> list[dict[str, object]]:
    return list(client.get(f"/api/v1/audit{query}", headers=ADMIN).json["data"])


def test_an_action_leaves_a_line(client: Client) -> None:
    client.post("/api/v1/actions/won", json={"lead_id": 1}, headers=ADMIN, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    (line,) = lines(client, "?what=action")
    told = {"actor_id": 1, "token_id": 1, "address": "203.0.113.7", "origin": "api", "name": "won", "record": "lead/1"}
    assert told.items() <= line.items()
    assert str(line["at"]).endswith("Z")


def test_every_row_of_a_batch_leaves_a_line_but_no_refusal_or_dry_run_does(client: Client) -> None:
    rows = [{"lead_id": 1}, {"lead_id": 999999}, {"lead_id": 2}]
    client.post("/api/v1/actions/won/batch", json={"rows": rows}, headers=ADMIN)
    client.post("/api/v1/actions/won?dry_run=true", json={"lead_id": 1}, headers=ADMIN)
    assert [line["record"] for line in lines(client, "?what=action")] == ["lead/2", "lead/1"]


def test_a_call_answered_again_leaves_no_second_line(client: Client) -> None:
    for _ in range(2):
        client.post("/api/v1/actions/won", json={"lead_id": 1}, headers={**ADMIN, "Idempotency-Key": "k"})
    assert len(lines(client, "?what=action")) == 1


def test_administrative_changes_leave_lines_without_secrets(client: Client) -> None:
    made = client.post("/api/v1/tokens", json={"name": "Zap", "scopes": ["read"]}, headers=ADMIN).json
    client.patch(f"/api/v1/tokens/{made['id']}", json={"name": "Zapier"}, headers=ADMIN)
    client.delete(f"/api/v1/tokens/{made['id']}", headers=ADMIN)
    found = lines(client, f"?record=api_token/{made['id']}")
    assert [line["what"] for line in found] == ["token.revoked", "token.changed", "token.created"]
    assert {line["actor_id"] for line in found} == {1}
    assert made["token"] not in client.get("/api/v1/audit", headers=ADMIN).text


def test_pages_go_back_in_time_and_never_overlap(client: Client) -> None:
    for lead in (1, 2, 1):
        client.post("/api/v1/actions/add_tag", json={"lead_id": lead, "tag": ["a"]}, headers=ADMIN)
    first = client.get("/api/v1/audit?what=action&limit=2", headers=ADMIN).json
    rest = client.get(f"/api/v1/audit?what=action&limit=2&cursor={first['cursor']}", headers=ADMIN).json
    ids = [line["id"] for line in (*first["data"], *rest["data"])]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), first["has_more"], rest["has_more"], rest["cursor"]) == (3, True, False, None)


@pytest.mark.parametrize("query", ["?nonsense=1", "?actor_id=x", "?cursor=x", "?limit=0"])
def test_a_question_that_makes_no_sense_is_refused(client: Client, query: str) -> None:
    assert client.get(f"/api/v1/audit{query}", headers=ADMIN).status_code == 422


def test_lines_and_keys_are_kept_for_their_time(client: Client, house: House) -> None:
    client.post("/api/v1/actions/won", json={"lead_id": 1}, headers={**ADMIN, "Idempotency-Key": "k"})
    kept = len(lines(client))
    now = datetime.now(UTC)
    assert sweep(house.store, house.settings, now) == 0
    assert sweep(house.store, house.settings, now + timedelta(days=1, minutes=1)) == 1
    assert len(lines(client)) == kept
    told = house.store.feed(1)
    assert sweep(house.store, house.settings, now + timedelta(days=89)) == 0
    assert sweep(house.store, house.settings, now + timedelta(days=91)) == told.newest - told.oldest + 1
    assert sweep(house.store, house.settings, now + timedelta(days=366)) == kept
