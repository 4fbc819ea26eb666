"""A served demo world to fuzz, on each storage, opened once per module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from connector.service import create_app
from connector.settings import load
from connector.web.house import EXTENSION, House
from tests.plugins.server import UNLIMITED
from tests.plugins.stores import KINDS, fresh_database

TOKEN = "lw_fuzz"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True)
class Served:
    """The app, a client that is the admin, and the house behind it."""

    app: Flask
    client: FlaskClient
    house: House

    @property
    def newest(self) -> int:
        """The number of the last event: it moves with anything that is stored."""
        return self.house.store.feed(1).newest


def serve(url: str) -> Iterator[Served]:
    """Serve a new demo world at that database address."""
    given = {"admin_token": TOKEN, "database_url": url, "worker": "false", **UNLIMITED}
    app = create_app(load({f"LEADWIRE_{name.upper()}": value for name, value in given.items()}))
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = HEADERS["Authorization"]
    house: House = app.extensions[EXTENSION]
    yield Served(app, client, house)
    house.close()


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo world on SQLite."""
    yield from serve(f"sqlite:///{tmp_path_factory.mktemp('fuzz') / 'leadwire.db'}")


@pytest.fixture(scope="module")
def on_memory() -> Iterator[Served]:
    """A demo world in memory."""
    yield from serve("memory:")


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[Served]:
    """A demo world on PostgreSQL, in a database of its own."""
    with fresh_database(postgres_url) as url:
        yield from serve(url)


@pytest.fixture(params=KINDS)
def served(request: pytest.FixtureRequest) -> Served:
    """A demo world on each storage in turn."""
    found: Served = request.getfixturevalue(f"on_{request.param}")
    return found
