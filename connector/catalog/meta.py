"""The meta-schemas: what a file of each kind may say, and mistakes in it put into words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from connector.catalog.place import Place, suggest

_HERE = Path(__file__).resolve()


def _shipped() -> Path:
    """schemas/ of a checkout, or its copy inside the installed package."""
    checkout = _HERE.parents[2] / "schemas"
    return checkout if (checkout / "meta" / "action.schema.json").is_file() else _HERE.parents[1] / "_schemas"


SHIPPED = _shipped()


@cache
def meta_schema(kind: str) -> Mapping[str, Any]:
    """The meta-schema of a kind, whole: its references into shared.schema.json are made local."""
    document: dict[str, Any] = _local(f"{kind}.schema.json")
    shared = _local("shared.schema.json")
    document["$defs"] = {**shared["$defs"], **document.get("$defs", {})}
    return document


def _local(name: str) -> Any:
    return json.loads((SHIPPED / "meta" / name).read_text("utf-8").replace('"shared.schema.json#', '"#'))


@cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(meta_schema(kind)), offline=True)


def check(kind: str, document: Mapping[str, Any], place: Place) -> bool:
    """Whether a document keeps to its meta-schema; what it breaks is reported at its place."""
    if _validator(kind).is_valid(document):
        return True
    from jsonschema import Draft202012Validator  # needed only to explain a broken file

    errors = list(Draft202012Validator(meta_schema(kind)).iter_errors(document))
    for error in errors:
        _explain(error, place)
    if not errors:
        place.add(f"the file does not keep to {kind}.schema.json", "Compare it with a shipped file of this kind.")
    return False


def _explain(error: Any, place: Place) -> None:
    for step in error.absolute_path:
        place = place / step
    for key, reason, hint in _EXPLAIN.get(error.validator, _plainly)(error):
        (place / key if key else place).add(reason, error.schema.get("x-hint", "") or hint)


Explained = Iterable[tuple[str, str, str]]


def _unknown(error: Any) -> Explained:
    known = error.schema.get("properties", {})
    for name in error.instance:
        if name not in known:
            yield name, f"'{name}' is not known here", suggest(name, known)


def _missing(error: Any) -> Explained:
    for name in error.validator_value:
        if name not in error.instance:
            about = error.schema.get("properties", {}).get(name, {}).get("description", "")
            yield "", f"'{name}' is missing", f"Add it. {about}".strip()


def _wrong_type(error: Any) -> Explained:
    wanted = error.validator_value
    names = wanted if isinstance(wanted, list) else [wanted]
    yield "", f"it must be {' or '.join(_SPOKEN[name] for name in names)}", error.schema.get("description", "")


def _choice(error: Any) -> Explained:
    choices = [str(choice) for choice in error.validator_value]
    yield "", f"'{error.instance}' is not one of the choices", suggest(str(error.instance), choices)


def _pattern(error: Any) -> Explained:
    yield "", f"'{str(error.instance)[:60]}' does not have the right form", error.schema.get("description", "")


def _empty(error: Any) -> Explained:
    yield "", "there is too little in it", error.schema.get("description", "")


def _plainly(error: Any) -> Explained:
    yield "", str(error.message)[:200], error.schema.get("description", "")


_EXPLAIN = {
    "additionalProperties": _unknown,
    "required": _missing,
    "type": _wrong_type,
    "enum": _choice,
    "pattern": _pattern,
    "minItems": _empty,
    "minProperties": _empty,
    "minLength": _empty,
}
_SPOKEN = {
    "object": "an object", "array": "a list", "string": "a text", "integer": "a whole number", "number": "a number",
    "boolean": "true or false", "null": "null",
}  # fmt: skip
