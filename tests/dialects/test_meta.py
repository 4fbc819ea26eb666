"""Meta's door: the handshake, and bodies that count only as they were signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
import pytest

from connector.access import intakes
from connector.settings import Settings
from connector.storage.contract import Query, Scope
from connector.web.house import House
from tests.plugins.graphs import APP_SECRET, PAGE_ID, PAGE_TOKEN, VERIFY_TOKEN, notification, signed
from tests.plugins.server import ADMIN, Client

PAGES = "/api/v1/meta/pages"
PAGE = {"name": "Our page", "page_id": PAGE_ID, "access_token": PAGE_TOKEN}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Lead ads are set up."""
    return replace(settings, meta_app_secret=APP_SECRET, meta_verify_token=VERIFY_TOKEN)


@pytest.fixture
def page(client: Client) -> dict[str, Any]:
    """A registered page."""
    return dict(client.post(PAGES, json=PAGE, headers=ADMIN).json)


def noted(house: House) -> list[str]:
    rows = house.store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity=intakes.LEAD)))
    return [row["leadgen_id"] for row in rows]


def shake(client: Client, **asked: str) -> Any:
    usual = {"mode": "subscribe", "verify_token": VERIFY_TOKEN, "challenge": "1158201444"}
    return client.get("/in/meta", query_string={f"hub.{name}": text for name, text in {**usual, **asked}.items()})


def test_the_handshake_gives_the_challenge_back(client: Client) -> None:
    answer = shake(client)
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "1158201444", "text/plain")


@pytest.mark.parametrize("asked", [{"verify_token": "wrong"}, {"verify_token": ""}, {"mode": "unsubscribe"}])
def test_nobody_else_gets_it(client: Client, asked: dict[str, str]) -> None:
    answer = shake(client, **asked)
    assert (answer.status_code, answer.json["code"]) == (403, "wrong_verify_token")


def test_a_challenge_is_no_page(client: Client) -> None:
    answer = shake(client, challenge="<script>alert(1)</script>")
    assert (answer.mimetype, answer.headers["X-Content-Type-Options"]) == ("text/plain", "nosniff")


def post(client: Client, raw: bytes, headers: Mapping[str, str] | None = None) -> Any:
    return client.post("/in/meta", data=raw, headers=signed(raw) if headers is None else headers)


def test_told_leads_are_noted_before_the_answer(client: Client, house: House, page: Any) -> None:
    answer = post(client, notification("444", "445"))
    assert (answer.status_code, answer.json) == (200, {"ok": True, "received": 2, "new": 2})
    assert noted(house) == ["444", "445"]
    assert post(client, notification("445", "446")).json == {"ok": True, "received": 2, "new": 1}
    rows = client.get("/api/v1/meta/leads", headers=ADMIN).json["data"]
    assert [(row["leadgen_id"], row["form_id"], row["ad_id"], row["submitted_at"], row["state"]) for row in rows] == [
        (each, "77", "88", "2026-01-01T00:00:00.000Z", "pending") for each in ("446", "445", "444")
    ]


def test_ids_may_be_numbers_of_any_size(client: Client, house: House, page: Any) -> None:
    assert post(client, notification(10152345678901234567, page=int(PAGE_ID))).json["new"] == 1
    assert noted(house) == ["10152345678901234567"]


BODY = notification("444")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=é"},
        signed(BODY, "another secret"),
        signed(BODY + b" "),
        {"X-Hub-Signature": signed(BODY)["X-Hub-Signature-256"]},
        {"X-Signature": signed(BODY)["X-Hub-Signature-256"]},
    ],
)
def test_what_meta_did_not_sign_is_refused(client: Client, house: House, page: Any, headers: dict[str, str]) -> None:
    answer = post(client, BODY, headers)
    assert (answer.status_code, answer.json["code"], noted(house)) == (403, "wrong_signature", [])


@pytest.mark.parametrize(
    "body, status",
    [
        (b"", 400),
        (b"{", 400),
        (b"[" * 2000, 400),
        (b"\xff", 400),
        (b"[]", 200),
        (b"null", 200),
        (b'{"entry": 1}', 200),
        (b'{"entry": [1, null, {"changes": {}}, {"changes": [1, {"field": "leadgen"}]}]}', 200),
        (b'{"entry": [{"changes": [{"field": "feed", "value": {"leadgen_id": "1", "page_id": "1029384756"}}]}]}', 200),
        (b'{"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "1/../me"}}]}]}', 200),
        (b'{"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": true, "page_id": {}}}]}]}', 200),
        (notification("1", page="999"), 200),
        (b"x" * 1_000_001, 413),
    ],
)
def test_no_body_is_too_strange(client: Client, house: House, page: Any, body: bytes, status: int) -> None:
    assert (post(client, body).status_code, noted(house)) == (status, [])


def test_without_a_secret_nothing_is_believed(house: House, client: Client) -> None:
    object.__setattr__(house, "settings", replace(house.settings, meta_app_secret="", meta_verify_token=""))
    told = [post(client, BODY, signed(BODY, "")), shake(client, verify_token="")]
    assert [(answer.status_code, answer.json["code"]) for answer in told] == [(403, "meta_switched_off")] * 2


def test_created_times_of_any_kind_are_no_harm(client: Client, house: House, page: Any) -> None:
    for number, time in enumerate((None, "x", -1, 2**70, 1.5, True)):
        change = {"leadgen_id": str(number), "page_id": PAGE_ID, "created_time": time}
        raw = (
            orjson.dumps({"entry": [{"changes": [{"field": "leadgen", "value": change}]}]})
            if time != 2**70
            else (
                b'{"entry": [{"changes": [{"field": "leadgen", "value": {"leadgen_id": "3", "page_id": "%s", '
                b'"created_time": 1180591620717411303424}}]}]}' % PAGE_ID.encode()
            )
        )
        assert post(client, raw).status_code == 200
    assert len(noted(house)) == 6
