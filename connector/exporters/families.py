"""The addresses that files under schemas/ make: one rule of the URL map, and as many operations as the catalog says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connector.catalog.custom import defines
from connector.catalog.model import Action, Catalog, Entity, Example, Input, Search, Trigger
from connector.catalog.outputs import closed
from connector.exporters.routes import (
    API,
    FEED,
    KEY,
    KEY_IN_BODY,
    KEY_IN_QUERY,
    LIST,
    Link,
    Parameter,
    Route,
    Schema,
    page,
    paging,
    segment,
)
from connector.exporters.texts import any_case, body, drawn, in_json, in_query, line

Family = Callable[[Catalog], Iterator[Route]]
PLACE = {"type": "string", "pattern": r"^(v1\.[0-9a-f]{8,64}\.[0-9]{1,16})?$"}
DRY_RUN = Parameter(
    name="dry_run",
    schema={"type": "string", "pattern": f"^({'|'.join(map(any_case, ('true', 'false', 'yes', 'no')))}|1|0)?$"},
    does="`true`: shows what would happen, and keeps nothing.",
)
SOURCE = "#/components/schemas"
PROBLEM = {"$ref": f"{SOURCE}/Problem"}
BATCH = closed({
    "data": {"type": "array", "items": closed({
        "index": {"type": "integer"}, "status": {"type": "integer"}, "result": {"type": ["object", "null"]},
        "error": {"anyOf": [PROBLEM, {"type": "null"}]},
    })},
    "succeeded": {"type": "integer"}, "failed": {"type": "integer"},
})  # fmt: skip
EVENT = closed({
    "entity": {"type": "string"}, "record_id": {"type": ["integer", "null"]}, "verb": {"type": "string"},
    "changed": {"type": "array", "items": {"type": "string"}}, "topics": {"type": "array", "items": {"type": "string"}},
    "before": {"type": ["object", "null"]}, "after": {"type": ["object", "null"]},
})  # fmt: skip
REHEARSAL = closed({
    "dry_run": {"const": True}, "created": {"type": "boolean"}, "data": {"type": "object"},
    "events": {"type": "array", "items": EVENT},
})  # fmt: skip


def named(key: str) -> str:
    """`lead_status_changed` -> `LeadStatusChanged`."""
    return "".join(part.capitalize() for part in key.split("_"))


def reference(name: str) -> dict[str, str]:
    """A schema of the document's components."""
    return {"$ref": f"{SOURCE}/{name}"}


def public(catalog: Catalog) -> list[Entity]:
    """The record types that have addresses."""
    return [entity for entity in catalog.entities.values() if entity.public]


def in_order(catalog: Catalog) -> list[Action]:
    """All actions; late those that change what others take, and last those that delete."""
    return sorted(catalog.actions.values(), key=lambda action: (action.destructive, defines(action)))


def answer_of(catalog: Catalog, action: Action) -> dict[str, Any]:
    """What an action answers: a record type of the document where it is one."""
    for entity in public(catalog):
        if action.output == entity.output:
            return reference(named(entity.key))
    return reference(f"{named(action.key)}Result")


def actions(catalog: Catalog) -> Iterator[Route]:
    """Every action; those that delete come last, so that who tries one after the other finds what they need."""
    for action in in_order(catalog):
        answer = answer_of(catalog, action)
        yield Route(
            key=action.key, method="post", path=f"{API}/actions/{action.key}", tag="Actions",
            title=action.title["en"], does=action.description["en"], takes=(DRY_RUN, KEY_IN_QUERY, KEY),
            body=reference(f"{named(action.key)}Input"), body_required=bool(action.input.schema.get("required")),
            examples=inputs(catalog, action), answers={"anyOf": [answer, reference("Rehearsal")]},
            example=result(action), statuses=(200, 201), refuses=(404, 409, 413, 415, 507),
            refusals=refusals(action), links=links(catalog, answer),
        )  # fmt: skip


def inputs(catalog: Catalog, action: Action) -> dict[str, dict[str, Any]]:
    """The inputs of the file's examples that are meant to work."""
    return {example.name: request_of(catalog, action, example) for example in working(action.examples)}


def working(examples: Sequence[Example]) -> list[Example]:
    """The examples that no refusal is expected of."""
    return [example for example in examples if "error" not in example.document]


def request_of(catalog: Catalog, action: Action, example: Example) -> dict[str, Any]:
    """An example's input, with the record that the action is on."""
    given = dict(example.document.get("input", {}))
    if action.on is None:
        return given
    return {f"{action.on}_id": target(catalog, action, example.document, 1), **given}


def target(catalog: Catalog, action: Action, example: Mapping[str, Any], place: int) -> int:
    """The record an example is on. What deletes is shown on the place-th last one, which no other example needs."""
    rows = catalog.world.get(action.on or "", ())
    return int(rows[-place]["id"] if action.destructive and len(rows) >= place else example.get("on", 1))


def result(action: Action) -> Any:
    """An answer such as the first example expects."""
    expected: Any = next((example.document.get("expect", {}) for example in working(action.examples)), {})
    return merged(drawn(action.output), expected)


def merged(value: Any, over: Any) -> Any:
    """The value with what the other one says laid over it, object by object."""
    if not (isinstance(value, Mapping) and isinstance(over, Mapping)):
        return over
    return {name: merged(value[name], over[name]) if name in over else value[name] for name in value}


def refusals(action: Action) -> dict[str, str]:
    """The codes that an action's own conditions refuse with, and their sentences."""
    found = {rule.refusal.code: str(rule.refusal.message["en"].source) for rule in action.require}
    for ref in action.input.refs.values():
        if ref.refuse is not None:
            found[ref.refuse.code] = str(ref.refuse.message["en"].source)
    return found


def links(catalog: Catalog, answer: Schema) -> dict[str, Link]:
    """From an answer that is a record: to the record itself, and to what deletes it."""
    entity = next((each for each in public(catalog) if reference(named(each.key)) == answer), None)
    if entity is None:
        return {}
    found = {"record": Link(operation=f"get_{entity.key}", does="The record as it stands.",
                            parameters={"record_id": "$response.body#/id"})}  # fmt: skip
    if action := catalog.deletion(entity):
        found["delete"] = Link(operation=f"{action.key}_by_id", does=action.description["en"],
                               parameters={"record_id": "$response.body#/id"})  # fmt: skip
    return found


def batches(catalog: Catalog) -> Iterator[Route]:
    """The one shape that all batches share."""
    rows = {"type": "array", "items": ANY_JSON_OBJECT, "minItems": 1, "maxItems": 1000,
            "description": "Inputs of the action."}  # fmt: skip
    shown, examples = batch_example(catalog)
    action = segment("key", {"type": "string", "enum": list(catalog.actions)}, "The action.", example=shown)
    yield Route(
        key="batch", method="post", path=f"{API}/actions/{{key}}/batch", tag="Actions", title="Run an Action for Many",
        does="Up to 1,000 inputs at once: an answer or an error per row, in order, each row whole or not at all.",
        takes=(action, KEY_IN_QUERY, KEY),
        body={"type": "object", "required": ["rows"], "additionalProperties": False,
              "properties": {"rows": rows, KEY_IN_QUERY.name: KEY_IN_BODY}},
        body_required=True, examples=examples, answers=BATCH, refuses=(404, 413, 415, 507),
    )  # fmt: skip


ANY_JSON_OBJECT = {"type": "object", "additionalProperties": reference("Json"), "propertyNames": line()}


def batch_example(catalog: Catalog) -> tuple[str | None, dict[str, Any]]:
    """The first action that has an example, one on leads before others, and two rows for it."""
    for action in sorted(in_order(catalog), key=lambda action: action.on != "lead"):
        for name, given in inputs(catalog, action).items():
            return action.key, {f"{action.key}: {name}": {"rows": [given, given]}}
    return None, {}


def query_of(input: Input, examples: Sequence[Example] = ()) -> tuple[Parameter, ...]:
    """The parameters of a query string that fills this input."""
    shown: Mapping[str, Any] = next((example.document.get("input", {}) for example in working(examples)), {})
    return tuple(parameter(input, name, shown.get(name)) for name in input.names)


def parameter(input: Input, name: str, example: Any = None) -> Parameter:
    """One input as a parameter; an object is a JSON text."""
    schema, required = input.schema["properties"][name], name in input.schema.get("required", ())
    as_json = schema.get("type") == "object"
    exact = in_json(schema, required=True) if as_json else in_query(schema, required=required)
    if isinstance(example, list) and exact["type"] != "array":
        example = ",".join(map(str, example))
    if isinstance(example, bool):
        example = str(example).lower()
    return Parameter(name=name, schema=exact, does=said(schema, input, name), required=required, example=example,
                     as_json=as_json)  # fmt: skip


def said(schema: Schema, input: Input, name: str) -> str:
    """What people should know of an input."""
    ref = input.refs.get(name)
    text = str(schema.get("description") or schema.get("title") or "").removesuffix(".")
    if ref is None:
        return f"{text}." if text else ""
    return f"{text}. By {' or '.join(ref.by)}; choices: {API}/choices/{ref.to}.".removeprefix(". ")


def triggers(catalog: Catalog) -> Iterator[Route]:
    """Every trigger's feed."""
    for item in catalog.triggers.values():
        yield Route(
            key=f"feed_{item.key}", method="get", path=f"{API}/triggers/{item.key}", tag="Triggers",
            title=item.title["en"], takes=(*query_of(item.input), *paging(FEED, PLACE, "after")),
            does=f"{item.description['en']} Newest first; with `after`, oldest first from that cursor, and no event "
                 "is skipped.",
            answers=page(reference(f"{named(item.key)}Item")), example=feed_page(item), tagged=True,
            refuses=(404, 409, 410),
        )  # fmt: skip


def feed_page(item: Trigger) -> dict[str, Any]:
    """A page such as the trigger's first example gives."""
    return {"data": [happening(item)], "cursor": "v1.0a1b2c3d4e5f.1", "has_more": False}


def happening(item: Trigger) -> Any:
    """An item such as the trigger's first example gives."""
    shown: Any = next((each.document["item"] for each in item.examples if "item" in each.document), {})
    return merged(drawn(item.output), shown)


def samples(catalog: Catalog) -> Iterator[Route]:
    """Every trigger's sample."""
    for item in catalog.triggers.values():
        yield Route(
            key=f"sample_{item.key}", method="get", path=f"{API}/triggers/{item.key}/sample", tag="Triggers",
            title=f"Sample of {item.title['en']}", does="One made-up item, of the same shape as the live ones.",
            answers=page(reference(f"{named(item.key)}Item")),
        )  # fmt: skip


def searches(catalog: Catalog) -> Iterator[Route]:
    """Every search."""
    for item in catalog.searches.values():
        yield Route(
            key=item.key, method="get", path=f"{API}/searches/{item.key}", tag="Searches", title=item.title["en"],
            does=f"{item.description['en']} `data` is empty when nothing is found.",
            takes=(*query_of(item.input, item.examples), *paging(LIST)), answers=page(found_by(catalog, item)),
            refuses=(404, 409),
        )  # fmt: skip


def found_by(catalog: Catalog, item: Search) -> dict[str, Any]:
    """What a search finds."""
    same = item.output == catalog.entities[item.find].output and catalog.entities[item.find].public
    return reference(named(item.find)) if same else dict(item.output)


FAMILIES: Mapping[str, Family] = {
    f"{API}/actions/<key>": actions,
    f"{API}/actions/<key>/batch": batches,
    f"{API}/triggers/<key>": triggers,
    f"{API}/triggers/<key>/sample": samples,
    f"{API}/searches/<key>": searches,
}
"""Rule of the URL map -> its operations."""


SHOWN_ELSEWHERE = ("mailbox",)
"""Record types that have addresses of their own making."""


def components(catalog: Catalog) -> dict[str, Any]:
    """The schemas that operations share."""
    shown = [entity for entity in catalog.entities.values() if entity.public or entity.key in SHOWN_ELSEWHERE]
    found: dict[str, Any] = {named(entity.key): entity.output for entity in shown}
    for action in catalog.actions.values():
        found[f"{named(action.key)}Input"] = keyed(described(body(action.input), action.input))
        if answer_of(catalog, action) == reference(f"{named(action.key)}Result"):
            found[f"{named(action.key)}Result"] = action.output
    for item in catalog.triggers.values():
        found[f"{named(item.key)}Item"] = item.output
    return found | {"Rehearsal": REHEARSAL}


def keyed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an action's body, which may name its wish; not where an input of the action is called so."""
    return {**schema, "properties": {KEY_IN_QUERY.name: KEY_IN_BODY, **schema["properties"]}}


def described(schema: dict[str, Any], input: Input) -> dict[str, Any]:
    """The schema of an input, each part of it with what people should know."""
    parts = {name: {**part, "description": said(input.schema["properties"][name], input, name)}
             for name, part in schema["properties"].items()}  # fmt: skip
    return {**schema, "properties": parts}
