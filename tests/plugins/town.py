"""Two server processes on one database, with two accounts in it that have custom fields of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import pytest
import requests

from connector.access import tokens
from connector.storage import open as open_store
from tests.plugins.desk import shipped
from tests.plugins.server import ADMIN_TOKEN, Live, running
from tests.plugins.stores import fresh_database

OTHER = 2
"""An account beside that of the demo world."""
FIELDS: tuple[dict[str, Any], ...] = (
    {"key": "size", "name": "Size", "name_fr": "Taille", "type": "choice", "choices": ["Small", "Large"]},
    {"key": "options", "name": "Options", "type": "multiple_choice", "choices": ["Blinds", "Doors, inside"]},
    {"key": "area", "name": "Roof Area", "type": "number"},
    {"key": "floors", "name": "Floors", "type": "integer"},
    {"key": "price", "name": "Price", "type": "money"},
    {"key": "urgent", "name": "Urgent", "type": "boolean"},
    {"key": "visit", "name": "Visit", "type": "date"},
    {"key": "call_at", "name": "Call At", "type": "datetime"},
    {"key": "code", "name": "Code", "type": "text"},
    {"key": "story", "name": "Story", "type": "long_text"},
    {"key": "second_email", "name": "Second E-mail", "type": "email"},
    {"key": "fax", "name": "Fax", "type": "phone"},
    {"key": "shop", "name": "Shop", "type": "url"},
)
VALUES: dict[str, Any] = {
    "size": "Large", "options": ["Blinds", "Doors, inside"], "area": 62.5, "floors": 2, "price": 155.34, "urgent": True,
    "visit": "2026-05-01", "call_at": "2026-05-01T08:00:00.000Z", "code": "Façade-7", "story": "A long one.",
    "second_email": "ana@home.example", "fax": "+33 1 44 55 66 77", "shop": "https://shop.example/x",
}  # fmt: skip
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """An administrator of an account, at one of the servers."""

    base: str
    headers: Mapping[str, str]

    def get(self, path: str, **query: Any) -> requests.Response:
        return requests.get(f"{self.base}{path}", query, headers=self.headers, timeout=20)

    def act(self, key: str, /, **body: Any) -> requests.Response:
        return requests.post(f"{self.base}/api/v1/actions/{key}", json=body, headers=self.headers, timeout=20)

    def lead(self, **body: Any) -> dict[str, Any]:
        return done(self.act("create_lead", title="A lead", **body))

    def ids(self, **query: Any) -> list[int]:
        return [row["id"] for row in self.get("/api/v1/leads", limit="200", **query).json()["data"]]

    def inputs(self, key: str = "create_lead") -> dict[str, Any]:
        return dict(self.get(f"/api/v1/catalog/actions/{key}").json()["input"]["properties"])


@dataclass(frozen=True)
class Town:
    """The same database behind two servers, and two accounts in it."""

    admin: Person
    """At the first server."""
    elsewhere: Person
    """The same, at the second server."""
    neighbour: Person
    """The admin of the other account, at the first server."""


def done(answer: requests.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def mistakes(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["pointer"]: error["code"] for error in answer.json()["errors"]}


def settle(live: Live) -> str:
    """Make the other account; its admin's token."""
    store = open_store(live.database_url)
    store.adopt(shipped())
    people = {"account": [{"id": OTHER, "name": "Neighbours"}], "user": [{
        "id": 1001, "login": "nel", "email": "nel@next.test", "is_admin": True, "is_active": True}]}  # fmt: skip
    basics = {"status": [{"id": 1001, "code": "todo", "title": "To Do", "kind": "open"}],
              "pipeline": [{"id": 1001, "name": "Sales", "is_default": True}],
              "step": [{"id": 1001, "name": "New", "pipeline_id": 1001, "position": 1}]}  # fmt: skip
    store.load({**people, **basics}, OTHER)
    secret, _ = tokens.issue(store, OTHER, 1001, "Next door")
    store.close()
    return secret


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    with ExitStack() as stack:
        url = f"sqlite:///{folders[0] / 'town.db'}"
        if request.param == "postgresql":
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        given = {
            "admin_token": ADMIN_TOKEN,
            "database_url": url,
            "outbound_allow": "127.0.0.0/8",
            "secret_key": "k" * 32,
        }
        first, second = (stack.enter_context(running(folder, **given)) for folder in folders)
        admin = Person(first.base, first.headers)
        for position, field in enumerate(FIELDS, 1):
            done(admin.act("create_custom_field", position=position, **field))
        neighbour = Person(first.base, {"X-API-KEY": settle(first)})
        yield Town(admin, replace(admin, base=second.base), neighbour)


def fresh(town: Town, kind: str = "text", **more: Any) -> dict[str, Any]:
    """A new field that no other test knows."""
    key = f"own_{next(_numbers)}"
    return done(town.admin.act("create_custom_field", key=key, name=f"Own {key}", type=kind, **more))
