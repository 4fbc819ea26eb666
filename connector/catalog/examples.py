"""The examples of files and the demo world, held against what is declared; they are run elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.catalog.inputs import parse
from connector.catalog.model import Action, Catalog, Entity, Input, Search, Trigger
from connector.catalog.place import Place, suggest
from connector.errors import Invalid

MISSING_ACTION = "there is no action"

Places = Mapping[tuple[str, str], Place]


def check_examples(catalog: Catalog, places: Places) -> None:
    """Report examples that name what does not exist, or give an input that its schema refuses."""
    for action in catalog.actions.values():
        for i, example in enumerate(action.examples):
            _action_example(action, example.document, catalog, places["action", action.key] / "examples" / i)
    for trigger in catalog.triggers.values():
        for i, example in enumerate(trigger.examples):
            _trigger_example(trigger, example.document, catalog, places["trigger", trigger.key] / "examples" / i)
    for search in catalog.searches.values():
        for i, example in enumerate(search.examples):
            _search_example(search, example.document, places["search", search.key] / "examples" / i)


def _action_example(action: Action, example: Mapping[str, Any], catalog: Catalog, place: Place) -> None:
    _given(action.on, example, catalog, place)
    if "error" in example:
        for key in ("expect", "events"):
            if key in example:
                (place / key).add(
                    f"an example with 'error' changes nothing, so it has no '{key}'", "Take one of them out."
                )
    else:
        _input(action.input, _with_id(action, example), place / "input")
        _names(example.get("expect", {}), action.output.get("properties", {}), "the answer", place / "expect")
    for i, wanted in enumerate(example.get("records", [])):
        _entity(wanted["entity"], catalog, place / "records" / i / "entity")
    for i, topic in enumerate(example.get("events", [])):
        _topic(topic, catalog, place / "events" / i)


def _with_id(action: Action, example: Mapping[str, Any]) -> dict[str, Any]:
    on = {f"{action.on}_id": example.get("on", 1)} if action.on else {}
    return {**on, **example.get("input", {})}


def _given(noun: str | None, example: Mapping[str, Any], catalog: Catalog, place: Place) -> None:
    entity = catalog.entities.get(noun or "")
    fields = entity.fields if entity else {}
    _names(example.get("given", {}), fields, noun or "nothing", place / "given")


def _trigger_example(trigger: Trigger, example: Mapping[str, Any], catalog: Catalog, place: Place) -> None:
    _run(example["run"], catalog, place / "run")
    if ("item" in example) == bool(example.get("silent")):
        place.add("an example has either 'item' or 'silent'", 'Say what the item holds, or "silent": true.')
    _input(trigger.input, example.get("input", {}), place / "input")
    _names(example.get("item", {}), trigger.output["properties"], "the item", place / "item")


def _run(run: Mapping[str, Any], catalog: Catalog, place: Place) -> None:
    """What makes the events of a trigger's example: an action, or a write as only the server itself does it."""
    verbs = [verb for verb in ("action", "create", "update") if verb in run]
    if len(verbs) != 1:
        place.add("a run has either 'action', 'create' or 'update'", 'Write {"action": "won"}.')
    elif verbs != ["action"]:
        entity = _entity(run[verbs[0]], catalog, place / verbs[0])
        if entity is not None:
            _names(run.get("set", {}), entity.fields, entity.key, place / "set")
    elif run["action"] not in catalog.actions:
        (place / "action").add(f"{MISSING_ACTION} '{run['action']}'", suggest(run["action"], catalog.actions))
    else:
        action = catalog.actions[run["action"]]
        _given(action.on, run, catalog, place)
        _input(action.input, _with_id(action, run), place / "input")


def _search_example(search: Search, example: Mapping[str, Any], place: Place) -> None:
    _input(search.input, example.get("input", {}), place / "input")


def _input(input: Input, given: Mapping[str, Any], place: Place) -> None:
    try:
        parse(input, given, text=False)
    except Invalid as error:
        place.add(str(error), "An example that is meant to fail says so with 'error'.")


def _names(given: Iterable[str], known: Mapping[str, Any], owner: str, place: Place) -> None:
    for name in given:
        if name not in known:
            (place / name).add(f"{owner} has no '{name}'", suggest(name, known))


def _entity(key: str, catalog: Catalog, place: Place) -> Entity | None:
    entity = catalog.entities.get(key)
    if entity is None:
        place.add(f"there is no entity '{key}'", suggest(key, catalog.entities))
    return entity


def _topic(topic: str, catalog: Catalog, place: Place) -> None:
    key, _, what = topic.partition(".")
    entity = _entity(key, catalog, place)
    known = ["created", "deleted", *entity.fields] if entity else []
    if entity and what not in known:
        place.add(f"there is no topic '{topic}'", suggest(what, known))


def check_world(catalog: Catalog, place: Place) -> None:
    """Report rows of the demo world that no entity has a place for."""
    for key, rows in catalog.world.items():
        if key == "$schema":
            continue
        entity = _entity(key, catalog, place / key)
        if not isinstance(rows, list):
            (place / key).add("it must be a list of records")
        elif entity is not None:
            for i, row in enumerate(rows):
                _row(row, entity, place / key / i)


def _row(row: Any, entity: Entity, place: Place) -> None:
    if not isinstance(row, dict) or not isinstance(row.get("id"), int):
        place.add("a record of the world has an id, a whole number", 'Write {"id": 1, ...}.')
        return
    _names(row, entity.fields, entity.key, place)
    for name, field in entity.fields.items():
        missing = field.required and field.default is None and row.get(name) is None
        if missing and name not in ("id", "created_at", "updated_at"):
            place.add(f"{entity.key}.{name} is required", "Give it a value.")
