"""Triggers over HTTP: both views of the feed, entity tags, samples."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connector.web.house import House
from tests.plugins.server import ADMIN, Client, declaration

FEED = "/api/v1/triggers/new_lead"


def get(client: Client, path: str = FEED, **headers: str) -> Any:
    return client.get(path, headers={**ADMIN, **headers})


def make(client: Client, *titles: str) -> None:
    rows = [{"title": title} for title in titles]
    client.post("/api/v1/actions/create_lead/batch", json={"rows": rows}, headers=ADMIN)


def test_without_a_cursor_the_newest_come_first_and_with_it_the_oldest(client: Client) -> None:
    start = get(client).json["cursor"]
    make(client, "one", "two", "three")
    assert [item["title"] for item in get(client).json["data"]] == ["three", "two", "one"]
    onward = get(client, f"{FEED}?after={start}&limit=2").json
    assert [item["title"] for item in onward["data"]] == ["one", "two"]
    assert onward["has_more"] is True
    rest = get(client, f"{FEED}?after={onward['cursor']}").json
    assert [item["title"] for item in rest["data"]] == ["three"]


def test_an_unchanged_feed_is_not_sent_again(client: Client) -> None:
    tag = get(client).headers["ETag"]
    assert get(client, **{"If-None-Match": tag}).status_code == 304
    make(client, "news")
    assert get(client, **{"If-None-Match": tag}).status_code == 200


def test_a_sample_has_the_keys_of_a_live_item(client: Client, house: House) -> None:
    make(client, "live")
    live = get(client).json["data"][0]
    assert list(get(client, f"{FEED}/sample").json["data"][0]) == list(live)
    for key in house.catalog.triggers:
        assert get(client, f"/api/v1/triggers/{key}/sample").status_code == 200


@pytest.mark.parametrize("query", ["after=nonsense", "limit=0", "limit=1001", "colour=red"])
def test_a_question_that_makes_no_sense_is_refused(client: Client, query: str) -> None:
    assert get(client, f"{FEED}?{query}").status_code in (400, 422)


def test_an_unknown_trigger_is_not_found(client: Client) -> None:
    assert get(client, "/api/v1/triggers/nothing").status_code == 404
    assert get(client, "/api/v1/triggers/nothing/sample").status_code == 404


STARRED: Mapping[str, Any] = {
    "$schema": "../meta/trigger.schema.json", "key": "lead_starred", "on": "lead", "fires": ["starred"],
    "title": "Lead Starred", "description": "Triggers when a lead is starred, or no longer is.",
    "input": {"type": "object", "properties": {"starred": {"x-field": "lead.starred"}}},
    "match": {"starred": "{{ input.starred }}"}, "returns": ["title", "starred"],
    "examples": [{"name": "starred", "run": {"action": "star"}, "item": {"starred": True}}],
}  # fmt: skip


@pytest.fixture
def starring(tmp_path: Path) -> None:
    """Files of a trigger on a yes or no, and of the actions that set it."""
    triggers, actions = tmp_path / "schemas" / "triggers", tmp_path / "schemas" / "actions" / "lead"
    for folder in (triggers, actions):
        folder.mkdir(parents=True)
    (triggers / "lead_starred.json").write_text(json.dumps(STARRED))
    for key, value in (("star", True), ("unstar", False)):
        (actions / f"{key}.json").write_text(json.dumps(declaration(key, {"set": {"starred": value}})))


@pytest.mark.parametrize(("wanted", "found"), [("true", [True]), ("false", [False]), ("", [False, True])])
@pytest.mark.parametrize("after", [False, True])
def test_a_feed_is_filtered_by_yes_or_no(
    starring: None, client: Client, wanted: str, found: list[bool], after: bool
) -> None:
    path = f"/api/v1/triggers/lead_starred?starred={wanted}"
    start = client.get(path, headers=ADMIN).json["cursor"]
    for key in ("star", "unstar"):
        assert client.post(f"/api/v1/actions/{key}", json={"lead_id": 1}, headers=ADMIN).status_code == 200
    page = client.get(f"{path}&after={start}" if after else path, headers=ADMIN).json["data"]
    assert [item["starred"] for item in page] == (found[::-1] if after else found)
