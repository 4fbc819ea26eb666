"""What a field accepts when an action writes it: the last check before storage, whatever an expression computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connector.catalog.model import Entity, Field
from connector.engine.records import plain
from connector.errors import Fault, Invalid, Refused

KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "date": (str,),
    "datetime": (str,),
    "integer": (int,),
    "number": (int, float),
    "money": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}

BOUNDS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "maxLength": ("too_long", lambda value, bound: isinstance(value, str) and len(value) > bound),
    "minLength": ("too_short", lambda value, bound: isinstance(value, str) and len(value) < bound),
    "maximum": ("too_large_number", lambda value, bound: value > bound),
    "minimum": ("too_small", lambda value, bound: value < bound),
    "maxItems": ("too_many_items", lambda value, bound: len(value) > bound),
    "maxProperties": ("too_many_items", lambda value, bound: len(value) > bound),
    "enum": ("not_allowed", lambda value, bound: value not in bound),
}


KEPT = ("id", "created_at", "updated_at")
"""Fields that the store sets."""


def settle(entity: Entity, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as stored; Refused, by name of every field that cannot hold what was computed for it.

    Inputs have kept their own bounds by now: it is what the record holds already that leaves no room.
    """
    settled = {}
    faults: list[Fault] = []
    for name, given in values.items():
        field = entity.fields[name]
        value = plain(given)
        if value is not None:
            value = round(value, 4) if field.kind == "money" and isinstance(value, float) else value
            faults.extend(_faults(field, value))
        settled[name] = value
    if faults:
        raise Refused("does_not_fit", faults=faults)
    return settled


def _faults(field: Field, value: Any) -> list[Fault]:
    if not isinstance(value, KINDS[field.kind]) or isinstance(value, bool) is not (field.kind == "boolean"):
        return [_fault(field, "wrong_type", got=value, allowed=field.kind)]
    return [
        _fault(field, BOUNDS[word][0], got=str(value)[:60], limit=limit)
        for word, limit in field.schema.items()
        if word in BOUNDS and BOUNDS[word][1](value, limit)
    ]


def _fault(field: Field, key: str, **params: Any) -> Fault:
    return Fault(pointer=f"/{field.name}", key=key, params={"name": field.name, **params})


def complete(entity: Entity, row: Mapping[str, Any]) -> None:
    """Refuse a record that lacks a required field."""
    faults = [
        Fault(pointer=f"/{field.name}", key="missing_parameter", params={"name": field.name})
        for field in entity.fields.values()
        if field.required and field.name not in KEPT and row.get(field.name) is None
    ]
    if faults:
        raise Invalid(faults=faults)
