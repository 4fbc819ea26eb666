"""Reading records over HTTP: filters, orders, cursors, searches, drop-downs, the page of ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from connector.access import tokens
from connector.web.house import House
from tests.plugins.server import ADMIN, Client

Token = Callable[[str], Mapping[str, str]]
DELETED = [("leads", "lead"), ("tasks", "task"), ("custom_fields", "custom_field")]
ENVELOPE = {"data", "cursor", "has_more"}


def get(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1/{path}", headers=ADMIN)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_every_public_entity_is_a_resource(client: Client, house: House) -> None:
    for entity in house.catalog.entities.values():
        if entity.public:
            listed = get(client, f"{entity.plural}?limit=1")
            assert set(listed) == ENVELOPE
            assert all(get(client, f"{entity.plural}/{row['id']}") == row for row in listed["data"])


@pytest.mark.parametrize("order", ["id", "-id", "title", "-created_at", "amount", "-amount"])
def test_pages_follow_each_other_without_gap_or_repeat(client: Client, order: str) -> None:
    whole = [row["id"] for row in get(client, f"leads?order={order}&limit=200")["data"]]
    pages = [get(client, f"leads?order={order}&limit=3")]
    while pages[-1]["has_more"]:
        pages.append(get(client, f"leads?order={order}&limit=3&cursor={pages[-1]['cursor']}"))
    assert [row["id"] for page in pages for row in page["data"]] == whole


@pytest.mark.parametrize(
    "path",
    [
        "leads?order=nonsense",
        "leads?limit=0",
        "leads?limit=x",
        "leads?limit=-5",
        "leads?limit=99999999999",
        "leads?amount[gte]=x",
        "leads?status_id[like]=1",
        "leads?cursor=%F0",
        "leads?cursor=abc",
        "leads?password=x",
        "statuses?order=position;drop",
        "attachments?order=storage_key",
        "attachments?storage_key[contains]=a",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: Client, path: str) -> None:
    assert client.get(f"/api/v1/{path}", headers=ADMIN).status_code in (400, 409, 422)


def test_filters_compare(client: Client) -> None:
    found = get(client, "leads?amount[gte]=1000&order=-amount")["data"]
    amounts = [row["amount"] for row in found]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts
    assert amounts[-1] >= 1000


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("status=won", {"Shop front for Northwind Bakery"}),
        ("status=won&pipeline=Sales", {"Shop front for Northwind Bakery"}),
        ("status_kind[in]=won,lost&user_email=bruno@example.test&amount[gt]=1", {"Shop front for Northwind Bakery"}),
        ("processed_at[gte]=2026-01-20&status=won", {"Shop front for Northwind Bakery"}),
        ("processed_at=2026-01-20T16:00:00%2B01:00", {"Shop front for Northwind Bakery"}),
        ("processed_at[gt]=2026-01-20T16:00:00%2B01:00&status=won", set()),
    ],
)
def test_filters_take_what_a_record_shows_and_times_in_any_offset(client: Client, query: str, titles: set[str]) -> None:
    assert {row["title"] for row in get(client, f"leads?{query}")["data"]} == titles


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("amount[gte]=x", 'amount is "x", which is not of type money. Send that type.'),
        ("amount[zz]=1", "amount[zz] is not known here. Try: amount["),
        ("created_at[gte]=soon", 'created_at must be a date and time; it is "soon".'),
        ("statsu=won", "statsu is not known here. Try: status."),
    ],
)
def test_a_filter_that_cannot_be_is_told_so(client: Client, query: str, message: str) -> None:
    answer = client.get(f"/api/v1/leads?{query}", headers=ADMIN)
    assert (answer.status_code, answer.json["message"][: len(message)]) == (422, message)


def test_a_place_without_parameters_says_so(client: Client) -> None:
    answer = client.get("/api/v1/me?x=1", headers=ADMIN)
    assert answer.json["message"] == "x is not known here: no parameter is. Leave it out."


def test_filters_by_reference_take_ids(client: Client) -> None:
    status = get(client, "statuses?code=won")["data"][0]["id"]
    found = get(client, f"leads?status_id={status}")["data"]
    assert found
    assert {row["status"] for row in found} == {"won"}


def test_choices_have_value_label_and_id(client: Client) -> None:
    (choice,) = get(client, "choices/user?limit=1")["data"]
    assert set(choice) == {"value", "label", "id"}
    assert choice["label"]


def test_choices_can_be_what_an_input_takes(client: Client, house: House) -> None:
    active = {user["id"] for user in house.catalog.world["user"] if user.get("is_active", True)}
    assert {row["id"] for row in get(client, "choices/user?input=assign.user_id")["data"]} == active
    assert client.get("/api/v1/choices/user?input=assign.nobody", headers=ADMIN).status_code == 422


def test_choices_are_searched(client: Client, house: House) -> None:
    user = house.catalog.world["user"][0]
    assert user["id"] in {row["id"] for row in get(client, f"choices/user?q={user['email']}")["data"]}


def test_a_search_that_misses_is_empty(client: Client) -> None:
    assert get(client, "searches/find_lead?email=nobody@nowhere.test")["data"] == []


def test_the_page_of_ids_names_everything(client: Client) -> None:
    found = get(client, "ids")
    assert found == client.get("/api/simple/ids", headers=ADMIN).json
    assert {step["pipeline_id"] for step in found["steps"]} == {pipeline["id"] for pipeline in found["pipelines"]}


def test_me_says_who_i_am(client: Client) -> None:
    found = get(client, "me")
    assert found["is_admin"] is True
    assert found["email"]
    assert found["account"]["name"]
    assert "hash" not in str(found)


@pytest.mark.parametrize(("plural", "key"), DELETED)
def test_a_record_is_deleted_at_its_address_by_its_action(client: Client, plural: str, key: str) -> None:
    address = f"/api/v1/{plural}/1"
    answer = client.delete(address, headers=ADMIN)
    assert (answer.status_code, answer.json["id"]) == (200, 1)
    assert client.get(address, headers=ADMIN).status_code == 404
    assert client.delete(address, headers=ADMIN).json["code"] == f"{key}_not_found"
    line = client.get("/api/v1/audit?what=action", headers=ADMIN).json["data"][0]
    assert (line["name"], line["record"]) == (f"delete_{key}", f"{key}/1")


def test_a_deletion_can_be_rehearsed_and_named(client: Client) -> None:
    rehearsed = client.delete("/api/v1/leads/1?dry_run=true", headers=ADMIN).json
    assert (rehearsed["dry_run"], get(client, "leads/1")["id"]) == (True, 1)
    answers = [client.delete("/api/v1/leads/1?idempotency_key=k", headers=ADMIN) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]


def test_nobody_deletes_what_they_may_not(client: Client, house: House, token: Token) -> None:
    reader, _ = tokens.issue(house.store, 1, 1, "Reader", scopes=["read"])
    assert client.delete("/api/v1/leads/x").status_code == 401
    for headers, status in (({}, 401), ({"X-API-KEY": reader}, 403), (token("bruno@example.test"), 404)):
        assert client.delete("/api/v1/leads/1", headers=headers).status_code == status
    assert get(client, "leads/1")["id"] == 1


@pytest.mark.parametrize("path", ["users/1", "steps/1", "nothing/1", "searches/find_lead", "choices/lead", "me/1"])
def test_what_no_action_deletes_is_not_deleted(client: Client, path: str) -> None:
    answer = client.delete(f"/api/v1/{path}", headers=ADMIN)
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["leads/0", "leads/x", "leads/99999", "leads/1?why=not"])
def test_a_deletion_that_cannot_be_read_deletes_nothing(client: Client, path: str) -> None:
    assert client.delete(f"/api/v1/{path}", headers=ADMIN).status_code in (404, 422)
    assert get(client, "leads/1")["id"] == 1


@pytest.mark.parametrize(("path", "takes"), [("leads/1", True), ("steps/1", False), ("searches/find_lead", False)])
def test_options_name_what_an_address_takes(client: Client, path: str, takes: bool) -> None:
    told = client.options(f"/api/v1/{path}", headers=ADMIN).headers["Allow"]
    refused = client.put(f"/api/v1/{path}", headers=ADMIN).headers["Allow"]
    assert {("DELETE" in said, "GET" in said) for said in (told, refused)} == {(takes, True)}
