"""Lint warns of what the platforms will not take, and the shipped files give no cause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.lint import lint
from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog

Files = dict[str, Any]
Write = Callable[[Path, Files], Path]
RENAME, LEAD = "actions/lead/rename.json", "entities/lead.json"

WARNINGS: list[tuple[str, str, Any, str, str]] = [
    (RENAME, "title", "Rename lead", "/title", "is not in Title Case"),
    (RENAME, "description", "This action renames.", "/description", "begins with a verb"),
    (RENAME, "description", "Renames a lead", "/description", "full stop"),
    (RENAME, "x-title", {"fr": "Renommer"}, "/x-title", "not translated into ru"),
    ("triggers/renamed.json", "description", "When a lead is renamed.", "/description", "'Triggers when"),
    ("searches/find_lead.json", "description", "Searches leads.", "/description", "'Finds"),
]


@pytest.mark.parametrize(("file", "key", "value", "pointer", "reason"), WARNINGS)
def test_a_text_the_platforms_refuse_is_reported(
    folder: Path, small: Files, write_files: Write, file: str, key: str, value: Any, pointer: str, reason: str
) -> None:
    write_files(folder, {file: {**small[file], key: value}})
    found = [problem for problem in lint(load([folder])) if problem.file == file and problem.pointer == pointer]
    assert [problem for problem in found if reason in problem.reason]


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "integer"}, "an integer needs a 'maximum'"),
        ({"type": "string"}, "a text needs a 'maxLength'"),
        ({"type": "array", "items": {"type": "string"}}, "a text needs a 'maxLength'"),
    ],
)
def test_an_input_without_bounds_is_reported(
    folder: Path, small: Files, write_files: Write, schema: dict[str, Any], reason: str
) -> None:
    small[RENAME]["input"]["properties"]["extra"] = schema
    reasons = [problem.reason for problem in lint(load([write_files(folder, small)]))]
    assert reason in reasons


def test_an_id_without_a_reference_is_reported(folder: Path, small: Files, write_files: Write) -> None:
    small[RENAME]["input"]["properties"]["boss_id"] = {"type": "integer", "maximum": 9}
    [problem] = [p for p in lint(load([write_files(folder, small)])) if p.pointer.endswith("/boss_id")]
    assert problem.reason == "an id that is no 'x-ref' has no drop-down"


def test_a_file_that_is_not_read_is_reported(folder: Path, write_files: Write) -> None:
    write_files(folder, {"actions/lead/archive.jsn": "{}"})
    assert "actions/lead/archive.jsn" in [problem.file for problem in lint(load([folder]), [folder])]


def test_the_shipped_files_are_clean(shipped: Catalog) -> None:
    assert lint(shipped, [SHIPPED]) == []
