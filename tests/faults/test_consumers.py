"""Fault cases 33, 34 and 36: a backup older than its consumers, an erased event, a poller that dies with its page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import Build, Site
from tests.plugins.server import ADMIN
from tests.plugins.stores import fresh_database

FEED = "/api/v1/triggers/new_lead"


def page(site: Site, cursor: str = "", **asked: Any) -> Any:
    """A page of the feed of new leads."""
    return site.client.get(FEED, query_string={"after": cursor, **asked} if cursor else asked, headers=ADMIN)


def leads(site: Site, count: int) -> None:
    for _ in range(count):
        assert site.act().status_code == 201


@pytest.fixture(params=["sqlite", "postgres"])
def restored(request: pytest.FixtureRequest, build: Build, tmp_path: Path) -> Iterator[tuple[str, Site]]:
    """A cursor of a database that went on after its backup, and the house on that backup."""
    if request.param == "sqlite":
        site = build(f"sqlite:///{tmp_path / 'live.db'}")
        leads(site, 2)
        with (
            closing(sqlite3.connect(tmp_path / "live.db")) as live,
            closing(sqlite3.connect(tmp_path / "copy.db")) as to,
        ):
            live.backup(to)
        yield newest(site), build(f"sqlite:///{tmp_path / 'copy.db'}")
        return
    url = request.getfixturevalue("postgres_database")
    site = build(url)
    leads(site, 2)
    # PostgreSQL copies a database that nobody is connected to.
    site.house.store.close()
    name = urlsplit(url).path.strip("/")
    with fresh_database(request.getfixturevalue("postgres_url"), like=name) as copy:
        yield newest(build(url)), build(copy)


def newest(site: Site) -> str:
    leads(site, 3)
    cursor: str = page(site).get_json()["cursor"]
    return cursor


def test_33_a_cursor_beyond_a_restored_backup_is_told_so(restored: tuple[str, Site]) -> None:
    cursor, site = restored
    told = page(site, cursor)
    assert (told.status_code, told.get_json()["code"]) == (409, "cursor_reset")
    again = page(site).get_json()
    assert len(again["data"]) == 2
    leads(site, 1)
    assert len(page(site, again["cursor"]).get_json()["data"]) == 1


@pytest.fixture
def site(url: str, build: Build) -> Site:
    return build(url)


def test_34_the_number_of_an_erased_event_is_never_used_again(site: Site) -> None:
    leads(site, 3)
    before = page(site).get_json()
    site.house.store.forget("9999-01-01T00:00:00.000Z")
    assert page(site).get_json()["data"] == []
    leads(site, 1)
    after = page(site, before["cursor"]).get_json()
    assert [item["id"] for item in after["data"]] == [before["data"][0]["id"] + 1]


def test_36_a_poller_that_lost_its_page_gets_the_same_one_again(site: Site) -> None:
    start = page(site).get_json()["cursor"]
    leads(site, 5)
    first = page(site, start, limit=3).get_json()
    leads(site, 1)
    again = page(site, start, limit=3).get_json()
    assert again == first
    rest = page(site, first["cursor"]).get_json()["data"]
    assert [item["id"] for item in (*first["data"], *rest)] == list(range(1, 7))
