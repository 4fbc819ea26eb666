"""Settings on the command line, and what is shown of them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from connector.cli import main
from connector.settings import TABLE, Setting


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_every_setting_is_an_option_of_serve(setting: Setting) -> None:
    assert setting.variable in CliRunner().invoke(main, ["serve", "--help"]).output


def shown(*arguments: str, **environ: str) -> str:
    done = CliRunner().invoke(main, ["config", "show", *arguments], env=environ)
    assert done.exit_code == 0, done.output
    return done.output


def test_options_win_over_the_environment() -> None:
    assert "9001" in shown("--port", "9001", LEADWIRE_PORT="9002")


def test_secrets_are_hidden() -> None:
    told = shown(LEADWIRE_ADMIN_TOKEN="lw_secret", LEADWIRE_DATABASE_URL="postgresql://ada:p:a@ss@db/leads")
    assert "lw_secret" not in told
    assert "postgresql://ada:********@db/leads" in told


def test_a_setting_that_cannot_be_read_is_named() -> None:
    done = CliRunner().invoke(main, ["config", "show", "--port", "many"])
    assert done.exit_code == 2
    assert "LEADWIRE_PORT='many' is not a whole number" in done.output


@pytest.mark.parametrize("command", ["upgrade", "demo"])
def test_a_storage_that_does_not_exist_is_refused_with_those_that_do(command: str) -> None:
    done = CliRunner().invoke(main, [command, "--database-url", "mongo://nowhere"])
    assert done.exit_code == 2
    assert "sqlite" in done.output
