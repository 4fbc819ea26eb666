"""What the documentation says to type is typed here."""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector.settings import Settings
from tests.cli.conftest import Leadwire
from tests.plugins.server import ADMIN_TOKEN
from tests.shape.source import files, name, read

PAGES = files("connector/docs", suffix=".md")
SAID = {"$T": ADMIN_TOKEN}
"""What stands for the key of the first administrator."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Lead ads are set up, as the documentation says."""
    return replace(settings, meta_app_secret="app-secret", meta_verify_token="verify-me")


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


@pytest.mark.parametrize("page", [page for page in PAGES if typed(page, "curl")], ids=name)
def test_documented_calls_are_answered_in_their_order(client: FlaskClient, page: Path) -> None:
    said, refused = dict(SAID), {}
    for line in typed(page, "curl"):
        found = answer(client, line, said)
        if found.status_code not in (200, 201):
            refused[line] = found.text
        elif url := (found.get_json(silent=True) or {}).get("url"):
            said.setdefault("$F", url.replace("http://localhost", "http://127.0.0.1:8000"))
    assert not refused


ANSWERS = [
    (page, calls, told)
    for page in PAGES
    for calls, told in re.findall(r"```sh\n([^`]*^curl [^`]*)```\n\n```json\n(.*?)```", page.read_text(), re.S | re.M)
]


@pytest.mark.parametrize("page, calls, told", ANSWERS, ids=[name(page) for page, _, _ in ANSWERS])
def test_documented_answers_are_the_real_ones(client: FlaskClient, page: Path, calls: str, told: str) -> None:
    assert answer(client, calls.splitlines()[-1]).get_json() == json.loads(told)


CURL = ArgumentParser()
for option in ("-H", "-d", "-F", "-u", "--json"):
    CURL.add_argument(option, action="append", default=[])
CURL.add_argument("-X")
CURL.add_argument("url")


def answer(client: FlaskClient, line: str, said: Mapping[str, str] = SAID) -> TestResponse:
    """What the documented call is answered, each variable being what was said of it."""
    for variable, value in said.items():
        line = line.replace(variable, value)
    call = CURL.parse_args(shlex.split(line)[1:])
    headers = dict(header.split(": ", 1) for header in call.H)
    for pair in call.u:
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    parts: dict[str, Any] = {}
    for field, _, value in (part.partition("=") for part in call.F):
        parts[field] = (BytesIO(b"%PDF-1.7"), value[1:]) if value.startswith("@") else value
    body: Any = parts or "".join(call.json) or "&".join(call.d) or None
    kind = "application/x-www-form-urlencoded" if call.d else "multipart/form-data" if parts else "application/json"
    method, path = call.X or ("POST" if body else "GET"), call.url.removeprefix("http://127.0.0.1:8000")
    return client.open(path, method=method, headers=headers, data=body, content_type=body and kind)


@pytest.mark.parametrize("command", re.findall(r"^\| `leadwire ([a-z ]+)`", read("connector/docs/cli.md"), re.M))
def test_documented_commands_exist(leadwire: Leadwire, command: str) -> None:
    assert "Usage: " in leadwire(*command.split(), "--help").output
