"""Tokens over HTTP: administrators make, list and revoke them; a secret is told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.plugins.server import ADMIN, Client

TOKENS = "/api/v1/tokens"


def make(client: Client, **body: Any) -> Any:
    return client.post(TOKENS, json=body, headers=ADMIN)


def test_a_new_token_works_until_it_is_revoked(client: Client) -> None:
    made = make(client, name="Zapier", user_id=2, expires_at="2099-01-01T00:00:00+02:00")
    own = {"Authorization": f"Bearer {made.json['token']}"}
    assert made.status_code == 201
    assert made.json["expires_at"] == "2098-12-31T22:00:00.000Z"
    assert client.get("/api/v1/me", headers=own).json["id"] == 2
    assert client.delete(made.headers["Location"], headers=ADMIN).status_code == 200
    assert client.get("/api/v1/me", headers=own).status_code == 401
    assert client.delete(made.headers["Location"], headers=ADMIN).status_code == 200


def test_the_secret_is_in_one_answer_only(client: Client) -> None:
    made = make(client, name="Zapier")
    assert "token" not in client.get(made.headers["Location"], headers=ADMIN).json
    assert made.json["token"] not in client.get(TOKENS, headers=ADMIN).text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "x", "user_id": "a"}, "/user_id"),
        ({"name": "x", "expires_at": "2099-01-01"}, "/expires_at"),
        ({"name": "x", "expires_at": "0001-01-01T00:00:00+14:00"}, "/expires_at"),
        ({"name": "x", "hash": "mine"}, "/hash"),
    ],
)
def test_faults_are_named(client: Client, body: dict[str, Any], pointer: str) -> None:
    answer = make(client, **body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_unknown_users_and_tokens_are_not_found(client: Client) -> None:
    assert make(client, name="Nobody's", user_id=999).status_code == 404
    assert client.get(f"{TOKENS}/999", headers=ADMIN).status_code == 404


def test_nobody_revokes_the_token_that_they_call_with(client: Client) -> None:
    own = client.get("/api/v1/me", headers=ADMIN).json["token"]["id"]
    answer = client.delete(f"{TOKENS}/{own}", headers=ADMIN)
    assert (answer.status_code, answer.json["code"]) == (409, "own_token")
    assert client.get("/api/v1/me", headers=ADMIN).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_members_may_not(client: Client, token: Callable[[str], Mapping[str, str]], method: str) -> None:
    answer = client.open(TOKENS, method=method, json={"name": "x"}, headers=token("ana@example.test"))
    assert (answer.status_code, answer.json["code"]) == (403, "admins_only")


@pytest.mark.parametrize("scopes", [["fly"], [1], "act_as"])
def test_scopes_nobody_knows_are_refused(client: Client, scopes: object) -> None:
    answer = client.post("/api/v1/tokens", json={"name": "Website", "scopes": scopes}, headers=ADMIN)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"].startswith("/scopes")
