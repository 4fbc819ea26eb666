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
    app = create_app(load({"LEADWIRE_DATABASE_URL": url, "LEADWIRE_ADMIN_TOKEN": TOKEN}))
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = HEADERS["Authorization"]
    house: House = app.extensions[EXTENSION]
    yield Served(app, client, house)
    house.store.close()


@pytest.fixture(scope="module")
def served(url: str) -> Iterator[Served]:
    """A demo world on the storage under test."""
    yield from serve(url)
