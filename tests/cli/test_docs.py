"""What the documentation says to type is typed here."""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser
from io import BytesIO
from pathlib import Path
from typing import Any

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
    assert answer(client, line).status_code in (200, 201)


ANSWERS = [
    (page, calls, told)
    for page in PAGES
    for calls, told in re.findall(r"```sh\n([^`]*^curl [^`]*)```\n\n```json\n(.*?)```", page.read_text(), re.S | re.M)
]


@pytest.mark.parametrize("page, calls, told", ANSWERS, ids=[name(page) for page, _, _ in ANSWERS])
def test_documented_answers_are_the_real_ones(client: FlaskClient, page: Path, calls: str, told: str) -> None:
    assert answer(client, calls.splitlines()[-1]).get_json() == json.loads(told)


CURL = ArgumentParser()
for option in ("-H", "-d", "-F"):
    CURL.add_argument(option, action="append", default=[])
CURL.add_argument("-X")
CURL.add_argument("url")


def answer(client: FlaskClient, line: str) -> TestResponse:
    """What the documented call is answered, `$T` being the first administrator's key."""
    call = CURL.parse_args(shlex.split(line.replace("$T", ADMIN_TOKEN))[1:])
    headers = [tuple(header.split(": ", 1)) for header in call.H]
    parts: dict[str, Any] = {}
    for field, _, value in (part.partition("=") for part in call.F):
        parts[field] = (BytesIO(b"%PDF-1.7"), value[1:]) if value.startswith("@") else value
    body: Any = parts or "&".join(call.d) or None
    kind = None if body is None else "multipart/form-data" if parts else "application/x-www-form-urlencoded"
    method, path = call.X or ("POST" if body else "GET"), call.url.removeprefix("http://127.0.0.1:8000")
    return client.open(path, method=method, headers=headers, data=body, content_type=kind)


@pytest.mark.parametrize("command", re.findall(r"^\| `leadwire ([a-z ]+)`", read("connector/docs/cli.md"), re.M))
def test_documented_commands_exist(leadwire: Leadwire, command: str) -> None:
    assert "Usage: " in leadwire(*command.split(), "--help").output
