"""Hostile ids, cursors, filters and headers at every address: some 4xx or a plain answer, never 5xx."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from connector.catalog.model import Action
from tests.fuzz.conftest import Served

WORDS = (
    "0", "-1", "1.5", "1e3", "007", "9007199254740993", "9223372036854775807", "9223372036854775808", "1" + "0" * 30,
    "9" * 5000, "null", "true", "", " 1", "1;drop table lead", "' OR '1'='1", "%", "_", "\\", "\0", "a\0b", "\ud800",
    "٣", "²", "１", "İ", "é", "💥", "{{ 7*7 }}", "[]", "{}", "../../etc/passwd", "a" * 3000, "2026-13-40",
    "0000-00-00", "10000-01-01", "v1.0123456789abcdef.1", "v1.x", "lead", "id", "-id", "--id", "password", "hash",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 2**53, -(2**53), "", " ", "1", "01", "9" * 400, "x" * 100_000, "é", "٣", "²",
    [], [[]], [None], ["a"] * 2000, {}, {"id": 1}, {"a": {"b": []}}, "a@b", "ａ@b.c", "2026-02-30",
    "2026-01-01T25:00:00Z", "2026-03-01T09:00:00+99:99", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
    "9999-12-31", "0001-01-01",
)  # fmt: skip

FILTERED = ("lead", "user", "email_template")
"""Record types whose every field is tried as a filter: between them they have all kinds of field."""


def escape(word: str) -> str:
    return quote(word.encode("utf-8", "surrogatepass"), safe="")


def failures(served: Served, paths: list[str]) -> list[str]:
    return [path[:200] for path in paths if served.client.get(path).status_code >= 500]


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_a_hostile_word_in_a_path_is_no_server_error(served: Served, word: str) -> None:
    catalog, text = served.house.catalog, escape(word)
    paths = [f"/api/v1/{entity.plural}/{text}" for entity in catalog.entities.values()]
    paths += [f"/api/v1/{part}/{text}" for part in ("actions", "triggers", "searches", "choices", "catalog/actions")]
    paths += [f"/api/v1/{text}", f"/api/v1/{text}/1", f"/{text}", f"/api/v1/catalog/{text}/{text}"]
    paths += [f"/api/simple/leads/{text}/won", f"/api/simple/leads/1/{text}"]
    assert failures(served, paths) == []


@pytest.mark.parametrize("word", WORDS, ids=ascii)
def test_a_hostile_word_in_a_query_is_no_server_error(served: Served, word: str) -> None:
    catalog, text = served.house.catalog, escape(word)
    paths = [
        f"/api/v1/{entity.plural}?{name}={text}"
        for entity in catalog.entities.values()
        for name in (*(entity.fields if entity.key in FILTERED else ()), "q", "cursor", "limit", "order", text)
    ]
    paths += [f"/api/v1/triggers/{key}?{name}={text}" for key, item in catalog.triggers.items()
              for name in (*item.input.names, "after", "limit")]  # fmt: skip
    paths += [f"/api/v1/searches/{key}?{name}={text}" for key, item in catalog.searches.items()
              for name in (*item.input.names, "cursor", "limit")]  # fmt: skip
    paths += [f"/api/v1/choices/user?{name}={text}" for name in ("q", "cursor", "limit", "input")]
    assert failures(served, paths) == []


def worked_input(action: Action) -> dict[str, Any]:
    """The input of the file's first example that succeeds, on the record it plays on."""
    example = next((one.document for one in action.examples if "error" not in one.document), {})
    on = {f"{action.on}_id": example.get("on", 1)} if action.on else {}
    return on | dict(example.get("input", {}))


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:40])
def test_a_hostile_value_in_any_input_is_no_server_error(served: Served, value: Any) -> None:
    assert [
        f"{key}.{name}: {answer.status_code}"
        for key, action in served.house.catalog.actions.items()
        for name in action.input.names
        for answer in [
            served.client.post(f"/api/v1/actions/{key}?dry_run=1", json=worked_input(action) | {name: value})
        ]
        if answer.status_code >= 500
    ] == []


@pytest.mark.parametrize(
    "header", ["Authorization", "X-API-KEY", "Accept-Language", "X-Request-Id", "Content-Type", "If-None-Match"]
)
@pytest.mark.parametrize(
    "value", ["é", "Bearer é", "Bearer", "Bearer " + "x" * 9000, "\xff" * 10, ",;q=x", "*/*;q=a", 'W/"']
)
def test_a_hostile_header_is_no_server_error(served: Served, header: str, value: str) -> None:
    get = served.client.get("/api/v1/triggers/new_lead", headers={header: value})
    post = served.client.post("/api/v1/actions/todo", data=b'{"lead_id": 1}', headers={header: value})
    assert get.status_code < 500 and post.status_code < 500
