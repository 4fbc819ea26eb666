"""Leadwire served: in this process for quick tests, and as a real server process on a free port for the rows."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.access import tokens
from connector.catalog.load import SHIPPED
from connector.catalog.load import load as load_catalog
from connector.catalog.model import Catalog
from connector.service import create_app, open_house
from connector.settings import Settings, load
from connector.web.house import House
from tests.plugins.ports import free_port
from tests.plugins.stores import fresh_database

ROOT = Path(__file__).parents[2]
ADMIN_TOKEN = "lw_the_first_admin_of_the_tests"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
Client = Any
"""A Flask test client, whose answers are read as JSON without asking first whether they are."""
OUTPUT = "output.txt"
UNLIMITED = {"rate_limit": "0", "wrong_tokens": "0", "form_limit": "0", "form_address_limit": "0"}
"""Tests ask faster than people do; those of the limits say otherwise."""
PATIENCE = 45.0
"""Seconds to wait for a server process or for the watch to see a file."""


def until(met: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """The first true answer of `met`, or its last one when patience ends."""
    end = time.monotonic() + patience
    while not (answer := met()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a fresh house in memory, with a folder for declarations of its own, where a test makes one."""
    return load(
        {
            "LEADWIRE_DATABASE_URL": "memory:",
            "LEADWIRE_SCHEMAS": str(tmp_path / "schemas"),
            "LEADWIRE_ATTACHMENTS": str(tmp_path / "attachments"),
            "LEADWIRE_ADMIN_TOKEN": ADMIN_TOKEN,
            **{f"LEADWIRE_{name.upper()}": value for name, value in UNLIMITED.items()},
        }
    )


@functools.cache
def loaded(folders: tuple[Path, ...], **options: bool) -> Catalog:
    """Catalogs are immutable, so tests on the same files share one."""
    return load_catalog(folders, **options)


@pytest.fixture
def house(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An opened house with the demo world in it."""
    monkeypatch.setattr("connector.service.load", lambda folders, **options: loaded(tuple(folders), **options))
    opened = open_house(settings)
    yield opened
    opened.close()


@pytest.fixture
def client(house: House) -> Client:
    """A client of the house that carries no token of itself."""
    return create_app(house=house).test_client()


@pytest.fixture
def token(house: House) -> Callable[[str], Mapping[str, str]]:
    """Headers with a new token of the user with that e-mail address."""

    def headers(email: str) -> Mapping[str, str]:
        user = next(user for user in house.catalog.world["user"] if user["email"] == email)
        secret, _ = tokens.issue(house.store, 1, user["id"], "test")
        return {"Authorization": f"Bearer {secret}"}

    return headers


@dataclass(frozen=True)
class Live:
    """A server process, and short words for what the rows ask of it."""

    base: str
    folder: Path
    headers: Mapping[str, str]
    pid: int
    database_url: str

    def simple(self, lead: int, path: str) -> requests.Response:
        """GET of the simplified API."""
        return requests.get(f"{self.base}/api/simple/leads/{lead}/{path}", headers=self.headers, timeout=10)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """GET of the native API."""
        answer = requests.get(f"{self.base}/api/v1/{path}", query, headers=self.headers, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def document(self) -> dict[str, Any]:
        """The OpenAPI document that it serves."""
        return dict(requests.get(f"{self.base}/openapi.json", timeout=10).json())

    def lead(self, **fields: Any) -> int:
        """The id of a new lead, owned by the admin."""
        body = {"title": "A row's lead", "user_id": 1, **fields}
        answer = requests.post(f"{self.base}/api/v1/actions/create_lead", json=body, headers=self.headers, timeout=10)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def read(self, lead: int) -> dict[str, Any]:
        """The lead, by a request of its own."""
        return self.get(f"leads/{lead}")

    def mails(self, lead: int) -> list[dict[str, Any]]:
        """The e-mails of a lead."""
        return list(self.get("emails", lead_id=lead)["data"])

    def ids(self) -> dict[str, Any]:
        """The page of ids."""
        answer = requests.get(f"{self.base}/api/simple/ids", headers=self.headers, timeout=10)
        return dict(answer.json())

    def steps(self, pipeline: int = 0) -> list[dict[str, Any]]:
        """The steps of the account's n-th pipeline, in order."""
        found = self.ids()
        wanted = found["pipelines"][pipeline]["id"]
        return sorted(
            (step for step in found["steps"] if step["pipeline_id"] == wanted), key=lambda step: step["position"]
        )

    def member(self) -> dict[str, Any]:
        """An active user who is no admin."""
        return next(user for user in self.ids()["users"] if user["is_active"] and not user["is_admin"])

    def sender(self, *, connected: bool = True) -> dict[str, Any]:
        """An active user who has, or has not, a connected mailbox."""
        boxes = {box["user_id"] for box in loaded((SHIPPED,)).world["mailbox"] if box["state"] == "connected"}
        return next(user for user in self.ids()["users"] if user["is_active"] and (user["id"] in boxes) == connected)

    def declare(self, key: str, effect: Mapping[str, Any]) -> None:
        """Drop a new action on leads into the server's own folder."""
        folder = self.folder / "schemas" / "actions" / "lead"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{key}.json").write_text(json.dumps(declaration(key, effect)))

    def withdraw(self, key: str) -> None:
        """Take that action away again."""
        (self.folder / "schemas" / "actions" / "lead" / f"{key}.json").unlink()


def declaration(key: str, effect: Mapping[str, Any]) -> dict[str, Any]:
    """A small action file on a lead."""
    return {
        "$schema": "../../meta/action.schema.json",
        "key": key,
        "on": "lead",
        "path": key,
        "title": "File Lead",
        "description": "Files a lead away.",
        "input": {"type": "object", "properties": {}},
        "do": [effect],
        "returns": "lead",
        "examples": [{"name": "files it"}],
    }


@contextmanager
def launched(folder: Path, **given: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`python app.py` in that folder with those settings and no others, and where it will answer; ended by SIGTERM."""
    port = free_port()
    plain = {name: value for name, value in os.environ.items() if not name.startswith("LEADWIRE_")}
    asked = UNLIMITED | given | {"port": str(port)}
    environ = plain | {f"LEADWIRE_{name.upper()}": value for name, value in asked.items()}
    with (folder / OUTPUT).open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py")], env=environ, cwd=folder, stdout=output, stderr=output
        )
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@contextmanager
def running(folder: Path, **given: str) -> Iterator[Live]:
    """The same from its first answer to its end."""
    with launched(folder, **given) as (process, base):
        assert until(lambda: process.poll() is not None or answers(base)) and process.poll() is None, said(folder)
        url = given.get("database_url", f"sqlite:///{folder / 'leadwire.db'}")
        yield Live(base, folder, {"X-API-KEY": given.get("admin_token", "")}, process.pid, url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A server process with the demo world, on each storage that several processes can share.

    A test module may name settings of its own as SERVED_WITH.
    """
    settings = getattr(request.module, "SERVED_WITH", {})
    with on_storage(request, tmp_path_factory.mktemp("live"), **settings) as served:
        yield served


@contextmanager
def on_storage(request: pytest.FixtureRequest, folder: Path, **settings: str) -> Iterator[Live]:
    """A server process with the demo world and those settings, on the storage that the fixture's parameter names."""
    with ExitStack() as stack:
        given = {"admin_token": ADMIN_TOKEN, **settings}
        if request.param == "postgresql":
            given["database_url"] = stack.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        yield stack.enter_context(running(folder, **given))


def said(folder: Path) -> str:
    """What the server process printed."""
    return (folder / OUTPUT).read_text()


def answers(base: str) -> bool:
    """Whether the server answers by now."""
    try:
        return "catalog" in requests.get(f"{base}/readyz", timeout=5).json()
    except (requests.ConnectionError, requests.JSONDecodeError):
        return False
