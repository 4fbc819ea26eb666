"""A small catalog of two entities, one action, one trigger and one search, to be broken in one place at a time."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog

Files = dict[str, Any]

SMALL: Files = {
    "entities/user.json": {
        "key": "user",
        "plural": "users",
        "title": "User",
        "label": "{{ it.email }}",
        "fields": {"properties": {"email": {"type": "string", "maxLength": 254}, "is_active": {"type": "boolean"}}},
    },
    "entities/lead.json": {
        "key": "lead",
        "plural": "leads",
        "title": "Lead",
        "owner": "user_id",
        "label": "{{ it.title }}",
        "fields": {
            "required": ["title"],
            "properties": {
                "title": {"type": "string", "maxLength": 255},
                "amount": {"type": "number", "x-money": True},
                "tags": {"type": "array", "items": {"type": "string", "maxLength": 64}},
                "user_id": {"x-ref": {"to": "user", "by": ["id", "email"]}, "x-show": {"user_email": "email"}},
                "custom": {"type": "object"},
            },
        },
    },
    "actions/lead/rename.json": {
        "key": "rename",
        "on": "lead",
        "title": "Rename Lead",
        "description": "Gives a lead another title.",
        "input": {
            "required": ["title"],
            "properties": {"title": {"x-field": "lead.title"}, "user_id": {"x-field": "lead.user_id"}},
        },
        "bind": [{"name": "boss", "find": "user", "where": {"is_active": True}, "order": "-email"}],
        "require": [{"that": "boss is not none", "code": "nobody", "message": "{{ lead.title }} has no boss."}],
        "do": [{"set": {"title": "{{ input.title }}", "user_id": "{{ input.user_id }}"}}],
        "returns": "lead",
        "examples": [
            {"name": "renames", "input": {"title": "New"}, "expect": {"title": "New"}, "events": ["lead.title"]}
        ],
    },
    "triggers/renamed.json": {
        "key": "renamed",
        "on": "lead",
        "fires": ["title"],
        "title": "Lead Renamed",
        "description": "Triggers when a lead is renamed.",
        "input": {"properties": {"user_id": {"x-ref": {"to": "user"}}}},
        "match": {"user_id": "{{ input.user_id }}"},
        "when": "after.title != before.title",
        "returns": ["title", "title_before", "user_email"],
        "examples": [{"run": {"action": "rename", "input": {"title": "New"}}, "item": {"title": "New"}}],
    },
    "searches/find_lead.json": {
        "key": "find_lead",
        "find": "lead",
        "title": "Find Lead",
        "description": "Finds leads by title.",
        "input": {"properties": {"title": {"type": "string", "maxLength": 255}}},
        "where": {"title": {"contains": "{{ input.title }}"}, "user.is_active": True},
        "order": "-id",
        "examples": [{"input": {"title": "x"}, "find": []}],
    },
}


def write(folder: Path, files: Files) -> Path:
    """Write files below a folder; bytes and texts as they are, everything else as JSON."""
    for name, document in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = document if isinstance(document, str) else json.dumps(document)
        path.write_text(content, "utf-8")
    return folder


@pytest.fixture
def small() -> Files:
    return copy.deepcopy(SMALL)


@pytest.fixture
def folder(tmp_path: Path, small: Files) -> Path:
    return write(tmp_path / "schemas", small)


@pytest.fixture
def write_files() -> Callable[[Path, Files], Path]:
    return write


@pytest.fixture
def small_catalog(folder: Path) -> Catalog:
    return load([folder])


@pytest.fixture(scope="session")
def shipped() -> Catalog:
    return load([SHIPPED])
