"""Tokens: how they look, how they are kept, when they stop working."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from connector.access import tokens
from connector.errors import NotFound, Unauthorized
from connector.service import open_house
from connector.settings import Settings
from connector.storage.contract import Scope
from connector.web.house import House
from tests.plugins.server import ADMIN_TOKEN, Client


def member(house: House) -> int:
    users = house.catalog.world["user"]
    return next(int(u["id"]) for u in users if not u.get("is_admin") and u.get("is_active", True))


def test_a_token_carries_its_checksum() -> None:
    secret = tokens.mint()
    body = secret.removeprefix("lw_")
    assert len(body) == 36
    assert tokens.checksum(body[:30]) == body[30:]
    assert secret != tokens.mint()


def test_a_token_stands_for_its_user(house: House) -> None:
    secret, row = tokens.issue(house.store, 1, member(house), "Zapier")
    caller = tokens.authenticate(house.store, secret)
    assert (caller.user_id, caller.token, caller.token_id) == (member(house), "Zapier", row["id"])
    assert (caller.scope.account_id, caller.scope.owner) == (1, member(house))
    assert tokens.authenticate(house.store, ADMIN_TOKEN).scope.owner is None


def test_the_secret_is_kept_nowhere(settings: Settings, tmp_path: Path) -> None:
    house = open_house(replace(settings, database_url=f"sqlite:///{tmp_path / 'kept.db'}"))
    secret, _ = tokens.issue(house.store, 1, 1, "Zapier")
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("kept.db*"))
    assert b"Zapier" in stored
    assert secret.encode() not in stored
    assert ADMIN_TOKEN.encode() not in stored
    assert not any("hash" in row for row in tokens.listing(house.store, 1))
    house.store.close()


def test_a_revoked_token_stops_at_once(house: House) -> None:
    secret, row = tokens.issue(house.store, 1, 1, "Zapier")
    first = tokens.revoke(house.store, 1, row["id"])
    assert tokens.revoke(house.store, 1, row["id"])["revoked_at"] == first["revoked_at"]
    with pytest.raises(Unauthorized):
        tokens.authenticate(house.store, secret)


def test_an_expired_token_is_refused(house: House) -> None:
    secret, _ = tokens.issue(house.store, 1, 1, "Old", expires_at="2020-01-01T00:00:00.000Z")
    with pytest.raises(Unauthorized):
        tokens.authenticate(house.store, secret)


def test_the_token_of_an_inactive_user_is_refused(house: House) -> None:
    user = member(house)
    secret, _ = tokens.issue(house.store, 1, user, "Zapier")
    house.store.transact(Scope(account_id=1), lambda tx: tx.update("user", user, {"is_active": False}))
    with pytest.raises(Unauthorized):
        tokens.authenticate(house.store, secret)


def test_a_token_needs_a_user(house: House) -> None:
    with pytest.raises(NotFound):
        tokens.issue(house.store, 1, 999, "Nobody")
    with pytest.raises(NotFound):
        tokens.revoke(house.store, 1, 999)


@pytest.mark.parametrize(
    "given", [{}, {"Authorization": ""}, {"Authorization": "Bearer"}, {"Authorization": "Digest abc"}]
)
def test_a_request_without_a_token_is_told_how_to_send_one(client: Client, given: Mapping[str, str]) -> None:
    answer = client.get("/api/v1/me", headers=given)
    assert (answer.status_code, answer.json["code"]) == (401, "unauthorized_missing_token")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("given", ["nonsense", "é", "lw_" + "x" * 36, "'or'1'='1", "x" * 5000])
def test_a_wrong_token_is_refused(client: Client, given: str) -> None:
    for headers in ({"Authorization": f"Bearer {given}"}, {"X-API-KEY": given}):
        answer = client.get("/api/v1/me", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (401, "unauthorized_invalid_token")


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer {}"},
        {"Authorization": "bearer  {}"},
        {"Authorization": "{}"},
        {"X-API-KEY": "{}"},
        {"X-API-KEY": "Bearer {}"},
        {"Authorization": "Basic abc", "X-API-KEY": "{}"},
        {"Authorization": "Basic {}"},
        {"Authorization": "Token {}"},
    ],
)
def test_the_usual_ways_to_write_a_token_all_work(client: Client, headers: Mapping[str, str]) -> None:
    written = {name: value.format(ADMIN_TOKEN) for name, value in headers.items()}
    assert client.get("/api/v1/me", headers=written).status_code == 200


@pytest.mark.parametrize(("scopes", "may"), [(None, False), (["act_as"], True)])
def test_an_account_key_acts_for_users_by_login(house: House, scopes: list[str] | None, may: bool) -> None:
    secret, _ = tokens.issue(house.store, 1, 2, "Website", scopes=scopes)
    caller = tokens.authenticate(house.store, secret)
    assert tokens.act_as(house.store, caller, "ANA").scope == caller.scope
    if may:
        bruno = tokens.act_as(house.store, caller, "bruno@example.test")
        assert (bruno.user_id, bruno.scope.actor_id, bruno.scope.owner) == (3, 3, 3)
        assert tokens.act_as(house.store, caller, "ada").scope.owner is None
    else:
        with pytest.raises(Unauthorized):
            tokens.act_as(house.store, caller, "bruno")


@pytest.mark.parametrize("login", ["", "nobody", "dmitri"])
def test_nobody_acts_for_users_who_are_not_there(house: House, login: str) -> None:
    with pytest.raises(Unauthorized) as refused:
        tokens.act_as(house.store, tokens.authenticate(house.store, ADMIN_TOKEN), login)
    assert refused.value.code == "unknown_login"
