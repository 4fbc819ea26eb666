"""Clients of the front doors: of the SalesMan family (one address, a key, a login and a method), and of Oplead."""

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


@dataclass(frozen=True)
class Oplead:
    """Oplead's door of a live server, at one of its addresses, entered with one key."""

    live: Live
    root: str = ""
    key: str = ADMIN_TOKEN

    def ask(self, method: str, path: str, **sent: Any) -> requests.Response:
        """Any call."""
        headers = {"Authorization": f"Bearer {self.key}", **sent.pop("headers", {})}
        return requests.request(method, f"{self.live.base}{self.root}{path}", headers=headers, timeout=15, **sent)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """The body of a GET that works."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def made(self, **lead: Any) -> dict[str, Any]:
        """A new lead."""
        answer = self.ask("POST", "/leads", json={"lastname": "Dupont", **lead})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def ids(self, **query: Any) -> set[int]:
        """The ids of a list."""
        return {lead["id"] for lead in self.get("/leads", limit=200, **query)["data"]}

    def subscribed(self, event: str, url: str) -> dict[str, Any]:
        """A new subscription."""
        answer = self.ask("POST", "/subscriptions", json={"event": event, "url": url})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def as_user(self, user_id: int, **rights: Any) -> Oplead:
        """The same door, with a new key of that user."""
        body = {"name": "row", "user_id": user_id, **rights}
        answer = requests.post(f"{self.live.base}/api/v1/tokens", json=body, headers=self.live.headers, timeout=10)
        assert answer.status_code == 201, answer.text
        return replace(self, key=str(answer.json()["token"]))


@pytest.fixture(params=["", "/v1"], ids=["plain", "v1"])
def oplead(live: Live, request: pytest.FixtureRequest) -> Oplead:
    """Oplead's door at both addresses, with the administrator's key."""
    return Oplead(live, request.param)


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
