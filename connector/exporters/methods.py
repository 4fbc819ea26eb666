"""Doors with one address at which the parameter `action` names the method, as SalesMan's family has them.

By GET the parameters of all methods stand beside each other, for a query string has no alternatives. A body has them:
one per method, with what that method asks for. Examples are named after the method that they call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.catalog.model import NOTHING, Catalog
from connector.exporters.families import reference, said
from connector.exporters.routes import KEY, KEY_IN_QUERY, LONGEST_KEY, Parameter, Route, Schema
from connector.exporters.texts import in_query, line

ACTION = "action"
ENFORCED = ("maxLength", "format", "anyOf")
"""What of an input's schema is asked of a text, whatever else may stand for it."""
TEXT, SPOKEN = line(), reference("Json")
"""A value of a form, and of a JSON body: there numbers, yes and no are read as texts, and of a list the last item."""
BEYOND = "`login` and `apikey` may also be headers. Parameters that a method does not take are ignored."


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method: what it does, takes and answers, and how a call of it looks."""

    does: str
    answers: Schema
    takes: Sequence[str] = ()
    needs: Sequence[str] = ()
    """What has to be there."""
    one_of: Sequence[str] = ()
    """Of these one has to be there."""
    shown: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    answer: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A door of methods."""

    tag: str
    title: str
    paths: Mapping[str, str]
    """Its addresses, and how the ids of their operations begin."""
    methods: Mapping[str, Method]
    inputs: Mapping[str, tuple[str, str]]
    """Parameter -> the action of the catalog that takes it, and what it is called there."""
    words: Mapping[str, str]
    """Parameter -> what it means, where the catalog does not say."""


def operations(catalog: Catalog, desk: Desk, path: str) -> Iterator[Route]:
    """The address by GET and by POST; not there where the catalog lacks what it stands for."""
    if all(key in catalog.actions for key, _ in desk.inputs.values()):
        yield by_get(catalog, desk, path)
        yield by_post(catalog, desk, path)


def by_get(catalog: Catalog, desk: Desk, path: str) -> Route:
    """The address with everything in the query string."""
    return Route(
        key=f"{desk.paths[path]}_get", method="get", path=path, **shared(desk),
        takes=(*parameters(catalog, desk), KEY_IN_QUERY, KEY),
    )  # fmt: skip


def by_post(catalog: Catalog, desk: Desk, path: str) -> Route:
    """The address with everything in a body."""
    return Route(
        key=f"{desk.paths[path]}_post", method="post", path=path, **shared(desk), takes=(KEY,), body_required=True,
        body=body(catalog, desk, SPOKEN), form=body(catalog, desk, TEXT), examples=calls(desk),
    )  # fmt: skip


def shared(desk: Desk) -> dict[str, Any]:
    """What both have."""
    answers = [method.answers for method in desk.methods.values()]
    return {
        "tag": desk.tag, "title": desk.title, "door": "salesman", "does": told(desk),
        "answers": {"anyOf": [*answers, reference("SalesmanError")]},
        "shown": {name: method.answer for name, method in desk.methods.items()},
        "refuses": (402, 404, 409, 413, 415, 507),
    }  # fmt: skip


def calls(desk: Desk) -> dict[str, dict[str, str]]:
    """One call per method, under its name."""
    return {name: {ACTION: name, **method.shown} for name, method in desk.methods.items()}


def told(desk: Desk) -> str:
    """What the methods do."""
    lines = [f"- `{name}`: {method.does}" for name, method in desk.methods.items()]
    return "\n".join([f"The parameter `{ACTION}` names the method.", "", *lines, "", BEYOND])


def takers(desk: Desk) -> dict[str, list[str]]:
    """Every parameter, and the methods that take it."""
    found: dict[str, list[str]] = {}
    for name, method in desk.methods.items():
        for taken in method.takes:
            found.setdefault(taken, []).append(name)
    return found


def parameters(catalog: Catalog, desk: Desk) -> Iterator[Parameter]:
    """Everything that a query string may hold."""
    for name, schema in ({ACTION: named(desk)} | dict.fromkeys(takers(desk), TEXT)).items():
        examples = {call: given[name] for call, given in calls(desk).items() if name in given}
        does = "Which method is called." if name == ACTION else meaning(catalog, desk, name)
        yield Parameter(name=name, schema=schema, does=does, required=name == ACTION, examples=examples)


def named(desk: Desk) -> dict[str, Any]:
    """The name of a method."""
    return {"type": "string", "enum": list(desk.methods)}


def meaning(catalog: Catalog, desk: Desk, name: str) -> str:
    """What a parameter means, and to which methods."""
    known = desk.words.get(name) or of_catalog(catalog, desk, name)
    return f"{', '.join(f'`{taker}`' for taker in takers(desk)[name])}: {known}"


def of_catalog(catalog: Catalog, desk: Desk, name: str) -> str:
    """What the catalog says of a parameter."""
    key, input = desk.inputs[name]
    taken = catalog.actions[key].input
    schema = taken.schema["properties"][input]
    most = f" At most {schema['maxLength']} characters." if "maxLength" in schema else ""
    return f"{said(schema, taken, input)}{most}"


def body(catalog: Catalog, desk: Desk, value: Schema) -> dict[str, Any]:
    """What a body may hold: parameters of all kinds with such values, and by method what is asked of them."""
    properties = {name: {**value, "description": meaning(catalog, desk, name)} for name in takers(desk)}
    return {
        "type": "object", "required": [ACTION], "additionalProperties": value, "propertyNames": line(),
        "properties": {ACTION: named(desk), **properties, KEY_IN_QUERY.name: {**value, "maxLength": LONGEST_KEY}},
        "anyOf": [alternative(catalog, desk, name) for name in desk.methods],
    }  # fmt: skip


def alternative(catalog: Catalog, desk: Desk, name: str) -> dict[str, Any]:
    """What one method asks of a body."""
    method = desk.methods[name]
    asked = {taken: bounds(catalog, desk, taken) for taken in method.takes if taken in desk.inputs}
    found = {"title": name, "properties": {ACTION: {"const": name}, **asked}, "required": [ACTION, *method.needs]}
    return found | ({"anyOf": [{"required": [each]} for each in method.one_of]} if method.one_of else {})


def bounds(catalog: Catalog, desk: Desk, name: str) -> dict[str, Any]:
    """What is asked of a text that becomes an input of the catalog."""
    key, input = desk.inputs[name]
    schema = in_query(catalog.actions[key].input.schema["properties"][input], required=False)
    return {word: schema[word] for word in ENFORCED if word in schema}
