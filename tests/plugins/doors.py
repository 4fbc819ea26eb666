"""Clients of the SalesMan family of doors: one address, a key, a login and a method."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from connector.storage import open as open_store
from connector.storage.contract import Query, Scope
from tests.plugins.desk import shipped
from tests.plugins.server import ADMIN_TOKEN, Live

Outbox = Callable[[str], list[str]]


@dataclass(frozen=True)
class Door:
    """One such door of a live server, entered as one user."""

    live: Live
    path: str
    login: str = "ada"
    key: str = ADMIN_TOKEN

    def ask(self, action: str, **given: Any) -> requests.Response:
        """GET with everything in the address."""
        query = {"login": self.login, "apikey": self.key, "action": action, **given}
        return requests.get(f"{self.live.base}{self.path}", query, timeout=10)

    def __call__(self, action: str, **given: Any) -> dict[str, Any]:
        """The body of a call that works."""
        answer = self.ask(action, **given)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, action: str, **given: Any) -> str:
        """The number of an error, which is the HTTP status too, in a body of exactly the known shape."""
        answer = self.ask(action, **given)
        body = answer.json()
        error = body["error"]
        assert body == {"result": "Error", "error": {"code": str(answer.status_code), "text": error["text"]}}
        assert error["text"]
        return str(error["code"])

    def as_user(self, login: str, key: str = ADMIN_TOKEN) -> Door:
        """The same door, entered as somebody else."""
        return replace(self, login=login, key=key)

    def act(self, action: str, **body: Any) -> dict[str, Any]:
        """An action of the native API, as the administrator."""
        address = f"{self.live.base}/api/v1/actions/{action}"
        answer = requests.post(address, json=body, headers=self.live.headers, timeout=60)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())


@pytest.fixture
def leads(live: Live) -> Door:
    """SalesMan's leads."""
    return Door(live, "/developer/v1/leads")


@pytest.fixture(params=["/api/v1/task", "/developer/v1/task"])
def task(live: Live, request: pytest.FixtureRequest) -> Door:
    """Yoolla's reminders, at both addresses."""
    return Door(live, request.param)


@pytest.fixture
def account_key(live: Live) -> Callable[[], str]:
    """A maker of account keys that belong to a user without any other rights."""

    def make() -> str:
        body = {"name": "website", "user_id": 4, "scopes": ["read", "act", "act_as"]}
        answer = requests.post(f"{live.base}/api/v1/tokens", json=body, headers=live.headers, timeout=10)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    return make


@pytest.fixture
def outbox(live: Live) -> Iterator[Outbox]:
    """Tells to whom the server has mail in its outbox that speaks of something."""
    store = open_store(live.database_url)
    store.adopt(shipped())

    def told(word: str) -> list[str]:
        rows = store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity="outbox")))
        return [row["body"]["to"] for row in rows if row["kind"] == "notice" and word in row["body"]["subject"]]

    yield told
    store.close()
