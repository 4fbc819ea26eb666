"""Who sees and does what, for every route that the server has: a new route is in here by being there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from connector.access import tokens
from connector.engine.world import TIME
from connector.service import create_app
from connector.storage.contract import Scope
from connector.web.house import House
from tests.plugins.server import ADMIN, ADMIN_TOKEN, Client

MARK = "Seen-by-Boris-alone"
OWNER, OTHER = 3, 2
"""The user whose records are looked for, and the one who looks; neither is an admin."""
OPEN = {"/healthz", "/readyz", "/.well-known/security.txt", "/openapi.json", "/docs/api", "/documentation"}
"""Routes for everybody."""
CAPABLE = ("/api/v1/hooks/", "/in/forms/", "/in/meta")
"""Addresses that nobody can guess, or whose bodies are signed, are their own key."""
NOWHERE = {"no_such_address", "method_not_allowed"}
"""What an address answers that does nothing for anybody."""
WRONG_KEY = {"result": "Error", "error": {"code": "400", "text": "Не верный API key"}}
"""How the doors of the SalesMan family refuse whatever key is not good, as their originals do."""
PLAIN = {"title": MARK, "user_id": OWNER, "email": "boris@alone.test", "description": MARK}


@dataclass(frozen=True)
class Ground:
    """A house with marked records of one user, and every call that its routes allow to try on them."""

    client: Client
    house: House
    lead: int
    calls: tuple[tuple[str, str], ...]

    def tried(self, headers: Mapping[str, str], **options: Any) -> Iterator[tuple[str, str, Any]]:
        """Every call with these headers, and its answer."""
        for method, path in self.calls:
            row = {"lead_id": self.lead}
            body: dict[str, Any] = {"rows": [row]} if path.endswith("/batch") else row
            more: dict[str, Any] = {} if method == "GET" else {"json": body}
            yield method, path, self.client.open(path, method=method, headers=headers, **more, **options)

    def newest(self) -> int:
        """How far the account's log has come."""
        return self.house.store.feed(1).newest

    def headers(self, user: int = 1, account: int = 1, **rights: Any) -> Mapping[str, str]:
        """Headers with a new token."""
        return {"X-API-KEY": tokens.issue(self.house.store, account, user, "test", **rights)[0]}


@pytest.fixture
def ground(house: House) -> Ground:
    app = create_app(house=house)
    client = app.test_client()
    lead = read(client.post("/api/v1/actions/create_lead", json=PLAIN, headers=ADMIN))["id"]
    for key, body in (("add_activity", {"content": MARK}), ("create_task", {"title": MARK, "user_id": OWNER})):
        client.post(f"/api/v1/actions/{key}", json={"lead_id": lead, **body}, headers=ADMIN)
    every = {call for rule in app.url_map.iter_rules() for call in called(house, rule, lead)}
    calls = sorted(every, key=lambda call: (not call[1].startswith("/api/v1/"), call[0] != "GET", call))
    return Ground(client, house, lead, tuple(calls))


def read(answer: Any) -> Any:
    return answer.json


def called(house: House, rule: Rule, lead: int) -> Iterator[tuple[str, str]]:
    """Each method of a route, at addresses that lead to the marked records."""
    paths = [rule.rule]
    for name, values in fillings(house, rule.rule, lead).items():
        paths = [path.replace(mark, value) for path in paths for mark in marks(path, name) for value in values]
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
        yield from ((method, path) for path in paths)


def marks(path: str, name: str) -> list[str]:
    return [mark for mark in (f"<{name}>", f"<path:{name}>") if mark in path] or ["<>"]


def fillings(house: House, rule: str, lead: int) -> dict[str, list[str]]:
    """What stands in each blank of a route: every key of its kind; else the number of the marked lead."""
    catalog = house.catalog
    names = [part.strip("<>").rpartition(":")[2] for part in rule.split("/") if part.startswith("<")]
    kinds = {"actions": catalog.actions, "triggers": catalog.triggers, "searches": catalog.searches}
    keys = next((list(kinds[kind]) for kind in kinds if f"/{kind}/" in rule), list(catalog.entities))
    known = {
        "key": keys,
        "plural": [entity.plural for entity in catalog.entities.values() if entity.public],
        "path": [action.path for action in catalog.actions.values() if action.on == "lead"],
        "kind": ["entities"],
    }
    return {name: known.get(name, [str(lead)]) for name in names}


def test_the_routes_lead_to_the_records_that_are_looked_for(ground: Ground) -> None:
    found = {path for _, path, answer in ground.tried(ground.headers(OWNER)) if MARK in answer.text}
    assert {f"/api/v1/leads/{ground.lead}", "/api/v1/leads", "/api/v1/triggers/new_lead"} <= found
    assert len(ground.calls) > 100


@pytest.mark.parametrize("kind", ["none", "wrong", "revoked", "expired", "address"])
def test_without_a_good_token_nothing_is_seen_or_done(ground: Ground, kind: str) -> None:
    before = ground.newest()
    headers = bad(ground, kind)
    status = 403 if kind == "address" else 401
    for method, path, answer in ground.tried(headers):
        if path not in OPEN and not path.startswith(CAPABLE) and not nowhere(answer):
            assert answer.status_code in (status, 405) or answer.json == WRONG_KEY, f"{method} {path}: {answer.text}"
        assert MARK not in answer.text
    assert ground.newest() == before


def nowhere(answer: TestResponse) -> bool:
    told = answer.get_json(silent=True) or {}
    return bool(NOWHERE & {told.get("code"), told.get("type")})


def bad(ground: Ground, kind: str) -> Mapping[str, str]:
    if kind == "revoked":
        secret, row = tokens.issue(ground.house.store, 1, 1, "test")
        tokens.revoke(ground.house.store, 1, row["id"])
        return {"X-API-KEY": secret}
    if kind == "wrong":
        return {"X-API-KEY": ADMIN_TOKEN + "x"}
    if kind == "expired":
        return ground.headers(expires_at=TIME)
    return {} if kind == "none" else ground.headers(allowed_ips=["10.0.0.0/8"])


@pytest.mark.parametrize("who", ["other user", "other account"])
def test_what_belongs_to_somebody_else_is_neither_seen_nor_changed(ground: Ground, who: str) -> None:
    headers = ground.headers(OTHER) if who == "other user" else ground.headers(foreigner(ground.house), 2)
    before = leads(ground)
    for method, path, answer in ground.tried(headers):
        assert MARK not in answer.text, f"{method} {path} shows it"
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"
    assert leads(ground) == before


def leads(ground: Ground) -> Any:
    paths = (f"leads/{ground.lead}", f"activities?lead_id={ground.lead}", f"tasks?lead_id={ground.lead}")
    return [ground.client.get(f"/api/v1/{path}", headers=ADMIN).json for path in paths]


def foreigner(house: House) -> int:
    """The admin of a second account."""
    times = {"created_at": TIME, "updated_at": TIME}
    account = {"id": 2, "name": "Other", "time_zone": "UTC", "locale": "en", "currency": "EUR", **times}
    admin = {"id": 900, "login": "x", "email": "x@other.test", "is_admin": True, "is_active": True, **times}
    house.store.load({"account": [account], "user": [admin]}, 2)
    assert house.store.read(Scope(account_id=2), lambda tx: tx.get("user", 900))
    return 900


def test_a_token_that_only_reads_changes_nothing(ground: Ground) -> None:
    before = ground.newest()
    for method, path, answer in ground.tried(ground.headers(scopes=["read"])):
        if method != "GET" and path.startswith("/api/v1/actions/") and not path.endswith("/batch"):
            assert answer.status_code in (403, 405), f"{method} {path}: {answer.text}"
        assert answer.status_code < 500
    assert ground.newest() == before
