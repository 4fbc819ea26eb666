"""Databases that several processes may share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database on each shared storage in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'leadwire.db'}"
    address: str = request.getfixturevalue("postgres_database")
    return address
