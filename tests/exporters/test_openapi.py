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

from connector.access import tokens
from connector.events import shapes, signing
from connector.exporters import fixed, hooks, oplead
from connector.exporters.doors import DOORS
from connector.exporters.families import FAMILIES
from connector.exporters.fixed import ALIASES, ELSEWHERE, PAGES, ROUTES
from connector.exporters.openapi import document, routes
from connector.exporters.resources import RESOURCES
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
    known = {*fixed, *FAMILIES, *RESOURCES, *DOORS, *PAGES, *ELSEWHERE}
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
    assert set(oplead.EVENTS) == {
        signing.event(key) for key in ("lead_assigned", "lead_status_changed", "appointment_updated")
    }


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
    shown = [(each["example"], each["schema"]) for each in operation["parameters"] if "example" in each]
    contents = [content for answer in operation["responses"].values() for content in answer.get("content", {}).values()]
    for example, schema in shown + [(each["example"], each["schema"]) for each in contents if "example" in each]:
        against(schema).validate(example)


def test_a_created_lead_links_to_itself_and_to_its_end() -> None:
    links = written()["paths"]["/api/v1/actions/create_lead"]["post"]["responses"]["201"]["links"]
    assert [link["operationId"] for link in links.values()] == ["get_lead", "delete_lead"]


def test_links_lead_to_operations() -> None:
    known = {operation["operationId"] for _, operation in operations()}
    answers = [answer for _, operation in operations() for answer in operation["responses"].values()]
    linked = {link["operationId"] for answer in answers for link in answer.get("links", {}).values()}
    assert linked
    assert linked <= known


def test_an_action_tells_the_codes_that_it_refuses_with() -> None:
    refused = written()["paths"]["/api/v1/actions/next_step"]["post"]["responses"]["409"]
    assert "`last_step`: {{ lead.title }} is already at the last step" in refused["description"]
