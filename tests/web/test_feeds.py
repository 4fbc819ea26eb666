"""Triggers over HTTP: both views of the feed, entity tags, samples."""

from __future__ import annotations

from typing import Any

import pytest

from connector.web.house import House
from tests.plugins.server import ADMIN, Client

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
