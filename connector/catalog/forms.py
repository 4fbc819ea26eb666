"""The input of an action, trigger or search: its JSON Schema expanded, and everything that `inputs.parse` needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jsonschema_rs

from connector.catalog import folds
from connector.catalog.clauses import reference
from connector.catalog.coercions import Coercion, coercion, kind_of
from connector.catalog.model import CUSTOM, Entity, Field, Input, Ref, Texts
from connector.catalog.place import Place, suggest
from connector.catalog.shapes import ANY, SCALAR, Known, Shape, listing, record

EMAILS = jsonschema_rs.EmailOptions(allow_display_text=False, allow_domain_literal=False)
PATTERNS = jsonschema_rs.RegexOptions()
"""Linear time: look-around and back-references are refused when a file is loaded."""

MAX_ID = 2**53 - 1
MAX_NAME = 254
MAX_MONEY = 99_999_999_999.9999
MAX_UNIQUE = 1_000
"""Most items of a list that must be unique: comparing them all costs their square."""

INNER = ("x-ref", "$comment")
"""Keys that the wire does not show, or not as they are written."""

NOT_TAKEN = ("default", "x-fold", "x-show")
"""Keys that an input does not borrow from a field: an absent input leaves a record as it is."""


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A compiled validator: Draft 2020-12, formats asserted, patterns in linear time, nothing fetched."""
    return jsonschema_rs.Draft202012Validator(
        dict(schema), validate_formats=True, pattern_options=PATTERNS, email_options=EMAILS, offline=True
    )


def shapes(schema: Mapping[str, Any]) -> dict[str, Shape]:
    """The members of `input` in expressions: a reference is its record."""
    return {name: _shape(inner) for name, inner in schema.get("properties", {}).items()}


def _shape(schema: Mapping[str, Any]) -> Shape:
    kind = kind_of(schema)
    if kind == "ref":
        return record(schema["x-ref"].get("to", ""))
    return {"list": listing(SCALAR), "object": ANY}.get(kind, Shape("scalar", schema=_plain(schema)))


def _plain(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in ("type", "format") if name in schema}


def borrowed(schema: Mapping[str, Any], entities: Mapping[str, Entity], place: Place) -> dict[str, Any]:
    """The input schema with every `x-field` replaced by that entity field; keys written beside it win."""
    properties = {
        name: _borrowed(inner, entities, place / "properties" / name) if "x-field" in inner else inner
        for name, inner in schema.get("properties", {}).items()
    }
    return {**schema, "properties": properties}


def _borrowed(schema: Mapping[str, Any], entities: Mapping[str, Entity], place: Place) -> Mapping[str, Any]:
    entity, _, name = schema["x-field"].partition(".")
    if entity not in entities:
        (place / "x-field").add(f"there is no entity '{entity}'", suggest(entity, entities))
        return {"type": "string"}
    fields = entities[entity].fields
    if name not in fields:
        (place / "x-field").add(f"{entity} has no field '{name}'", suggest(name, fields))
        return {"type": "string"}
    field = {key: value for key, value in fields[name].schema.items() if key not in NOT_TAKEN}
    return field | {key: value for key, value in schema.items() if key != "x-field"}


def with_record(schema: Mapping[str, Any], noun: str | None, title: Texts) -> dict[str, Any]:
    """The schema with the id of the record that the action is on as its first, required input."""
    properties = schema["properties"]
    if noun is None:
        return dict(schema)
    named = {"title": title["en"], "x-title": {locale: text for locale, text in title.items() if locale != "en"}}
    given = {"x-ref": {"to": noun}, **named, **properties.get(f"{noun}_id", {})}
    return {
        **schema,
        "required": [f"{noun}_id", *schema.get("required", [])],
        "properties": {f"{noun}_id": given, **{k: v for k, v in properties.items() if k != f"{noun}_id"}},
    }


def _filled(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a required input must be: an empty text counts as none."""
    text = schema.get("type") == "string" and "enum" not in schema
    return {**({"minLength": 1} if text else {}), **schema}


def compile_input(schema: Mapping[str, Any], known: Known, place: Place, clearable: Sequence[str] = ()) -> Input:
    """The compiled input of a file; problems are reported below `place`."""
    properties = schema.get("properties", {})
    required = list(dict.fromkeys(schema.get("required", [])))
    for i, name in enumerate(schema.get("required", [])):
        if name not in properties:
            (place / "required" / i).add(
                f"'{name}' is required but not declared", "Add it to properties, or drop it here."
            )
    refs: dict[str, Ref] = {}
    for name, inner in properties.items():
        check_property(inner, place / "properties" / name)
        if "x-ref" in inner:
            refs[name] = reference(inner["x-ref"], known, place / "properties" / name / "x-ref")
    public = {name: expanded(name, inner) for name, inner in properties.items()}
    public |= {name: _filled(public[name]) for name in required if name in public}
    if clearable:
        public["clear"] = _clear(clearable)
    compiled = {"type": "object", "required": required, "properties": public, "additionalProperties": False}
    return _input(compiled, refs, tuple(clearable), place)


def _input(compiled: dict[str, Any], refs: Mapping[str, Ref], clearable: tuple[str, ...], place: Place) -> Input:
    try:
        built = validator(compiled)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        place.add(
            f"the input schema cannot be used: {str(error).splitlines()[0]}", "See the keywords of JSON Schema 2020-12."
        )
        built = validator({})
    public = compiled["properties"]
    return Input(
        schema=compiled,
        refs=refs,
        defaults={name: inner["default"] for name, inner in public.items() if inner.get("default") is not None},
        clearable=clearable,
        validate=lambda value: list(built.iter_errors(value)),
        check=built.is_valid,
        required=frozenset(compiled["required"]),
        from_text={name: coercion(inner, text=True) for name, inner in public.items()},
        from_json={name: coercion(inner, text=False) for name, inner in public.items()},
    )


def extended(base: Input, own: Mapping[str, Field], *, demands: bool, clears: bool) -> Input:
    """The input with an account's custom fields beside its own inputs, in the place of the one object for all.

    `demands`: those that are required must be given; `clears`: the others may be cleared. A key that is an input
    already stays what it is.
    """
    given = {name: inner for name, inner in base.schema["properties"].items() if name not in (CUSTOM, "clear")}
    fresh = {key: field for key, field in own.items() if key not in given}
    clearable = (*base.clearable, *(key for key, field in fresh.items() if clears and not field.required))
    public = {name: _offering(inner, own) for name, inner in given.items()}
    public |= {key: expanded(key, field.schema) for key, field in fresh.items()}
    if clearable:
        public["clear"] = _clear(clearable)
    demanded = frozenset(key for key, field in fresh.items() if demands and field.required)
    required = list(base.schema.get("required", ()))
    plain = {"type": "object", "required": required, "properties": public, "additionalProperties": False}
    made = _input(plain, base.refs, clearable, Place(""))
    shown = {**plain, "required": [*required, *sorted(demanded)]}
    chosen = {key: _chosen(field.choices) for key, field in fresh.items() if field.choices}
    return replace(
        made, schema=shown, own=fresh, demanded=demanded,
        from_text={**made.from_text, **{key: _both(made.from_text[key], read) for key, read in chosen.items()}},
        from_json={**made.from_json, **{key: _both(made.from_json[key], read) for key, read in chosen.items()}},
    )  # fmt: skip


def _chosen(choices: Sequence[str]) -> Coercion:
    """The choice that is meant, whatever case and accents it is written with; anything else as it is."""
    meant = {folds.text(choice): choice for choice in reversed(choices)}
    exact = frozenset(choices)

    def one(value: Any) -> Any:
        return meant.get(folds.text(value), value) if isinstance(value, str) and value not in exact else value

    return lambda value: [one(item) for item in value] if isinstance(value, list) else one(value)


def _both(first: Coercion | None, then: Coercion) -> Coercion:
    return then if first is None else lambda value: then(first(value))


def _offering(schema: Mapping[str, Any], own: Mapping[str, Field]) -> Mapping[str, Any]:
    """Where a field may be chosen, and `custom` is among the choices, each custom field is one too."""
    choices = schema.get("enum", ())
    return {**schema, "enum": [*choices, *own]} if CUSTOM in choices else schema


def expanded(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The public form of one input: a title always, and for a reference its type and how to name the record."""
    title = schema.get("title") or titled(name)
    rest = {key: inner for key, inner in schema.items() if key not in INNER and key != "title"}
    if "x-ref" in schema:
        ref = schema["x-ref"]
        bounds = {"minimum": 1, "maximum": MAX_ID, "minLength": 1, "maxLength": MAX_NAME}
        shown = {"to": ref["to"], "by": list(ref.get("by", ["id"]))}
        return {"title": title, "type": ["integer", "string"], **bounds, **rest, "x-ref": shown}
    if schema.get("x-money"):
        rest = {"minimum": -MAX_MONEY, "maximum": MAX_MONEY, **rest}
    return {"title": title, **rest}


def titled(name: str) -> str:
    """A title made of a name: `user_id` gives `User`, `due_date` gives `Due Date`."""
    return " ".join(word.capitalize() for word in name.removesuffix("_id").split("_"))


def _clear(names: Sequence[str]) -> dict[str, Any]:
    return {
        "title": "Clear",
        "x-title": {"fr": "Effacer", "ru": "Очистить"},
        "description": "Fields to empty.",
        "x-description": {"fr": "Champs à vider.", "ru": "Поля, которые нужно очистить."},
        "type": "array",
        "items": {"type": "string", "maxLength": 64, "enum": list(names)},
        "uniqueItems": True,
        "maxItems": len(names),
        "x-split": ",",
    }


def check_property(schema: Mapping[str, Any], place: Place) -> None:
    """Report what no meta-schema can say of one property: its type, its bounds, a pattern that could hang."""
    if "type" not in schema and "x-ref" not in schema and "enum" not in schema:
        place.add("it has neither 'type' nor 'x-ref'", 'Add "type": "string", or an "x-ref" to an entity.')
    if schema.get("uniqueItems") and schema.get("maxItems", MAX_UNIQUE + 1) > MAX_UNIQUE:
        place.add("'uniqueItems' needs a 'maxItems'", f'Add "maxItems", at most {MAX_UNIQUE}.')
    if "pattern" in schema:
        _check_pattern(schema["pattern"], place / "pattern")
    if "items" in schema:
        check_property(schema["items"], place / "items")
    if "default" in schema and "x-ref" not in schema:
        _check_default(schema, place)


def _check_pattern(pattern: str, place: Place) -> None:
    try:
        validator({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        place.add(f"the pattern {pattern} is not accepted", "Use plain regular expressions: no look-around, no \\1.")


def _check_default(schema: Mapping[str, Any], place: Place) -> None:
    try:
        fits = validator(schema).is_valid(schema["default"])
    except (jsonschema_rs.ValidationError, ValueError):
        return
    if not fits and schema["default"] is not None:
        (place / "default").add("the default does not fit its own schema")
