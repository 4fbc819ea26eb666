"""The audit: who did what, when and from where."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.access import audit, tokens
from connector.access.upkeep import sweep
from connector.engine.world import TIME
from connector.events import subscriptions
from connector.events.leadgen import Notice, record
from connector.events.messages import Parameter
from connector.events.subscriptions import Wish
from connector.settings import Settings
from connector.storage.contract import Scope
from connector.web.house import House
from tests.plugins.calls import Call, calls
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

PAGE = {"name": "Page", "page_id": "100", "access_token": "x"}
SIGNED = {"meta_notification"}
"""Operations whose bodies somebody else signs; they only note what is fetched, and taken in, later."""
RECEIVER = "http://127.0.0.99:9/"


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


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return replace(settings, attachments=str(tmp_path / "files"), outbound_allow="127.0.0.99/32")


def test_everything_that_changes_something_leaves_a_line(client: Client, house: House) -> None:
    document, done = client.get("/openapi.json").json, set()
    house.store.transact(Scope(account_id=1), lambda tx: tx.update("email", 1, {"state": "failed"}))
    # Twice, for what is taken away by one route is missing for the next.
    for _ in range(2):
        acting = [call for call in calls(document, aims(client, house)) if call.acts and call.operation not in done]
        for call in sorted(acting, key=spoiling):
            before = newest(house)
            if call.send(client, ADMIN_TOKEN, "ada").status_code < 300:
                assert newest(house) > before, f"{call.label} left no line"
                done.add(call.operation)
    assert {call.operation for call in calls(document, {}) if call.acts} - done == SIGNED


def spoiling(call: Call) -> int:
    """When it is its turn: first what needs the world as it was, last what takes things away."""
    if "delete" in call.label:
        return 3
    return 2 if call.operation.endswith("_mailbox") else int(not re.search("send_email|submit", call.operation))


def newest(house: House) -> Any:
    """The last line's number."""
    return audit.page(house.store, Scope(account_id=1), (), before=None, limit=1)[0]["id"]


def aims(client: Client, house: House) -> dict[str, Any]:
    """What the demo world has not: a second token and custom field, two subscriptions, a delivery that failed."""
    caller = tokens.authenticate(house.store, ADMIN_TOKEN)
    extra = Parameter(name="X-Key", place="header", value="v")
    wishes = [Wish(trigger="new_lead", target_url=f"{RECEIVER}{name}", parameters=(extra,)) for name in "ab"]
    rows = [subscriptions.create(house.catalog, house.store, house.vault, caller, wish)[0] for wish in wishes]
    delivery = subscriptions.delivery_of(rows[0], 1, "{}", TIME) | {"state": "failed"}
    sent = house.store.transact(caller.scope, lambda tx: tx.insert("delivery", delivery))[0]
    token = client.post("/api/v1/tokens", json={"name": "Another"}, headers=ADMIN).json
    forms = [client.post("/api/v1/forms", json={"name": "F", "signed": it}, headers=ADMIN).json for it in (True, False)]
    page = client.post("/api/v1/meta/pages", json=PAGE, headers=ADMIN).json
    record(house.store, [Notice(leadgen_id=str(page["id"]), page_id=PAGE["page_id"])], TIME, None)
    told = client.get("/api/v1/meta/leads", headers=ADMIN).json["data"]
    fresh = {"key": f"second_{token['id']}", "name": "Second", "type": "text"}
    field = client.post("/api/v1/actions/create_custom_field", json=fresh, headers=ADMIN).json
    return {
        "delete_custom_field_by_id.custom_fields": field["id"],
        "form_id": forms[0]["id"], "submit_form.key": forms[1]["url"].rpartition("/")[2],
        **{f"{word}_meta_page.page_id": page["id"] for word in ("get", "change", "replay", "delete")},
        "meta_lead_id": told[0]["id"],
        "subscription_id": rows[0]["id"], "handle": subscriptions.handle(house.vault, rows[1]), "token_id": token["id"],
        "delivery_id": sent["id"], "target_url": RECEIVER,
    }  # fmt: skip


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
