"""Custom fields over HTTP: their values in actions, answers, lists, searches, feeds and webhooks."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from tests.plugins.receivers import Receiver
from tests.plugins.server import ADMIN_TOKEN
from tests.plugins.town import VALUES, Town, done, fresh, mistakes

SPELT = VALUES | {
    "size": "LARGE", "area": "62.5", "floors": "2", "price": "155.34", "urgent": "yes",
    "call_at": "2026-05-01T10:00:00+02:00", "options": "blinds;doors, inside",
}  # fmt: skip
"""The same values as a form sends them."""


@pytest.mark.parametrize("way", ["json", "form", "nested", "nested text"])
def test_values_of_every_type_are_kept_as_their_type(town: Town, way: str) -> None:
    if way == "form":
        address = f"{town.admin.base}/api/v1/actions/create_lead"
        form = {"title": "A lead", **SPELT}
        made = done(requests.post(address, data=form, headers=town.admin.headers, timeout=20))
    else:
        made = town.admin.lead(**({"custom": VALUES} if way == "nested" else VALUES))
    assert {key: made["custom"][key] for key in VALUES} == VALUES
    assert town.elsewhere.get(f"/api/v1/leads/{made['id']}").json()["custom"] == made["custom"]


def test_every_field_is_there_and_null_where_nothing_was_given(town: Town) -> None:
    custom = town.admin.lead(code="x")["custom"]
    assert {key: custom[key] for key in VALUES} == {**dict.fromkeys(VALUES), "options": [], "code": "x"}


WRONG: dict[str, tuple[Any, str]] = {
    "size": ("Huge", "not_allowed"), "options": (["Blinds", "Moat"], "not_allowed"), "area": ("much", "not_a_number"),
    "floors": (2.5, "not_an_integer"), "price": (1.00001, "too_many_decimals"), "urgent": ("perhaps", "not_a_boolean"),
    "visit": ("tomorrow", "not_a_date"), "call_at": ("noon", "not_a_datetime"), "code": ("x" * 256, "too_long"),
    "second_email": ("ana", "wrong_format"), "fax": ("none", "wrong_pattern"), "shop": ("shop", "wrong_format"),
}  # fmt: skip


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_value_is_named_where_it_stands(town: Town, key: str) -> None:
    value, code = WRONG[key]
    place = f"/{key}/1" if isinstance(value, list) else f"/{key}"
    flat = mistakes(town.admin.act("create_lead", title="A lead", **{key: value}))
    nested = mistakes(town.admin.act("create_lead", title="A lead", custom={key: value}))
    assert (list(flat), list(nested)) == ([place], [f"/custom{place}"])
    assert set(flat.values()) == set(nested.values()) == {code}


def test_all_mistakes_are_told_at_once_and_unknown_keys_with_the_nearest(town: Town) -> None:
    answer = town.admin.act("create_lead", size="Huge", aera=3, custom={"floors": "two"})
    assert mistakes(answer) == {
        "/title": "missing_parameter", "/size": "not_allowed", "/custom/floors": "not_an_integer",
        "/aera": "unknown_parameter",
    }  # fmt: skip
    assert "area" in answer.json()["detail"]


def test_what_was_read_may_be_sent_back_whole(town: Town) -> None:
    lead = town.admin.lead(custom={"size": "Small", "from_before": {"any": ["thing"]}})
    again = done(town.admin.act("update_lead", lead_id=lead["id"], custom=lead["custom"]))
    assert again == lead and lead["custom"]["from_before"] == {"any": ["thing"]}
    less = done(town.admin.act("update_lead", lead_id=lead["id"], custom={"from_before": None}))
    assert "from_before" not in less["custom"] and less["custom"]["size"] == "Small"


def test_a_required_field_is_demanded_of_new_records_only(town: Town) -> None:
    field = fresh(town, "choice", choices=["Yes", "No"], required=True)
    key, lead = field["key"], 1
    try:
        assert mistakes(town.admin.act("create_lead", title="A lead")) == {f"/{key}": "missing_parameter"}
        for given in ({key: "Yes"}, {"custom": {key: "Yes"}}):
            assert town.admin.lead(**given)["custom"][key] == "Yes"
        assert done(town.admin.act("update_lead", lead_id=lead, city="Paris"))["city"] == "Paris"
        cannot = town.admin.act("update_lead", lead_id=lead, clear=[key])
        assert mistakes(cannot) == {"/clear/0": "not_allowed"}
        assert key in town.admin.get("/api/v1/catalog/actions/create_lead").json()["input"]["required"]
    finally:
        done(town.admin.act("delete_custom_field", custom_field_id=field["id"]))
    assert town.admin.lead()["id"]


def test_doors_of_other_systems_do_without_required_fields(town: Town) -> None:
    field = fresh(town, required=True)
    try:
        given = {"apikey": ADMIN_TOKEN, "login": "ada", "action": "add", "title": "A stranger"}
        answer = requests.get(f"{town.admin.base}/developer/v1/leads", given, timeout=20)
        assert answer.json()["result"]["text"] == "Success", answer.text
        simple = requests.get(
            f"{town.admin.base}/api/simple/leads/1/add_tag", {"tag": "x", "nonsense": "y"}, headers=town.admin.headers
        )
        assert simple.status_code == 200
    finally:
        done(town.admin.act("delete_custom_field", custom_field_id=field["id"]))


def test_an_update_changes_only_the_values_that_are_given(town: Town) -> None:
    lead = town.admin.lead(size="Small", floors=2, code="a")["id"]
    done(town.admin.act("update_lead", lead_id=lead, size="Large"))
    done(town.elsewhere.act("update_lead", lead_id=lead, custom={"floors": 3}))
    custom = done(town.admin.act("update_lead", lead_id=lead, clear=["code"]))["custom"]
    assert (custom["size"], custom["floors"], custom["code"]) == ("Large", 3, None)


def test_an_equal_value_changes_nothing(town: Town) -> None:
    lead = town.admin.lead(size="Small")
    again = done(town.admin.act("update_lead", lead_id=lead["id"], size="small"))
    assert again["updated_at"] == lead["updated_at"]


def test_an_upsert_and_a_batch_take_them_too(town: Town) -> None:
    made = done(town.admin.act("find_or_create_lead", title="U", email="u@u.example", size="Small", code="k"))
    found = done(town.admin.act("find_or_create_lead", title="U", email="U@u.example", size="Large"))
    assert (made["created"], found["created"]) == (True, False)
    assert (found["lead"]["custom"]["size"], found["lead"]["custom"]["code"]) == ("Large", "k")
    rows = [{"title": "One", "floors": 1}, {"title": "Two", "floors": "two"}]
    answer = done(town.admin.act("create_lead/batch", rows=rows))
    assert [row["status"] for row in answer["data"]] == [201, 422]
    assert answer["data"][1]["error"]["errors"][0]["pointer"] == "/floors"


def test_a_dry_run_shows_the_values_and_keeps_nothing(town: Town) -> None:
    address = f"{town.admin.base}/api/v1/actions/create_lead?dry_run=true"
    body = {"title": "Never", "size": "Small", "code": "never"}
    told = done(requests.post(address, json=body, headers=town.admin.headers, timeout=20))
    assert told["data"]["custom"]["size"] == "Small"
    assert town.admin.ids(code="never") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"size": "SMALL"}, "a"), ({"size[ne]": "Small", "code[contains]": "mark"}, "bc"), ({"floors": "2"}, "a"),
        ({"floors[gte]": "2"}, "ab"), ({"floors[in]": "3,4"}, "b"), ({"area[lt]": "10.5"}, "a"),
        ({"urgent": "true"}, "a"), ({"urgent": "no"}, "b"), ({"visit[gt]": "2026-01-31"}, "b"),
        ({"options": "doors, inside"}, "b"),
        ({"code": "MARKÉ-a"}, "a"), ({"code": "marke-B"}, "b"), ({"code[contains]": "ke-"}, "abc"),
        ({"q": "marke-c"}, "c"), ({"floors": "", "code[contains]": "marke"}, "c"), ({"price[gt]": "99.99"}, "b"),
        ({"code[contains]": "marke", "order": "-floors"}, "bac"), ({"code[contains]": "marke", "order": "area"}, "cab"),
        ({"code[contains]": "marke", "order": "-visit"}, "bac"), ({"code[contains]": "marke", "order": "-code"}, "cba"),
    ],
)  # fmt: skip
def test_lists_are_filtered_searched_and_sorted_by_them(town: Town, query: dict[str, str], found: str) -> None:
    known = {row["custom"]["code"][-1]: row["id"] for row in marked(town)}
    seen = [id for id in town.admin.ids(**query) if id in known.values()]
    assert seen == [known[letter] for letter in found]


def marked(town: Town) -> list[dict[str, Any]]:
    """Three leads to be found, made once per database."""
    rows = town.admin.get("/api/v1/leads", **{"code[contains]": "marké"}).json()["data"]
    if not rows:
        town.admin.lead(code="Marké-a", size="Small", floors=2, area=10, urgent=True, visit="2026-01-31", price=99.99)
        town.admin.lead(code="Marké-b", size="Large", floors=3, area=11, urgent=False, visit="2026-02-01",
                        options=["Doors, inside"], price=100)  # fmt: skip
        town.admin.lead(code="Marké-c")
        return marked(town)
    return list(rows)


def test_pages_in_the_order_of_a_custom_field_give_every_record_once(town: Town) -> None:
    marked(town)
    wanted, got, cursor = town.admin.ids(order="-floors"), [], None
    while True:
        page = town.admin.get("/api/v1/leads", limit="3", order="-floors", cursor=cursor or "").json()
        got += [row["id"] for row in page["data"]]
        cursor = page["cursor"]
        if not page["has_more"]:
            break
    assert got == wanted


@pytest.mark.parametrize("query", [{"floors": "two"}, {"area[gt]": "much"}, {"sise": "Small"}, {"order": "options"}])
def test_a_filter_that_cannot_be_read_is_refused(town: Town, query: dict[str, str]) -> None:
    assert town.admin.get("/api/v1/leads", **query).status_code == 422


def test_a_search_finds_by_them(town: Town) -> None:
    known = {row["custom"]["code"][-1]: row["id"] for row in marked(town)}

    def found(**query: Any) -> list[int]:
        return [row["id"] for row in done(town.elsewhere.get("/api/v1/searches/find_lead", **query))["data"]]

    assert found(code="marke-a") == [known["a"]]
    assert known["b"] in found(options="Doors, inside") and known["a"] not in found(options="Doors, inside")
    assert found(code="marke-a", size="Large") == []


def test_a_feed_offers_the_field_and_tells_its_changes(town: Town) -> None:
    field = fresh(town)
    key, lead = field["key"], town.admin.lead()["id"]
    offered = town.admin.get("/api/v1/catalog/triggers/lead_updated").json()["input"]["properties"]["field"]["enum"]
    assert {key, "size", "custom", "amount"} <= set(offered)
    done(town.admin.act("update_lead", lead_id=lead, **{key: "now"}))
    done(town.admin.act("update_lead", lead_id=lead, floors=9))
    page = done(town.elsewhere.get("/api/v1/triggers/lead_updated", field=key))
    assert [(item["lead_id"], item["custom"][key]) for item in page["data"]] == [(lead, "now")]


def test_a_feed_is_filtered_by_a_value(town: Town) -> None:
    field = fresh(town, "integer")
    one, _ = (town.admin.lead(**{field["key"]: number})["id"] for number in (1, 2))
    page = done(town.admin.get("/api/v1/triggers/new_lead", **{field["key"]: "1"}))
    assert [item["lead_id"] for item in page["data"]] == [one]


def test_polled_pushed_and_sample_items_are_alike(town: Town, receiver: Receiver) -> None:
    wish = {"trigger": "new_lead", "target_url": receiver.url(), "filter": {"code": "Pushed"}}
    address = f"{town.admin.base}/api/v1/subscriptions"
    done(requests.post(address, json=wish, headers=town.admin.headers, timeout=20))
    town.elsewhere.lead(code="not this one")
    lead = town.elsewhere.lead(code="Pushed", **{key: value for key, value in VALUES.items() if key != "code"})
    (request,) = receiver.wait(1)
    polled = done(town.admin.get("/api/v1/triggers/new_lead", limit="1"))["data"][0]
    sample = done(town.admin.get("/api/v1/triggers/new_lead/sample"))["data"][0]
    assert (request.json, polled["lead_id"]) == (polled, lead["id"])
    output = town.admin.get("/api/v1/catalog/triggers/new_lead").json()["output"]
    for item in (polled, sample):
        Draft202012Validator(output).validate(item)
        assert set(output["properties"]["custom"]["required"]) <= set(item["custom"])
    assert all(sample["custom"].values())
