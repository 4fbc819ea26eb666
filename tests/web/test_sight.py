"""Nobody sees or changes a lead that their token may not see, by whatever way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from connector.web.house import House
from tests.plugins.server import ADMIN, Client

Headers = Mapping[str, str]


@dataclass(frozen=True)
class Two:
    """A lead of one member, and the headers of that member and of another."""

    lead: int
    owner: Headers
    other: Headers


@pytest.fixture
def two(client: Client, house: House, token: Callable[[str], Headers]) -> Two:
    members = [u for u in house.catalog.world["user"] if not u.get("is_admin") and u.get("is_active", True)]
    body = {"title": "Hers alone", "user_id": members[0]["id"], "email": "hers@alone.test"}
    made = client.post("/api/v1/actions/create_lead", json=body, headers=ADMIN)
    return Two(made.json["id"], token(members[0]["email"]), token(members[1]["email"]))


def seen(client: Client, headers: Headers, path: str) -> Any:
    return client.get(path, headers=headers).json["data"]


def test_a_lead_of_somebody_else_is_as_if_it_were_not(client: Client, two: Two) -> None:
    path = f"/api/v1/leads/{two.lead}"
    nobody = f"/api/v1/leads/{two.lead + 999}"
    assert client.get(path, headers=two.owner).status_code == 200
    mine, none = client.get(path, headers=two.other), client.get(nobody, headers=two.other)
    assert (mine.status_code, none.status_code, mine.json["code"]) == (404, 404, none.json["code"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/leads?limit=200",
        "/api/v1/leads?q=Hers",
        "/api/v1/choices/lead?q=Hers",
        "/api/v1/searches/find_lead?email=hers@alone.test",
        "/api/v1/triggers/new_lead",
        "/api/v1/triggers/lead_assigned",
    ],
)
def test_no_list_shows_it(client: Client, two: Two, path: str) -> None:
    mine, theirs, all_of_them = (seen(client, who, path) for who in (two.owner, two.other, ADMIN))

    def has(rows: list[dict[str, Any]]) -> bool:
        return any(two.lead in (row.get("lead_id"), row["id"]) for row in rows)

    assert (has(mine), has(theirs), has(all_of_them)) == (True, False, True)


@pytest.mark.parametrize("key", ["won", "next_step", "add_tag"])
def test_nobody_else_can_change_it(client: Client, two: Two, key: str) -> None:
    body = {"lead_id": two.lead, "tag": ["x"]} if key == "add_tag" else {"lead_id": two.lead}
    before = client.get(f"/api/v1/leads/{two.lead}", headers=ADMIN).json
    assert client.post(f"/api/v1/actions/{key}", json=body, headers=two.other).status_code == 404
    assert client.get(f"/api/simple/leads/{two.lead}/{key}?tag=x", headers=two.other).status_code == 404
    assert client.get(f"/api/v1/leads/{two.lead}", headers=ADMIN).json == before


def test_who_gives_a_lead_away_still_gets_its_answer(client: Client, house: House, two: Two) -> None:
    body = {"lead_id": two.lead, "user_id": house.catalog.world["user"][0]["id"]}
    answer = client.post("/api/v1/actions/assign", json=body, headers=two.owner)
    assert (answer.status_code, answer.json["id"]) == (200, two.lead)
    assert client.get(f"/api/v1/leads/{two.lead}", headers=two.owner).status_code == 404
