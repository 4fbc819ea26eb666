"""An account's own catalog: the shared one, with the custom fields that the account has given its record types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from connector.catalog import folds
from connector.catalog.coercions import Coercion, Wrong, day, kind_of, moment
from connector.catalog.forms import MAX_ID, MAX_MONEY, extended
from connector.catalog.model import (
    CUSTOM,
    NOTHING,
    Action,
    Catalog,
    Effect,
    Entity,
    Example,
    Field,
    Input,
    Kind,
    Search,
    Trigger,
    Value,
)
from connector.catalog.outputs import nullable

DEFINITION = "custom_field"
"""The record type whose records are the custom fields of an account."""
MOST_NUMBER = 10**12
SEPARATORS = (",", ";", "|")

Row = Mapping[str, Any]
Own = Mapping[str, Mapping[str, Field]]
"""Custom fields by entity and key."""


def _text(row: Row, **more: Any) -> dict[str, Any]:
    return {"type": "string", "maxLength": 255, **more}


def _several(row: Row) -> dict[str, Any]:
    choices = list(row["choices"] or ())
    separator = next((sign for sign in SEPARATORS if not any(sign in choice for choice in choices)), SEPARATORS[0])
    items = {"type": "string", "maxLength": 255, "enum": choices}
    return {"type": "array", "items": items, "uniqueItems": True, "maxItems": len(choices), "x-split": separator,
            "examples": [choices[:1]]}  # fmt: skip


TYPES: Mapping[str, Callable[[Row], dict[str, Any]]] = {
    "text": lambda row: _text(row, examples=["A short text"]),
    "long_text": lambda row: _text(row, maxLength=10_000, examples=["A longer text."]),
    "integer": lambda row: {"type": "integer", "minimum": -MAX_ID, "maximum": MAX_ID, "examples": [3]},
    "number": lambda row: {"type": "number", "minimum": -MOST_NUMBER, "maximum": MOST_NUMBER, "examples": [2.5]},
    "money": lambda row: {
        "type": "number", "x-money": True, "minimum": -MAX_MONEY, "maximum": MAX_MONEY, "examples": [155.34],
    },
    "boolean": lambda row: {"type": "boolean", "examples": [True]},
    "date": lambda row: {"type": "string", "format": "date", "examples": ["2026-03-01"]},
    "datetime": lambda row: {"type": "string", "format": "date-time", "examples": ["2026-03-01T09:00:00.000Z"]},
    "choice": lambda row: _text(row, enum=list(row["choices"] or ()), examples=list(row["choices"] or ())[:1]),
    "multiple_choice": _several,
    "email": lambda row: _text(row, maxLength=254, format="email", examples=["ana@example.com"]),
    "phone": lambda row: _text(row, maxLength=40, pattern="[0-9]", examples=["+33 6 12 34 56 78"]),
    "url": lambda row: _text(row, maxLength=2000, format="uri", examples=["https://example.com/page"]),
}  # fmt: skip
"""Type of a custom field -> the JSON Schema of its values."""
WITH_CHOICES = ("choice", "multiple_choice")
_SHOWN = ("type", "format", "items")
_LOOSE = ("email", "uri")
"""Formats that what is kept from before need not have."""


def for_account(catalog: Catalog, rows: Iterable[Row], mark: str) -> Catalog:
    """The catalog with these custom fields in it; `mark` tells it from those of other accounts and times."""
    own = fields_of(catalog, rows)
    if not any(own.values()):
        return catalog
    entities = {key: _entity(entity, own.get(key, NOTHING)) for key, entity in catalog.entities.items()}
    changed = {key: entities[key] for key in own}
    return replace(
        catalog,
        version=sha256(f"{catalog.version} {mark}".encode()).hexdigest(),
        entities=entities,
        actions={key: _action(action, changed) for key, action in catalog.actions.items()},
        triggers={key: _trigger(trigger, changed) for key, trigger in catalog.triggers.items()},
        searches={key: _search(search, changed) for key, search in catalog.searches.items()},
    )


def fields_of(catalog: Catalog, rows: Iterable[Row]) -> dict[str, dict[str, Field]]:
    """The custom fields in use, by entity, in their order; those that cannot be had here are left out."""
    own: dict[str, dict[str, Field]] = {}
    for row in sorted(rows, key=lambda row: (row["position"] or 0, row["id"])):
        entity = catalog.entities.get(row["parent"])
        if entity is not None and entity.customizable and row["is_active"] and row["key"] not in entity.fields:
            own.setdefault(entity.key, {})[row["key"]] = field_of(row)
    return own


def field_of(row: Row) -> Field:
    """One custom field, from its record."""
    title = {"en": row["name"], **{locale: row[f"name_{locale}"] for locale in ("fr", "ru") if row[f"name_{locale}"]}}
    translated = {locale: text for locale, text in title.items() if locale != "en"}
    schema = {"title": row["name"], **({"x-title": translated} if translated else {}), **TYPES[row["type"]](row)}
    kind: Kind = kind_of(schema)  # type: ignore[assignment]
    return Field(
        name=row["key"], kind=kind, schema=schema, title=title, required=bool(row["required"]),
        choices=tuple(schema.get("enum", schema.get("items", {}).get("enum", ()))),
    )  # fmt: skip


def whole(own: Mapping[str, Field], given: Any) -> dict[str, Any]:
    """The values in `custom` as they are shown: every field is there, null (or no items) where it has no fit value."""
    held = given if isinstance(given, dict) else {}
    return {**held, **{key: _fit(field, held.get(key)) for key, field in own.items()}}


def _fit(field: Field, value: Any) -> Any:
    """The value, unless it is of another type: it may be older than the field."""
    return value if FITS[field.kind](value) else [] if field.kind == "list" else None


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds) and isinstance(value, bool) is (bool in kinds)


def _reads(read: Coercion) -> Callable[[Any], bool]:
    def fits(value: Any) -> bool:
        try:
            return bool(read(value) == value)
        except Wrong:
            return False

    return fits


FITS: Mapping[Kind, Callable[[Any], bool]] = {
    "text": _is(str),
    "integer": _is(int),
    "number": _is(int, float),
    "money": _is(int, float),
    "boolean": _is(bool),
    "date": _reads(day),
    "datetime": _reads(moment),
    "list": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
}
"""Kind of a custom field -> whether a stored value is one of its values."""


def holds(field: Field, held: Any, wanted: Any) -> bool:
    """Whether a record's value is the one that is asked for: texts without case and accents, of lists each item."""
    if isinstance(wanted, list):
        return all(holds(field, item, each) for each in wanted for item in [_among(held, each)])
    if isinstance(held, str) and isinstance(wanted, str):
        return folds.text(held) == folds.text(wanted)
    return bool(held == wanted) and isinstance(held, bool) == isinstance(wanted, bool)


def _among(held: Any, wanted: Any) -> Any:
    return wanted if isinstance(held, list) and wanted in held else None


def _entity(entity: Entity, own: Mapping[str, Field]) -> Entity:
    if not own:
        return entity
    shown = replace(entity, own=own)
    return replace(shown, output=_typed(entity.output, {entity.key: shown}, entity.key))


def _shape(own: Mapping[str, Field]) -> dict[str, Any]:
    """The members of `custom` on the wire."""
    return {key: _wire(field) for key, field in own.items()}


def _wire(field: Field) -> dict[str, Any]:
    schema = {name: field.schema[name] for name in _SHOWN if name in field.schema}
    if schema.get("format") in _LOOSE:
        del schema["format"]
    if field.kind == "list":
        return {**schema, "items": {"type": "string"}, **_titles(field)}
    return {**nullable(schema), **_titles(field)}


def _titles(field: Field) -> dict[str, Any]:
    return {name: field.schema[name] for name in ("title", "x-title") if name in field.schema}


def _typed(schema: Mapping[str, Any], changed: Mapping[str, Entity], noun: str | None) -> Mapping[str, Any]:
    """What is answered, with the members of every `custom` in it; `noun` is whose record it is, where that is known."""
    inside = schema.get("properties")
    if not inside:
        return schema
    owner = next((e for e in changed.values() if e.output and e.output["properties"].keys() == inside.keys()), None)
    found = owner or changed.get(noun or "")
    if CUSTOM in inside and found is not None:
        members = _shape(found.own)
        custom = {**inside[CUSTOM], "properties": members, "required": list(members)}
        return {**schema, "properties": {**inside, CUSTOM: custom}}
    return {**schema, "properties": {name: _typed(inner, changed, None) for name, inner in inside.items()}}


def _action(action: Action, changed: Mapping[str, Entity]) -> Action:
    output = _typed(action.output, changed, action.on)
    writes = [(effect, name) for effect in action.do if (name := _writes(action, effect)) in changed]
    if not writes:
        return action if output == action.output else replace(action, output=output)
    own = {key: field for _, name in writes for key, field in changed[name].own.items()}
    verbs = {effect.verb for effect, _ in writes}
    given = extended(action.input, own, demands="create" in verbs, clears="update" in verbs)
    examples = tuple(_example(example, given.own, given.demanded) for example in action.examples)
    return replace(action, input=given, output=output, examples=examples)


def _writes(action: Action, effect: Effect) -> str:
    """The entity whose custom values an effect copies from the input; empty for other effects."""
    if CUSTOM not in (effect.copy or ()):
        return ""
    if effect.entity or effect.target == action.on:
        return effect.entity or action.on or ""
    return next((_found(binding.find, action) for binding in action.bind if binding.name == effect.target), "")


def _found(entity: str | None, action: Action) -> str:
    """What a bound name is a record of; a named value is taken to be what the action creates."""
    return entity or next((effect.entity or "" for effect in action.do if effect.verb == "create"), "")


def defines(action: Action) -> bool:
    """Whether the action makes or changes custom fields, and so what other actions take."""
    return any((effect.entity or action.on) == DEFINITION for effect in action.do)


def inputs_of(catalog: Catalog, parent: str) -> Iterator[Input]:
    """The inputs that take the custom fields of that record type."""
    writing = (a for a in catalog.actions.values() if any(_writes(a, effect) == parent for effect in a.do))
    yield from (action.input for action in writing)
    yield from (trigger.input for trigger in catalog.triggers.values() if trigger.on == parent)
    yield from (search.input for search in catalog.searches.values() if search.find == parent)


def _example(example: Example, own: Mapping[str, Field], demanded: frozenset[str]) -> Example:
    """The example as this account would send it."""
    given = {name: value for name, value in example.document.get("input", {}).items() if name != CUSTOM}
    asked = {key: own[key].schema["examples"][0] for key in sorted(demanded)}
    return replace(example, document={**example.document, "input": {**given, **asked}})


def _trigger(trigger: Trigger, changed: Mapping[str, Entity]) -> Trigger:
    entity = changed.get(trigger.on)
    if entity is None:
        return trigger
    return replace(
        trigger,
        own=entity.own,
        fires=tuple(_fires(value, entity.own) for value in trigger.fires),
        input=extended(trigger.input, entity.own, demands=False, clears=False),
        output=_typed(trigger.output, changed, trigger.on),
    )


def _fires(value: Value, own: Mapping[str, Field]) -> Value:
    """A chosen custom field means the change of that one inside `custom`."""
    if value.constant:
        return value

    def of(names: Mapping[str, Any]) -> Any:
        chosen = value.of(names)
        return f"{CUSTOM}.{chosen}" if chosen in own else chosen

    return replace(value, of=of)


def _search(search: Search, changed: Mapping[str, Entity]) -> Search:
    entity = changed.get(search.find)
    if entity is None:
        return search
    given = extended(search.input, entity.own, demands=False, clears=False)
    return replace(search, input=given, output=_typed(search.output, changed, search.find))
