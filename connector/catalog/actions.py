"""Action files -> Action."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connector.catalog import outputs
from connector.catalog.clauses import MOMENT, bare, refusal, shaped, texts
from connector.catalog.effects import bindings, named_effects
from connector.catalog.forms import borrowed, compile_input, shapes, with_record
from connector.catalog.model import Action, Effect, Entity, Example, Requirement, Value
from connector.catalog.place import Place, suggest
from connector.catalog.shapes import Known, members, record


def compile_action(
    document: Mapping[str, Any], entities: Mapping[str, Entity], known: Known, place: Place
) -> Action | None:
    """The compiled action, or None when it is on an entity that does not exist."""
    noun = document.get("on")
    if noun is not None and noun not in known.outlines:
        (place / "on").add(f"there is no entity '{noun}'", suggest(noun, known.outlines))
        return None
    title = entities[noun].title if noun else {"en": ""}
    given = borrowed(document.get("input", {}), entities, place / "input")
    schema = with_record(given, noun, title)
    seen = _names(schema, noun, known)
    seen, bind = bindings(document.get("bind", []), seen, place / "bind")
    require = _requirements(document.get("require", []), seen, place / "require")
    seen, do = named_effects(document["do"], noun, seen, schema["properties"], place / "do")
    returns, output = _returns(document, noun, entities, seen, place / "returns")
    return Action(
        key=document["key"],
        on=noun,
        path=document.get("path", document["key"]),
        title=texts(document, "title"),
        description=texts(document, "description"),
        input=compile_input(schema, known, place / "input", clearable(schema, do, noun, seen)),
        bind=bind,
        require=require,
        do=do,
        returns=returns,
        output=output,
        examples=examples(document),
        file=place.file,
    )


def examples(document: Mapping[str, Any]) -> tuple[Example, ...]:
    """The worked examples of a file; one without a name is called by its number."""
    return tuple(
        Example(name=example.get("name", f"example {i}"), document=example)
        for i, example in enumerate(document.get("examples", []), 1)
    )


def _names(schema: Mapping[str, Any], noun: str | None, known: Known) -> Known:
    names = {"input": members(shapes(schema)), "actor": record("user"), **MOMENT}
    if noun is not None:
        names[noun] = record(noun)
    return Known(names=names, outlines=known.outlines)


def _requirements(documents: Sequence[Mapping[str, Any]], known: Known, place: Place) -> tuple[Requirement, ...]:
    return tuple(
        Requirement(that=bare(each["that"], known, place / i / "that"), refusal=refusal(each, known, place / i))
        for i, each in enumerate(documents)
    )


def _returns(
    document: Mapping[str, Any], noun: str | None, entities: Mapping[str, Entity], known: Known, place: Place
) -> tuple[str | tuple[str, ...] | Mapping[str, Value], Mapping[str, Any]]:
    """What the action answers, and its JSON Schema."""
    returns = document.get("returns", noun)
    wire = {key: entity.output for key, entity in entities.items()}
    if isinstance(returns, str):
        shape = known.names.get(returns)
        if shape is None or shape.kind != "record":
            place.add(f"'{returns}' is no record here", suggest(returns, known.names))
            return returns, {}
        return returns, wire.get(shape.entity, {})
    if isinstance(returns, list):
        inside = wire.get(noun or "", {}).get("properties", {})
        for i, name in enumerate(returns):
            if name not in inside:
                (place / i).add(f"{noun or 'nothing'} has no field '{name}'", suggest(name, inside))
        return tuple(returns), outputs.closed({name: inside.get(name, {}) for name in returns})
    if isinstance(returns, dict):
        read = {name: shaped(source, known, place / name) for name, source in returns.items()}
        schema = outputs.closed({name: outputs.of_shape(shape, wire) for name, (_, shape) in read.items()})
        return {name: value for name, (value, _) in read.items()}, schema
    place.add("'returns' is missing", 'Name the record that is answered, such as "lead".')
    return "", {}


def clearable(schema: Mapping[str, Any], do: Iterable[Effect], noun: str | None, known: Known) -> tuple[str, ...]:
    """Optional inputs that are written as they are to a field of one record that may be empty."""
    required = set(schema.get("required", []))
    written: set[str] = set()
    for effect in do:
        written |= _written(effect, noun, known)
    return tuple(name for name in schema["properties"] if name in written and name not in required)


def _written(effect: Effect, noun: str | None, known: Known) -> set[str]:
    entity = noun if effect.verb == "set" else known.names[effect.target].entity if effect.target else None
    if effect.verb not in ("set", "update") or not entity:
        return set()
    outline = known.outlines[entity]
    same = {name for name, value in effect.values.items() if value.absent_with == name}
    copied = set(effect.copy) if isinstance(effect.copy, tuple) else set()
    return {
        name
        for name in same | copied
        if name in outline.fields and name not in outline.required and outline.fields[name] not in ("list", "object")
    }


def destinations(actions: Iterable[Action], place: Mapping[str, Place]) -> None:
    """Report actions that would share one address below the same noun."""
    taken: dict[tuple[str | None, str], str] = {}
    for action in actions:
        first = taken.setdefault((action.on, action.path), action.key)
        if first != action.key:
            (place[action.key] / "path").add(
                f"'{action.path}' is already the path of '{first}'", "Choose another path."
            )
