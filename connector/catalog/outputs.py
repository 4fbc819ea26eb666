"""What leaves on the wire, as JSON Schema: every key required, null where a value may be empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from connector.catalog.coercions import kind_of
from connector.catalog.model import CHANGED, Field, Show, Texts
from connector.catalog.shapes import Shape

ID: Mapping[str, Any] = {"type": "integer", "minimum": 1}
MOMENT: Mapping[str, Any] = {"type": "string", "format": "date-time"}
ORIGINS = ("manual", "api", "import", "form", "automation")

_KEPT = ("format", "enum", "minLength", "maxLength", "minimum", "maximum", "items", "maxItems")
_TYPES = {
    "text": "string", "date": "string", "datetime": "string", "integer": "integer", "number": "number",
    "money": "number", "boolean": "boolean", "list": "array", "object": "object", "ref": "integer",
}  # fmt: skip


def closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object with exactly these keys, all always present."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The same, or null."""
    declared = schema.get("type")
    if declared is None:
        return dict(schema)
    types = declared if isinstance(declared, list) else [declared]
    wider: dict[str, Any] = {**schema, "type": [*types, *(() if "null" in types else ("null",))]}
    if "enum" in schema and None not in schema["enum"]:
        wider["enum"] = [*schema["enum"], None]
    return wider


def field(schema: Mapping[str, Any], *, required: bool, title: Texts | None = None) -> dict[str, Any]:
    """The value of a stored field; lists and objects are never null."""
    kind = kind_of(schema)
    kept = {name: schema[name] for name in _KEPT if name in schema}
    named = {"title": title["en"]} if title else {}
    plain = {"type": _TYPES[kind], **kept, **named}
    return plain if required or kind in ("list", "object") else nullable(plain)


def entity(
    fields: Mapping[str, Field], shows: Iterable[Show], shown: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """A record: its fields and shows, but no secrets. `shown` has the schema of each show's last field."""
    properties: dict[str, Any] = {}
    for name, each in fields.items():
        if not each.secret:
            properties[name] = field(each.schema, required=each.required, title=each.title)
    for show in shows:
        properties[show.name] = nullable(shown.get(show.name, {}))
    return closed(properties)


def counted(record: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Any]:
    """A record with numbers beside its fields."""
    numbers = {name: {"type": "integer", "minimum": 0} for name in names}
    return closed({**record["properties"], **numbers}) if numbers else record


def of_shape(shape: Shape, entities: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The value of an expression; `entities` has the output of each entity."""
    if shape.kind == "record":
        return nullable(entities.get(shape.entity, {}))
    if shape.kind == "list":
        return {"type": "array", "items": of_shape(shape.item, entities) if shape.item else {}}
    if shape.kind == "none":
        return {"type": "null"}
    schema = shape.schema
    return dict(schema) if schema.get("type") == "boolean" else nullable(schema)


def item(noun: str, record: Mapping[str, Any], returns: Iterable[str]) -> dict[str, Any]:
    """A trigger's item: the event, the record it is about, then the fields asked for."""
    inside = record["properties"]
    properties: dict[str, Any] = {"id": dict(ID), "occurred_at": dict(MOMENT), f"{noun}_id": dict(ID)}
    if "lead_id" in inside:
        properties["lead_id"] = inside["lead_id"]
    properties["actor_id"] = nullable(ID)
    properties["origin"] = {"type": "string", "enum": list(ORIGINS)}
    for name in returns:
        if name == CHANGED:
            properties[name] = {"type": "array", "items": {"type": "string"}, "title": "Changed Fields"}
        elif name not in properties:
            before = name not in inside
            schema = inside.get(name.removesuffix("_before"), {})
            properties[name] = nullable(schema) if before else dict(schema)
    return closed(properties)
