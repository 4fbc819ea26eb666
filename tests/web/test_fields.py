"""The custom fields of an account over HTTP: who makes them, where they show, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.plugins.town import FIELDS, VALUES, Town, done, fresh, mistakes


def test_accounts_know_only_their_own_fields(town: Town) -> None:
    done(town.neighbour.act("create_custom_field", key="size", name="Size in Metres", type="number"))
    assert town.neighbour.inputs()["size"]["type"] == "number"
    assert town.admin.inputs()["size"]["enum"] == ["Small", "Large"]
    assert "floors" not in town.neighbour.inputs()
    assert town.neighbour.lead(size=2.5)["custom"] == {"size": 2.5}
    assert mistakes(town.neighbour.act("create_lead", title="A lead", floors=2)) == {"/floors": "unknown_parameter"}


def test_the_catalog_is_tagged_by_the_account_and_its_fields(town: Town) -> None:
    mine, theirs = (person.get("/api/v1/catalog") for person in (town.admin, town.neighbour))
    same = town.elsewhere.get("/api/v1/catalog")
    assert mine.headers["ETag"] == same.headers["ETag"] != theirs.headers["ETag"]
    fresh(town)
    assert town.admin.get("/api/v1/catalog").headers["ETag"] != mine.headers["ETag"]
    assert town.neighbour.get("/api/v1/catalog").headers["ETag"] == theirs.headers["ETag"]


def test_names_follow_the_language(town: Town) -> None:
    headers = {**town.admin.headers, "Accept-Language": "fr"}
    french = replace(town.admin, headers=headers).inputs()
    assert (french["size"]["title"], french["area"]["title"]) == ("Taille", "Roof Area")


def test_a_change_is_in_force_in_every_process_at_once(town: Town) -> None:
    for _ in range(5):
        field = fresh(town, "choice", choices=["One"])
        assert town.elsewhere.lead(**{field["key"]: "One"})["custom"][field["key"]] == "One"
        done(town.elsewhere.act("update_custom_field", custom_field_id=field["id"], choices=["One", "Two"]))
        assert town.admin.lead(**{field["key"]: "Two"})["custom"][field["key"]] == "Two"
        done(town.admin.act("delete_custom_field", custom_field_id=field["id"]))
        assert field["key"] not in town.elsewhere.inputs()


def test_a_retired_field_is_not_offered_and_keeps_its_values(town: Town) -> None:
    field = fresh(town)
    lead = town.admin.lead(**{field["key"]: "kept"})["id"]
    done(town.admin.act("update_custom_field", custom_field_id=field["id"], is_active=False))
    assert mistakes(town.admin.act("create_lead", title="A lead", **{field["key"]: "x"}))
    done(town.admin.act("update_lead", lead_id=lead, floors=1))
    done(town.admin.act("update_custom_field", custom_field_id=field["id"], is_active=True, name="Again"))
    assert town.admin.get(f"/api/v1/leads/{lead}").json()["custom"][field["key"]] == "kept"
    assert town.admin.inputs()[field["key"]]["title"] == "Again"


def test_values_from_before_of_another_type_count_as_none(town: Town) -> None:
    field = fresh(town)
    lead = town.admin.lead(**{field["key"]: "many"})["id"]
    done(town.admin.act("delete_custom_field", custom_field_id=field["id"]))
    done(town.admin.act("create_custom_field", key=field["key"], name="Number", type="integer"))
    assert town.admin.get(f"/api/v1/leads/{lead}").json()["custom"][field["key"]] is None
    assert lead in town.admin.ids(**{field["key"]: "", "order": "-id"})
    assert lead not in town.admin.ids(**{f"{field['key']}[gte]": "0", "order": "-id"})


def test_fields_stand_in_their_order(town: Town) -> None:
    names = [name for name in town.admin.inputs() if name in VALUES]
    assert names == [field["key"] for field in FIELDS]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"key": "amount"}, "/key"), ({"key": "status"}, "/key"), ({"key": "match"}, "/key"),
        ({"key": "clear"}, "/key"), ({"key": "q"}, "/key"), ({"key": "Size"}, "/key"), ({"key": "x" * 65}, "/key"),
        ({"type": "colour"}, "/type"), ({"type": "choice"}, "/choices"), ({"choices": ["A"]}, "/choices"),
        ({"parent": "task"}, "/parent"), ({"type": "choice", "choices": ["A", "A"]}, "/choices"),
    ],
)  # fmt: skip
def test_a_field_that_could_not_work_is_refused(town: Town, wrong: dict[str, Any], pointer: str) -> None:
    body = {"key": "sound", "name": "Sound", "type": "text", **wrong}
    answer = town.admin.act("create_custom_field", **body)
    assert answer.status_code in (409, 422)
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_key_is_taken_once_and_names_of_other_fields_stay_free(town: Town) -> None:
    assert town.admin.act("create_custom_field", key="size", name="Again", type="text").status_code == 409


def test_only_administrators_define_fields_and_it_is_audited(town: Town) -> None:
    field = fresh(town)
    lines = town.admin.get("/api/v1/audit", limit="5").json()["data"]
    assert any(line["name"] == "create_custom_field" for line in lines)
    secret = requests.post(
        f"{town.admin.base}/api/v1/tokens", json={"name": "Ana", "user_id": 2}, headers=town.admin.headers, timeout=20
    ).json()["token"]
    ana = replace(town.admin, headers={"X-API-KEY": secret})
    assert ana.act("delete_custom_field", custom_field_id=field["id"]).json()["code"] == "admins_only"
    assert ana.lead(**{field["key"]: "hers"})["custom"][field["key"]] == "hers"


def test_the_choices_of_a_field_are_a_drop_down(town: Town) -> None:
    page = done(town.admin.get("/api/v1/choices/lead.options"))
    assert page["data"] == [
        {"value": "Blinds", "label": "Blinds", "id": 1}, {"value": "Doors, inside", "label": "Doors, inside", "id": 2},
    ]  # fmt: skip
    first = done(town.admin.get("/api/v1/choices/lead.options", limit="1"))
    rest = done(town.admin.get("/api/v1/choices/lead.options", cursor=first["cursor"]))
    assert (first["has_more"], [each["value"] for each in rest["data"]]) == (True, ["Doors, inside"])
    assert [each["id"] for each in done(town.admin.get("/api/v1/choices/lead.options", q="DOOR"))["data"]] == [2]
    for nothing in ("lead.code", "lead.nothing", "user.size"):
        assert town.admin.get(f"/api/v1/choices/{nothing}").status_code == 404


def test_the_document_is_the_accounts_own_with_a_token_and_shared_without(town: Town) -> None:
    shared = requests.get(f"{town.admin.base}/openapi.json", timeout=20)
    own = town.admin.get("/openapi.json")
    assert "size" not in shared.json()["components"]["schemas"]["CreateLeadInput"]["properties"]
    document = own.json()
    taken = document["components"]["schemas"]["CreateLeadInput"]["properties"]
    assert set(VALUES) <= set(taken) and "Large" in taken["size"]["enum"]
    assert set(VALUES) <= set(document["components"]["schemas"]["Lead"]["properties"]["custom"]["properties"])
    named = {each["name"] for each in document["paths"]["/api/v1/leads"]["get"]["parameters"]}
    assert set(VALUES) <= named
    assert own.headers["ETag"] != shared.headers["ETag"] and "X-API-KEY" in own.headers["Vary"]
    validate(document)


def test_examples_of_the_accounts_document_hold(town: Town) -> None:
    field = fresh(town, "integer", required=True)
    try:
        document = town.admin.get("/openapi.json").json()
    finally:
        done(town.admin.act("delete_custom_field", custom_field_id=field["id"]))
    body = document["paths"]["/api/v1/actions/create_lead"]["post"]["requestBody"]["content"]["application/json"]
    schema = {**body["schema"], "components": document["components"]}
    for example in body["examples"].values():
        Draft202012Validator(schema).validate(example["value"])


def test_a_wrong_token_gets_no_document(town: Town) -> None:
    assert replace(town.admin, headers={"X-API-KEY": "lw_wrong"}).get("/openapi.json").status_code == 401


def test_answers_keep_to_the_accounts_document(town: Town) -> None:
    lead = town.admin.lead(**VALUES)
    document = town.admin.get("/openapi.json").json()
    schema = {**document["components"]["schemas"]["Lead"], "components": document["components"]}
    for answer in (lead, town.admin.get(f"/api/v1/leads/{lead['id']}").json()):
        Draft202012Validator(schema).validate(answer)
