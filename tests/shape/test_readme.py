"""The README stays short, and its two commands are the real ones."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from tests.plugins.server import ADMIN_TOKEN
from tests.shape.source import ROOT, read

LINES = 120
SET_UP = "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt"


def commands() -> list[str]:
    """The commands of the README's `sh` blocks."""
    return [line for block in re.findall(r"```sh\n(.*?)```", read("README.md"), re.S) for line in block.splitlines()]


def test_readme_is_read_in_two_minutes() -> None:
    assert len(read("README.md").splitlines()) < LINES


@pytest.mark.parametrize("position, ending", [(0, "app.py"), (1, "-m pytest -q -n auto --dist worksteal")])
def test_two_commands_set_everything_up(position: int, ending: str) -> None:
    command = commands()[position]
    assert command.startswith(
        "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt && .venv/bin/python "
    )
    assert command.endswith(ending)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", read("README.md"))
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_example_answer_is_the_real_one(client: FlaskClient) -> None:
    example = next(line for line in commands() if line.startswith("curl"))
    path = re.findall(r"http://127.0.0.1:8000([^\"]+)", example)[0]
    told = json.loads(re.findall(r"```json\n(.*?)```", read("README.md"), re.S)[0])
    answer = client.get(path, headers={"X-API-KEY": ADMIN_TOKEN}).get_json()
    assert list(answer) == list(told)
    assert {**answer, "updated_at": None} == {**told, "updated_at": None}


def test_licence_is_apache() -> None:
    assert "Apache License" in read("LICENSE")
    assert "Version 2.0, January 2004" in read("LICENSE")
