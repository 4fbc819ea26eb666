"""Who is let in: scopes, named actions, ranges, wrong tokens, and the note of the last use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from connector.access import tokens
from connector.access.keeper import Call, Keeper
from connector.errors import LeadwireError, RateLimited, TooLarge, Unauthorized
from connector.web.house import House
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

HERE = "127.0.0.1"
Issue = Callable[..., Mapping[str, str]]


@pytest.fixture
def issued(house: House) -> Issue:
    """Headers with a new token of the admin that may do only so much."""

    def issue(**rights: Any) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {tokens.issue(house.store, 1, 1, 'test', **rights)[0]}"}

    return issue


@pytest.mark.parametrize(
    "rights, allowed",
    [
        ({}, {"read", "act", "tokens"}),
        ({"scopes": ["read"]}, {"read"}),
        ({"scopes": ["act"]}, {"act"}),
        ({"scopes": ["read", "act"]}, {"read", "act"}),
        ({"scopes": ["administer"]}, {"tokens"}),
        ({"actions": ["won"]}, {"read", "act", "tokens"}),
        ({"actions": ["lost"]}, {"read", "tokens"}),
    ],
)
def test_a_token_does_what_its_scopes_say(client: Client, issued: Issue, rights: Any, allowed: set[str]) -> None:
    headers = issued(**rights)
    calls = {
        "read": client.get("/api/v1/leads", headers=headers),
        "act": client.get("/api/simple/leads/1/won", headers=headers),
        "tokens": client.get("/api/v1/tokens", headers=headers),
    }
    found = {name: answer.status_code for name, answer in calls.items()}
    assert found == {name: 200 if name in allowed else 403 for name in calls}


def test_no_door_can_forget_what_a_token_may_do(client: Client, issued: Issue) -> None:
    headers = issued(actions=["lost"])
    row = client.post("/api/v1/actions/won/batch", json={"rows": [{"lead_id": 1}]}, headers=headers)
    assert client.post("/api/v1/actions/won", json={"lead_id": 1}, headers=headers).json["code"] == "action_not_allowed"
    assert row.json["data"][0]["error"]["code"] == "action_not_allowed"


@pytest.mark.parametrize(("path", "status"), [("action=add&title=x", 403), ("action=stat", 200)])
def test_a_method_asks_for_the_scope_that_it_needs(client: Client, issued: Issue, path: str, status: int) -> None:
    key = issued(scopes=["read", "act_as"])["Authorization"].removeprefix("Bearer ")
    given = f"login=ada&apikey={key}&{path}"
    answers = [client.get(f"/developer/v1/leads?{given}"), client.post("/developer/v1/leads", data=given)]
    assert [answer.status_code for answer in answers] == [status] * 2


def test_a_token_works_only_from_its_ranges(client: Client, issued: Issue) -> None:
    headers = issued(allowed_ips=["10.0.0.0/8"])
    refused = client.get("/api/v1/me", headers=headers)
    forged = client.get("/api/v1/me", headers={**headers, "X-Forwarded-For": "10.0.0.1"})
    inside = client.get("/api/v1/me", headers=headers, environ_base={"REMOTE_ADDR": "::ffff:10.0.0.1"})
    assert [answer.status_code for answer in (refused, forged, inside)] == [403, 403, 200]
    assert refused.json["code"] == "address_not_allowed"
    assert refused.json["message"].startswith("This token may not be used from 127.0.0.1.")


def test_the_last_use_is_written_now_and_then(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, row = tokens.issue(house.store, 1, 1, "test")
    assert row["last_used_at"] is None
    house.keeper.admit(Call(secret, HERE))
    first = tokens.one(house.store, 1, row["id"])["last_used_at"]
    house.keeper.admit(Call(secret, HERE))
    assert first
    assert tokens.one(house.store, 1, row["id"])["last_used_at"] == first


def outcome(keeper: Keeper, secret: str, address: str) -> str:
    try:
        return keeper.admit(Call(secret, address)).token
    except LeadwireError as error:
        return error.code


def test_an_address_with_too_many_wrong_tokens_has_to_wait(house: House) -> None:
    keeper = Keeper(replace(house.settings, wrong_tokens=3), house.store)
    tokens.issue(house.store, 1, 1, "Other", secret="lw_other")
    assert outcome(keeper, ADMIN_TOKEN, HERE) == "First token"
    wrong = [outcome(keeper, f"wrong{number}", HERE) for number in range(5)]
    assert wrong == ["unauthorized_invalid_token"] * 3 + ["too_many_wrong_tokens"] * 2
    assert outcome(keeper, "lw_other", HERE) == "too_many_wrong_tokens"
    assert outcome(keeper, ADMIN_TOKEN, HERE) == "First token"
    assert outcome(keeper, "lw_other", "10.0.0.1") == "Other"


def test_a_token_may_have_a_rate_of_its_own(house: House) -> None:
    keeper = Keeper(replace(house.settings, rate_limit=2), house.store)
    for limit, passed in ((None, 2), (4, 4), (0, 6)):
        secret, _ = tokens.issue(house.store, 1, 1, "test", rate_limit=limit)
        found = [outcome(keeper, secret, HERE) for _ in range(6)]
        assert found == ["test"] * passed + ["rate_limited"] * (6 - passed)


def test_a_batch_beyond_the_limit_is_told_to_split(house: House) -> None:
    keeper = Keeper(replace(house.settings, rate_limit=5), house.store)
    caller = keeper.admit(Call(ADMIN_TOKEN, HERE))
    with pytest.raises(TooLarge):
        keeper.charge_rows(caller, 6)
    keeper.charge_rows(caller, 5)
    with pytest.raises(RateLimited):
        keeper.charge_rows(caller, 2)


def test_an_account_token_acts_as_the_user_it_names(house: House) -> None:
    secret, row = tokens.issue(house.store, 1, 1, "Account", scopes=["read", "act", "act_as"])
    caller = house.keeper.admit(Call(secret, HERE))
    user = next(
        user for user in house.catalog.world["user"] if not user.get("is_admin") and user.get("is_active", True)
    )
    found = tokens.act_as(house.store, caller, user["email"])
    assert (row["kind"], found.user_id, found.scope.actor_id, found.scope.owner) == ("account", *[user["id"]] * 3)
    for login in ("nobody@example.test", ""):
        with pytest.raises(Unauthorized):
            tokens.act_as(house.store, caller, login)
    assert tokens.act_as(house.store, house.keeper.admit(Call(ADMIN_TOKEN, HERE)), user["email"]).user_id == user["id"]


def test_a_refused_call_says_its_limit_in_headers(client: Client, issued: Issue) -> None:
    headers = issued(rate_limit=1)
    client.get("/api/v1/me", headers=headers)
    said = client.get("/api/v1/me", headers=headers)
    assert said.status_code == 429
    wait = said.headers["Retry-After"]
    assert 1 <= int(wait) <= 60
    assert said.headers["RateLimit"] == f'"minute";r=0;t={wait}'
    assert said.headers["RateLimit-Policy"] == '"minute";q=1;w=60'
    assert [said.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")] == ["1", "0", wait]


def test_a_token_is_changed_and_revoked_from_its_next_call_on(client: Client, house: House) -> None:
    made = client.post("/api/v1/tokens", json={"name": "Zap", "allowed_ips": ["127.0.0.1"]}, headers=ADMIN).json
    place, own = f"/api/v1/tokens/{made['id']}", {"X-API-KEY": made["token"]}
    assert client.get("/api/v1/leads", headers=own).status_code == 200
    changed = client.patch(place, json={"scopes": ["act"], "allowed_ips": None}, headers=ADMIN).json
    assert (changed["scopes"], changed["allowed_ips"], changed["name"]) == (["act"], None, "Zap")
    assert client.get("/api/v1/leads", headers=own).status_code == 403
    client.delete(place, headers=ADMIN)
    assert client.get("/api/v1/leads", headers=own).status_code == 401


@pytest.mark.parametrize(
    "body, pointer",
    [
        ({"scopes": ["everything"]}, "/scopes/0"),
        ({"allowed_ips": ["10.0.0.0/99"]}, "/allowed_ips/0"),
        ({"rate_limit": -1}, "/rate_limit"),
        ({"replay_window": 999999}, "/replay_window"),
        ({"secret": "mine"}, "/secret"),
    ],
)
def test_rights_that_make_no_sense_are_refused_by_name(client: Client, body: Any, pointer: str) -> None:
    answer = client.post("/api/v1/tokens", json={"name": "x", **body}, headers=ADMIN)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_batch_over_http_counts_its_rows(client: Client, issued: Issue) -> None:
    headers = issued(rate_limit=5)

    def status(rows: int) -> int:
        body = {"rows": [{"lead_id": 1}] * rows}
        return int(client.post("/api/v1/actions/won/batch", json=body, headers=headers).status_code)

    assert [status(3), status(3), status(6)] == [200, 429, 413]
