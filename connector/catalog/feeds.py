"""Trigger and search files -> Trigger and Search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.catalog import outputs
from connector.catalog.actions import examples
from connector.catalog.clauses import MOMENT, condition, order, texts, value, where
from connector.catalog.effects import bindings
from connector.catalog.forms import borrowed, compile_input, shapes
from connector.catalog.model import CHANGED, Entity, Search, Sort, Trigger, Value
from connector.catalog.place import Place, suggest
from connector.catalog.shapes import TEXT, Known, Shape, listing, members, record, row

VERBS = ("created", "updated", "deleted")
ENVELOPE = ("id", "occurred_at", "actor_id", "origin")
"""Keys of every item, which `returns` cannot take."""


def compile_trigger(
    document: Mapping[str, Any], entities: Mapping[str, Entity], known: Known, place: Place
) -> Trigger | None:
    """The compiled trigger, or None when it is on an entity that does not exist."""
    noun = document["on"]
    outline = known.outlines.get(noun)
    if outline is None or noun not in entities:
        (place / "on").add(f"there is no entity '{noun}'", suggest(noun, known.outlines))
        return None
    schema = borrowed(document.get("input", {}), entities, place / "input")
    given: dict[str, Shape] = {"input": members(shapes(schema))}
    chosen = Known(names=given, outlines=known.outlines)
    seen = chosen.plus(before=row(outline.flat), after=row(outline.flat), changed=listing(TEXT), origin=TEXT)
    for name in document.get("match", {}):
        if name not in outline.flat:
            (place / "match" / name).add(f"{noun} has no field '{name}'", suggest(name, outline.flat))
    returns = tuple(document["returns"])
    _check_returns(returns, noun, outline.flat, place / "returns")
    return Trigger(
        key=document["key"],
        on=noun,
        fires=_fires(document["fires"], noun, chosen, place / "fires"),
        title=texts(document, "title"),
        description=texts(document, "description"),
        input=compile_input(schema, known, place / "input"),
        match={k: value(source, chosen, place / "match" / k) for k, source in document.get("match", {}).items()},
        when=condition(document, seen, place),
        returns=returns,
        output=outputs.item(noun, entities[noun].output, returns),
        examples=examples(document),
        file=place.file,
    )


def _fires(sources: Sequence[str], noun: str, known: Known, place: Place) -> tuple[Value, ...]:
    fields = known.outlines[noun].fields
    fires = []
    for i, source in enumerate(sources):
        compiled = value(source, known, place / i)
        if compiled.constant and source not in VERBS and source not in fields:
            (place / i).add(f"'{source}' is neither a verb nor a field of {noun}", suggest(source, [*VERBS, *fields]))
        fires.append(compiled)
    return tuple(fires)


def _check_returns(returns: Sequence[str], noun: str, flat: Mapping[str, Shape], place: Place) -> None:
    for i, name in enumerate(returns):
        if name in ENVELOPE:
            (place / i).add(f"every item has '{name}' already", "Take it out.")
        elif name not in (*flat, CHANGED) and name.removesuffix("_before") not in flat:
            (place / i).add(f"{noun} has no field '{name}'", suggest(name, flat))


def compile_search(
    document: Mapping[str, Any], entities: Mapping[str, Entity], known: Known, place: Place
) -> Search | None:
    """The compiled search, or None when it finds an entity that does not exist."""
    entity = document["find"]
    if entity not in entities:
        (place / "find").add(f"there is no entity '{entity}'", suggest(entity, entities))
        return None
    schema = borrowed(document.get("input", {}), entities, place / "input")
    names = {"input": members(shapes(schema)), "actor": record("user"), **MOMENT}
    seen, bind = bindings(document.get("bind", []), Known(names=names, outlines=known.outlines), place / "bind")
    return Search(
        key=document["key"],
        find=entity,
        title=texts(document, "title"),
        description=texts(document, "description"),
        input=compile_input(schema, known, place / "input"),
        bind=bind,
        where=where(document.get("where", {}), entity, seen, place / "where"),
        order=order(document["order"], entity, seen, place / "order") if "order" in document else (),
        counts=_counts(document.get("counts", {}), entity, seen, place / "counts"),
        output=outputs.counted(entities[entity].output, document.get("counts", {})),
        examples=examples(document),
        file=place.file,
    )


def _counts(document: Mapping[str, Any], entity: str, known: Known, place: Place) -> Mapping[str, Sort]:
    """The numbers beside each record found."""
    for name in document:
        if name in known.outlines[entity].flat:
            (place / name).add(f"{entity} has '{name}' already", "Choose another name.")
    return {name: order(each, entity, known, place / name)[0] for name, each in document.items()}
