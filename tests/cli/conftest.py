"""The command, run in this process against a database and a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import main

Leadwire = Callable[..., Result]


@pytest.fixture
def leadwire(tmp_path: Path) -> Leadwire:
    """`leadwire("token", "list")`, on a new SQLite database with the demo world."""
    (tmp_path / "schemas").mkdir()
    environ = {
        "LEADWIRE_DATABASE_URL": f"sqlite:///{tmp_path / 'leadwire.db'}",
        "LEADWIRE_SCHEMAS": str(tmp_path / "schemas"),
        "LEADWIRE_LOG_LEVEL": "ERROR",
    }

    def invoke(*arguments: object, exit_code: int = 0, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(main, [str(argument) for argument in arguments], env=environ, input=stdin)
        assert done.exit_code == exit_code, f"{done.output}\n{done.exception!r}"
        return done

    return invoke
