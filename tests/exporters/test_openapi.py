"""The OpenAPI document: valid, stable, whole, and its examples hold."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from connector.access import idempotency, tokens
from connector.catalog.model import Action
from connector.dialects import salesman, yoolla
from connector.events import shapes, signing
from connector.exporters import fixed, hooks, inbound, oplead
from connector.exporters import routes as routes_of
from connector.exporters.doors import DOORS
from connector.exporters.families import FAMILIES
from connector.exporters.fixed import ALIASES, PAGES, ROUTES
from connector.exporters.methods import Desk, takers
from connector.exporters.openapi import document, routes
from connector.exporters.resources import RESOURCES
from connector.exporters.salesman import LEADS
from connector.exporters.yoolla import REMINDERS
from connector.service import create_app
from connector.web.house import House
from tests.plugins.desk import shipped
from tests.shape.source import ROOT

AGAIN = """
import sys, hashlib, orjson
from connector.catalog.load import SHIPPED, load
from connector.exporters.openapi import document
print(hashlib.sha256(orjson.dumps(document(load([SHIPPED])))).hexdigest())
"""
REFUSING = {"anything_else", "nothing"}
"""Views that answer what is no operation: another method of an action, another address of a door."""


@cache
def written() -> dict[str, Any]:
    return dict(orjson.loads(orjson.dumps(document(shipped()))))


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in written()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def described() -> set[str]:
    """The rules of the URL map that the tables know."""
    fixed = {route.path.replace("{", "<").replace("}", ">") for route in ROUTES}
    known = {*fixed, *FAMILIES, *RESOURCES, *DOORS, *PAGES}
    doubled = [
        (alias, rule.removeprefix(root)) for alias, root in ALIASES.items() for rule in known if rule.startswith(root)
    ]
    return known | {alias + rest for alias, rest in doubled}


def against(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": written()["components"]})


def test_the_document_is_valid() -> None:
    validate(written())


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_catalog_gives_the_same_bytes(seed: str) -> None:
    environ = {**os.environ, "PYTHONHASHSEED": seed}
    again = subprocess.run([sys.executable, "-c", AGAIN], cwd=ROOT, env=environ, check=True, capture_output=True)
    assert again.stdout.decode().strip() == hashlib.sha256(orjson.dumps(document(shipped()))).hexdigest()


def test_every_route_of_the_server_is_described_and_no_other(house: House) -> None:
    rules = create_app(house=house).url_map.iter_rules()
    assert {rule.rule for rule in rules if rule.endpoint.rpartition(".")[2] not in REFUSING} == described()


def test_what_the_document_names_is_what_the_server_takes() -> None:
    assert (hooks.PLACES, hooks.STATES, set(hooks.STYLES)) == (shapes.PLACES, shapes.STATES, set(signing.STYLES))
    assert (fixed.SCOPES, fixed.USUAL, fixed.MOST) == (tokens.SCOPES, tokens.USUAL, tokens.MOST)
    assert set(fixed.CHANGED_TOKEN["properties"]) == set(tokens.CHANGEABLE)
    assert (routes_of.KEY_IN_QUERY.name, routes_of.LONGEST_KEY) == (idempotency.PARAMETER, idempotency.LONGEST)
    assert set(oplead.EVENTS) == {
        signing.event(key) for key in ("lead_assigned", "lead_status_changed", "appointment_updated")
    }


@pytest.mark.parametrize(("desk", "door"), [(LEADS, salesman), (REMINDERS, yoolla)])
def test_a_door_of_methods_describes_the_methods_and_parameters_that_it_has(desk: Desk, door: Any) -> None:
    assert list(desk.methods) == list(door.METHODS)
    assert set(desk.paths) == set(door.ROOTS)
    assert {name: taken for name, (_, taken) in desk.inputs.items()}.items() <= door.TAKEN.items()
    assert set(door.TAKEN) <= set(takers(desk))


@pytest.mark.parametrize("desk", [LEADS, REMINDERS])
@pytest.mark.parametrize("media", ["application/json", "application/x-www-form-urlencoded"])
def test_every_method_of_a_door_has_an_example_that_fits(desk: Desk, media: str) -> None:
    for path in desk.paths:
        body = written()["paths"][path]["post"]["requestBody"]["content"][media]
        asked = written()["paths"][path]["get"]["parameters"]
        assert list(body["examples"]) == list(asked[0]["examples"]) == list(desk.methods)
        for name, example in body["examples"].items():
            against(body["schema"]).validate(example["value"])
            shown = {
                each["name"]: each["examples"][name]["value"] for each in asked if name in each.get("examples", {})
            }
            assert shown == example["value"]


def test_everything_that_acts_takes_an_idempotency_key() -> None:
    """A new route that acts takes one, or is named here because repeating it does no harm."""
    without = {
        place for place, operation in operations()
        if not place.startswith("get ") and "Idempotency-Key" not in named(operation["parameters"])
        and not {"Webhooks", "Mailboxes", "Tokens", inbound.TAG} & set(operation["tags"])
    }  # fmt: skip
    assert without == {"post /api/simple/ids", "post /subscriptions", "delete /subscriptions/{subscription_id}"}
    by_get = {
        place for place, it in operations() if place.startswith("get ") and "Idempotency-Key" in named(it["parameters"])
    }
    methods = {f"get {path}" for desk in (LEADS, REMINDERS) for path in desk.paths}
    assert by_get == methods | {f"get /api/simple/leads/{{lead_id}}/{action.path}" for action in acting()}


def acting() -> list[Action]:
    return [action for action in shipped().actions.values() if action.on == "lead"]


def named(parameters: list[dict[str, Any]]) -> set[str]:
    return {each["name"] for each in parameters}


@pytest.mark.parametrize(("status", "code"), [("409", "idempotency_in_progress"), ("422", "idempotency_mismatch")])
def test_the_answers_to_a_key_in_use_are_described(status: str, code: str) -> None:
    for place, operation in operations():
        if "Idempotency-Key" in named(operation["parameters"]) and not place.endswith("/batch"):
            assert f"`{code}`" in operation["responses"][status]["description"], place


def test_every_operation_is_served(house: House) -> None:
    served = create_app(house=house).url_map.bind("localhost")
    for route in routes(shipped()):
        address = route.path.replace("{key}", "k")
        endpoint, _ = served.match("/".join("1" if "{" in part else part for part in address.split("/")), route.method)
        assert endpoint.rpartition(".")[2] not in REFUSING


def test_every_operation_says_what_it_is() -> None:
    ids = [operation["operationId"] for _, operation in operations()]
    assert len(set(ids)) == len(ids)
    assert not [place for place, operation in operations() if not (operation["summary"] and operation["description"])]


@pytest.mark.parametrize("key", shipped().actions)
def test_every_action_is_an_operation_with_working_examples(key: str) -> None:
    body = written()["paths"][f"/api/v1/actions/{key}"]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"]
    for example in body["examples"].values():
        against(body["schema"]).validate(example["value"])


@pytest.mark.parametrize("key", shipped().triggers)
def test_every_trigger_is_a_feed_a_sample_and_a_webhook_of_one_shape(key: str) -> None:
    paths, hook = written()["paths"], written()["webhooks"][key]["post"]["requestBody"]["content"]["application/json"]
    views = [paths[f"/api/v1/triggers/{key}{view}"]["get"]["responses"]["200"] for view in ("", "/sample")]
    for view in views:
        assert view["content"]["application/json"]["schema"]["properties"]["data"]["items"] == hook["schema"]
    against(hook["schema"]).validate(hook["example"])


@pytest.mark.parametrize("place", [place for place, _ in operations()])
def test_every_example_of_an_answer_or_parameter_fits(place: str) -> None:
    operation = dict(operations())[place]
    contents = [content for answer in operation["responses"].values() for content in answer.get("content", {}).values()]
    for each in [*operation["parameters"], *contents]:
        shown = [each["example"]] if "example" in each else [it["value"] for it in each.get("examples", {}).values()]
        for example in shown:
            against(each["schema"]).validate(example)


def test_a_created_lead_links_to_itself_and_to_its_end() -> None:
    links = written()["paths"]["/api/v1/actions/create_lead"]["post"]["responses"]["201"]["links"]
    assert [link["operationId"] for link in links.values()] == ["get_lead", "delete_lead_by_id"]
    assert all(link["parameters"] == {"record_id": "$response.body#/id"} for link in links.values())


def test_links_lead_to_operations() -> None:
    known = {operation["operationId"] for _, operation in operations()}
    answers = [answer for _, operation in operations() for answer in operation["responses"].values()]
    linked = {link["operationId"] for answer in answers for link in answer.get("links", {}).values()}
    assert linked
    assert linked <= known


def test_an_action_tells_the_codes_that_it_refuses_with() -> None:
    refused = written()["paths"]["/api/v1/actions/next_step"]["post"]["responses"]["409"]
    assert "`last_step`: {{ lead.title }} is already at the last step" in refused["description"]


def parts(value: Any) -> Iterator[Any]:
    """An object or list of the document, and all that it is made of."""
    yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from parts(each)


def bodies() -> list[dict[str, Any]]:
    """All objects in what bodies and answers are said to be."""
    told = [each for _, it in operations() for each in (it.get("requestBody", {}), *it["responses"].values())]
    schemas = [media["schema"] for each in told for media in each.get("content", {}).values()]
    return [part for part in parts([written()["components"]["schemas"], schemas]) if isinstance(part, dict)]


# What follows keeps the document readable for openapi-python-client, openapi-typescript and openapi-generator.


def test_what_is_of_several_types_has_its_lists_and_objects_apart() -> None:
    types = [part["type"] for part in bodies() if isinstance(part.get("type"), list)]
    assert types
    assert [each for each in types if {"array", "object"} & set(each)] == []


def test_the_values_of_a_list_of_allowed_ones_are_of_one_type() -> None:
    allowed = [part["enum"] for part in bodies() if isinstance(part.get("enum"), list)]
    assert allowed
    assert [each for each in allowed if len({type(value) for value in each if value is not None}) > 1] == []


def test_nothing_is_said_to_be_only_null() -> None:
    alone = [
        name for part in bodies() for name, value in part.get("properties", {}).items() if value.get("type") == "null"
    ]
    assert alone == []


def test_any_json_leads_back_to_itself_through_objects_alone() -> None:
    schemas = written()["components"]["schemas"]
    inside = [part for part in parts(schemas["Json"]) if isinstance(part, dict)]
    of_objects = [
        part["additionalProperties"] for part in [*inside, schemas["JsonObject"]] if "additionalProperties" in part
    ]
    assert {each["$ref"] for each in of_objects} == {"#/components/schemas/Json"}
    others = [part for part in inside if not any(part is each for each in of_objects)]
    assert {part["$ref"] for part in others if "$ref" in part} == {"#/components/schemas/JsonObject"}


def test_links_fill_parameters_alone() -> None:
    links = [link for part in parts(written()) if isinstance(part, dict) for link in part.get("links", {}).values()]
    assert {name for link in links for name in link} == {"operationId", "description", "parameters"}


def test_a_file_is_told_as_bytes_too() -> None:
    answer = written()["paths"]["/api/v1/attachments/{attachment_id}/download"]["get"]["responses"]["200"]
    assert list(answer["content"]) == ["application/octet-stream", "*/*"]


def test_numbers_in_bodies_have_the_bounds_that_are_enforced() -> None:
    numbers = [part for part in parts(asked()) if isinstance(part, dict) and {"integer", "number"} & {*types_of(part)}]
    assert numbers
    assert [part for part in numbers if "enum" not in part and not {"minimum", "maximum"} <= part.keys()] == []


def asked() -> list[Any]:
    """What JSON bodies of requests may be, each reference put in its place."""
    schemas, known = written()["components"]["schemas"], set[str]()
    found = [it["requestBody"]["content"].get("application/json", {}).get("schema", {})
             for _, it in operations() if "requestBody" in it]  # fmt: skip
    while (
        names := {part["$ref"].rpartition("/")[2] for part in parts(found) if isinstance(part, dict) and "$ref" in part}
        - known
    ):
        known |= names
        found += [schemas[name] for name in sorted(names)]
    return found


def types_of(part: dict[str, Any]) -> list[str]:
    """The types of a schema."""
    told = part.get("type", [])
    return [told] if isinstance(told, str) else told if isinstance(told, list) else []
