"""What the loader knows about names before any record exists: enough to resolve every path in every file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from connector.catalog.model import NOTHING


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value will be.

    `members` is an attribute object (the input), `row` a plain JSON record of an event, `any` a value whose inside
    nobody declared (a custom field).
    """

    kind: Literal["scalar", "record", "members", "row", "list", "none", "any"]
    entity: str = ""
    members: Mapping[str, Shape] = field(default_factory=lambda: NOTHING)
    item: Shape | None = None
    schema: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    """For scalars: the JSON Schema of the value on the wire, where known."""


SCALAR = Shape("scalar")
ANY = Shape("any")
NONE = Shape("none")
BOOLEAN = Shape("scalar", schema={"type": "boolean"})
INTEGER = Shape("scalar", schema={"type": "integer"})
TEXT = Shape("scalar", schema={"type": "string"})


def record(entity: str) -> Shape:
    """One record of an entity, or none."""
    return Shape("record", entity=entity)


def listing(item: Shape) -> Shape:
    """A list of such values."""
    return Shape("list", item=item)


def members(inside: Mapping[str, Shape]) -> Shape:
    """An attribute object with exactly these members: the input."""
    return Shape("members", members=inside)


def row(inside: Mapping[str, Shape]) -> Shape:
    """A plain JSON record of an event, or none; whatever is read of none is none."""
    return Shape("row", members=inside)


def either(one: Shape, other: Shape) -> Shape:
    """The shape of a value that is one or the other."""
    if one == other or other.kind == "none":
        return one
    if one.kind == "none":
        return other
    return SCALAR if one.kind == other.kind == "scalar" else ANY


_PYTHON: Mapping[str, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """An entity before it is compiled: its stored fields, and what an expression may read of a record."""

    key: str
    fields: Mapping[str, str]
    """Stored field -> kind."""
    refs: Mapping[str, str]
    """Reference field (`step_id`) -> entity."""
    required: frozenset[str]
    inside: Mapping[str, Shape]
    """Members of a record: fields, shows, and records through references (`step`)."""
    flat: Mapping[str, Shape]
    """Members of an event's plain record: fields and shows."""
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: NOTHING)
    """Stored field -> its JSON Schema."""

    def misfit(self, name: str, value: Any) -> str:
        """What is wrong with a constant for a field, as far as its type and choices tell; empty when nothing is."""
        schema = self.schemas.get(name, NOTHING)
        choices, wanted = schema.get("enum"), _PYTHON.get(schema.get("type", ""))
        if value is None or (choices is None and wanted is None):
            return ""
        if choices is not None:
            return "" if value in choices else f"'{value}' is not one of: {', '.join(map(str, choices))}"
        fits = isinstance(value, wanted or object) and (wanted is bool or not isinstance(value, bool))
        return "" if fits else f"{self.key}.{name} holds a {schema['type']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The names an expression may use, and the entities its paths go through."""

    names: Mapping[str, Shape] = field(default_factory=lambda: NOTHING)
    outlines: Mapping[str, Outline] = field(default_factory=lambda: NOTHING)

    def plus(self, **names: Shape) -> Known:
        """The same with more names."""
        return replace(self, names={**self.names, **names})

    def inside(self, shape: Shape) -> Mapping[str, Shape] | None:
        """The members of a value, or None when anything goes."""
        if shape.kind == "record":
            outline = self.outlines.get(shape.entity)
            return outline.inside if outline else None
        return None if shape.kind == "any" else shape.members

    def resolve(self, entity: str, path: str) -> tuple[str, str] | str:
        """The (entity, field) that a dotted path ends at, or the sentence that says where it goes wrong."""
        *through, last = path.split(".")
        for step in through:
            target = self.outlines[entity].refs.get(f"{step}_id", "")
            if target not in self.outlines:
                return f"{entity} has no reference '{step}' in '{path}'"
            entity = target
        if last not in self.outlines[entity].fields:
            return f"{entity} has no field '{last}'" + (f" in '{path}'" if through else "")
        return entity, last
