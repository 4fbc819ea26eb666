"""noCRM's door beyond its rows: what never acts, how parameters may come, how it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from connector.web.house import House
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

KEY = {"X-API-KEY": ADMIN_TOKEN}
TAGS = "/api/simple/leads/1/add_tag"


def tags(client: Client) -> Any:
    return client.get("/api/v1/leads/1", headers=ADMIN).json["tags"]


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_get_and_post_act(client: Client, method: str) -> None:
    before = tags(client)
    answer = client.open(f"{TAGS}?tag=never", method=method, headers=KEY)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert tags(client) == before


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}, {"X-Purpose": "preview"}],
)
def test_prefetching_never_acts(client: Client, headers: dict[str, str]) -> None:
    before = tags(client)
    answer = client.get(f"{TAGS}?tag=never", headers=KEY | headers)
    assert (answer.status_code, answer.json["type"]) == (403, "prefetch_refused")
    assert tags(client) == before


@pytest.mark.parametrize("path", [TAGS + "?tag=x", f"/developer/v1/leads?login=ada&apikey={ADMIN_TOKEN}&action=stat"])
def test_a_program_whose_fetch_names_its_mode_may_act(client: Client, path: str) -> None:
    assert client.get(path, headers=KEY | {"Sec-Fetch-Mode": "cors"}).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        {"query_string": "tag=one%20way"},
        {"query_string": "tag=one+way"},
        {"method": "POST", "data": {"tag": "one way"}},
        {"method": "POST", "json": {"tag": "one way"}},
        {"method": "POST", "json": {"tag": ["one way"]}},
        {"method": "POST", "query_string": "colour=red", "json": {"tag": "one way"}},
        {"method": "POST", "query_string": "tag=two", "data": {"tag": "one way"}},
        {"query_string": "tag[]=two&tag%5B%5D=one+way"},
        {"method": "POST", "json": {"tag[]": ["one way"]}},
    ],
)
def test_parameters_come_in_the_address_or_in_the_body(client: Client, sent: dict[str, Any]) -> None:
    answer = client.open(TAGS, headers=KEY, **sent)
    assert (answer.status_code, answer.json["tags"][-1]) == (200, "one way")


def test_json_keeps_its_types(client: Client) -> None:
    body = {"amount": 155.34}
    assert client.post("/api/simple/leads/1/won", json=body, headers=KEY).json["amount"] == 155.34
    assert client.post("/simple/leads/1/assign/random", json={"no_admin": True}, headers=KEY).status_code == 200


def test_a_plus_in_an_email_address_survives_the_query_string(client: Client, house: House) -> None:
    answer = client.get("/api/simple/leads/1/assign?user_id=no+body@x.test", headers=KEY)
    assert "no+body@x.test" in answer.json["message"]


@pytest.mark.parametrize(
    ("path", "headers", "status", "word"),
    [
        ("leads/1/won", {}, 401, "unauthorized_missing_token"),
        ("leads/1/won", {"X-API-KEY": "wrong"}, 401, "unauthorized_invalid_token"),
        ("leads/1/standby", KEY, 422, "missing_parameter"),
        ("leads/1/assign?user_id=nobody@x.test", KEY, 404, "user_not_found"),
        ("leads/1/assign?user_id=999999", KEY, 404, "user_not_found"),
        ("leads/999999/won", KEY, 404, "lead_not_found"),
        ("leads/abc/won", KEY, 404, "lead_not_found"),
        ("leads/1/fly", KEY, 404, "no_such_address"),
        ("leads/1", KEY, 404, "no_such_address"),
        ("nothing", KEY, 404, "no_such_address"),
    ],
)
def test_errors_have_nocrms_shape(client: Client, path: str, headers: dict[str, str], status: int, word: str) -> None:
    for root in ("/api/simple", "/simple"):
        answer = client.get(f"{root}/{path}", headers=headers)
        assert (answer.status_code, answer.content_type) == (status, "application/json")
        assert answer.json == {"error": status, "message": answer.json["message"], "type": word}
        assert answer.json["message"]


def test_an_action_that_answers_something_else_still_answers_the_lead(client: Client, house: House) -> None:
    kind = house.catalog.world["activity_type"][0]["id"]
    answer = client.get(f"/api/simple/leads/1/add_activity?activity_id={kind}", headers=KEY).json
    assert (answer["id"], answer["title"]) == (1, client.get("/api/v1/leads/1", headers=ADMIN).json["title"])
    assert {"remind_date", "remind_time"} <= set(answer)


def test_an_action_answers_at_its_path_and_at_its_key(client: Client) -> None:
    copies = [client.get(f"/api/simple/leads/1/{name}", headers=KEY) for name in ("duplicate", "duplicate_lead")]
    assert [copy.status_code for copy in copies] == [200, 200]
    assert len({1, *(copy.json["id"] for copy in copies)}) == 3


def test_a_deleted_lead_answers_an_object(client: Client) -> None:
    answers = [client.get("/api/simple/leads/1/delete_lead", headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].json["id"] == 1


def test_a_caller_who_is_too_fast_is_told_so_in_both_headers(client: Client) -> None:
    made = client.post("/api/v1/tokens", json={"name": "fast", "rate_limit": 1}, headers=ADMIN).json["token"]
    answers = [client.get("/api/simple/leads/1/todo", headers={"X-API-KEY": made}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].headers["API-RETRY-AFTER"] == answers[1].headers["Retry-After"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/simple/leads/1/append_to_description?to_append=once&idempotency_key=k",
        f"/developer/v1/leads?login=ada&apikey={ADMIN_TOKEN}&action=add&title=Once&idempotency_key=k",
    ],
)
def test_an_answer_that_was_given_before_says_so(client: Client, path: str) -> None:
    answers = [client.get(path, headers=KEY) for _ in range(2)]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert [answer.status_code for answer in answers] == [200, 200]


def test_answers_are_never_cached(client: Client) -> None:
    assert client.get("/api/simple/leads/1/todo", headers=KEY).headers["Cache-Control"] == "no-store"
