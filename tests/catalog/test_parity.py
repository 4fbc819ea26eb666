"""The fast validator and the reference one give the same verdicts on the shipped files."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from connector.catalog.files import KINDS
from connector.catalog.forms import validator
from connector.catalog.load import SHIPPED, load
from connector.catalog.meta import check, meta_schema
from connector.catalog.model import Input
from connector.catalog.place import Place

FILES = [(kind, path) for folder, kind in KINDS.items() for path in sorted((SHIPPED / folder).rglob("*.json"))]
SPOILT: list[Any] = [None, True, -1, 1.5, 10**15, "", "x" * 70_000, "2026-13-01", [], [""], [1, 1], {}, {"a": 1}]


def inputs() -> list[tuple[str, Input, dict[str, Any]]]:
    catalog = load([SHIPPED])
    return [
        (f"{action.key}: {example.name}", action.input, dict(example.document.get("input", {})))
        for action in catalog.actions.values()
        for example in action.examples
    ]


CASES = inputs()


@pytest.mark.parametrize(("form", "given"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_both_validators_agree_on_every_example_and_on_spoilt_ones(form: Input, given: dict[str, Any]) -> None:
    reference = jsonschema.Draft202012Validator(form.schema, format_checker=None)
    without_formats = {"properties": {name: _plain(inner) for name, inner in form.schema["properties"].items()}}
    fast = validator({**form.schema, **without_formats})
    for name in form.names:
        for value in (given.get(name), *SPOILT):
            spoilt = {**given, name: value}
            assert fast.is_valid(spoilt) == reference.is_valid(spoilt), spoilt


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Without `format`: the reference validator knows fewer of them."""
    return {key: inner for key, inner in schema.items() if key != "format"}


@pytest.mark.parametrize(("kind", "path"), FILES, ids=[path.name for _, path in FILES])
def test_both_validators_take_every_shipped_file(kind: str, path: Any) -> None:
    document, place = json.loads(path.read_text("utf-8")), Place(path.name)
    assert check(kind, document, place)
    assert jsonschema.Draft202012Validator(meta_schema(kind)).is_valid(document)
    assert not check(kind, {**document, "titel": 1}, place)
    assert [problem.pointer for problem in place.problems] == ["/titel"]


@pytest.mark.parametrize("kind", KINDS.values())
def test_the_meta_schemas_are_schemas_without_alternatives(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(meta_schema(kind))
    assert not {'"oneOf"', '"anyOf"'} & set(json.dumps(meta_schema(kind)).replace(":", " ").split())
