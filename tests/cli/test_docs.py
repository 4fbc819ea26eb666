"""What the documentation says to type is typed here."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.cli.conftest import Leadwire
from tests.plugins.server import ADMIN_TOKEN
from tests.shape.source import files, name, read

PAGES = files("connector/docs", suffix=".md")
SAMPLE = Path(__file__).parents[1] / "data" / "leads.csv"


def typed(page: Path, program: str) -> list[str]:
    """The lines of the page's `sh` blocks that call this program."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith(f"{program} ")]


@pytest.mark.parametrize("page", [page for page in PAGES if typed(page, "leadwire")], ids=name)
def test_documented_commands_run_in_their_order(
    leadwire: Leadwire, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leads.csv").write_bytes(SAMPLE.read_bytes())
    for line in typed(page, "leadwire"):
        leadwire(*shlex.split(line)[1:])


CALLS = [(page, line) for page in PAGES for line in typed(page, "curl")]


@pytest.mark.parametrize("page, line", CALLS, ids=[name(page) for page, _ in CALLS])
def test_documented_calls_are_answered(client: FlaskClient, page: Path, line: str) -> None:
    assert answer(client, line).status_code == 200


ANSWERS = [
    (page, calls, told)
    for page in PAGES
    for calls, told in re.findall(r"```sh\n([^`]*^curl [^`]*)```\n\n```json\n(.*?)```", page.read_text(), re.S | re.M)
]


@pytest.mark.parametrize("page, calls, told", ANSWERS, ids=[name(page) for page, _, _ in ANSWERS])
def test_documented_answers_are_the_real_ones(client: FlaskClient, page: Path, calls: str, told: str) -> None:
    assert answer(client, calls.splitlines()[-1]).get_json() == json.loads(told)


def answer(client: FlaskClient, line: str) -> TestResponse:
    """What the documented call is answered, `$T` being the first administrator's key."""
    (path,) = re.findall(r"http://127.0.0.1:8000([^\"]+)", line)
    return client.get(path.replace("$T", ADMIN_TOKEN), headers={"X-API-KEY": ADMIN_TOKEN})


@pytest.mark.parametrize("command", re.findall(r"^\| `leadwire ([a-z ]+)`", read("connector/docs/cli.md"), re.M))
def test_documented_commands_exist(leadwire: Leadwire, command: str) -> None:
    assert "Usage: " in leadwire(*command.split(), "--help").output
