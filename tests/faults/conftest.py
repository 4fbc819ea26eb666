"""Databases that several processes may share, and houses on storages that break."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from connector.service import create_app, open_house
from connector.settings import Settings
from connector.web.house import House
from tests.plugins.posts import Post, housed
from tests.plugins.server import ADMIN, Client, loaded


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database on each shared storage in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'leadwire.db'}"
    address: str = request.getfixturevalue("postgres_database")
    return address


@dataclass(frozen=True)
class Site:
    """A house on a storage that is about to break: its client, and the post office that works for it."""

    house: House
    client: Client
    post: Post

    def act(self, key: str = "create_lead", **given: Any) -> Any:
        """Call an action as the administrator."""
        return self.client.post(f"/api/v1/actions/{key}", json=given or {"title": "x"}, headers=ADMIN)

    def polled(self) -> list[int]:
        """The leads that the feed of new ones tells."""
        found = self.client.get("/api/v1/triggers/new_lead?limit=1000", headers=ADMIN)
        assert found.status_code == 200, found.text
        return sorted(item["lead_id"] for item in found.get_json()["data"])


Build = Callable[[str], Site]


@pytest.fixture
def build(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Build]:
    """Opens houses on the storage at an address; they are closed after the test."""
    monkeypatch.setattr("connector.service.load", lambda folders, **options: loaded(tuple(folders), **options))
    made: list[Site] = []

    def open_at(url: str) -> Site:
        house = open_house(replace(settings, database_url=url, secret_key="key of the tests"))
        made.append(Site(house, create_app(house=house).test_client(), housed(house)))
        return made[-1]

    yield open_at
    for site in made:
        site.post.rest()
        site.house.close()
