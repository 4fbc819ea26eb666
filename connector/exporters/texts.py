"""JSON Schemas of the catalog as the wire has them: which values a request may really hold, no more and no less.

The catalog says what a typed value is. Requests have liberties on top: an optional input may be null or empty, a
number may be text, and in a query string everything is text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow.fields import Boolean

from connector.catalog.coercions import kind_of
from connector.catalog.model import Input

Schema = Mapping[str, Any]
NO_NUL = r"^[^\x00]*$"
"""No text holds a NUL: databases cannot keep it."""
INKED = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Names of records are read without the blanks around them, and there must be something left."""
LARGEST = 2**53
WITHIN: Schema = {"minimum": -LARGEST, "maximum": LARGEST}
"""Numbers beyond these are refused wherever they stand."""
MONEY_STEP = 0.0001
YES_NO = ("true", "false", "yes", "no", "on", "off", "1", "0")
SPOKEN = sorted(word for word in {*Boolean.truthy, *Boolean.falsy} if isinstance(word, str))
YES_OR_NO: Sequence[Schema] = (
    {"type": "boolean"},
    {"type": "integer", "minimum": 0, "maximum": 1},
    {"type": "string", "pattern": f"^({'|'.join(SPOKEN)})$"},
)
"""A yes or no as administrative resources take it, each type by itself."""
PART = r"[^,\x00]{0,64}"


def strict(schema: Schema) -> dict[str, Any]:
    """A text without NUL."""
    return {"pattern": NO_NUL, **schema}


def line() -> dict[str, Any]:
    """Any text."""
    return strict({"type": "string"})


def plain(schema: Any) -> Any:
    """A schema without the annotations that are Leadwire's own."""
    if isinstance(schema, Mapping):
        return {name: plain(value) for name, value in schema.items() if not name.startswith("x-")}
    return [plain(item) for item in schema] if isinstance(schema, list | tuple) else schema


def apart(schema: Any) -> Any:
    """The same schema, lists and objects by themselves wherever a value may be of other types too.

    Programs that write clients in typed languages do not read several types in one place where one of them has parts.
    """
    if not isinstance(schema, Mapping):
        return [apart(item) for item in schema] if isinstance(schema, list | tuple) else schema
    found = {name: apart(value) for name, value in schema.items()}
    types = found.get("type")
    if not isinstance(types, list) or not {"array", "object"} & {*types} or "anyOf" in found:
        return found
    del found["type"]
    parts = [{"type": kind, **{name: found[name] for name in OF[kind] if name in found}} for kind in types]
    return {name: value for name, value in found.items() if name not in OWN} | {"anyOf": parts}


OF: Mapping[str, tuple[str, ...]] = {
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "object": ("properties", "required", "additionalProperties", "propertyNames", "maxProperties", "minProperties"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "multipleOf"),
    "integer": ("minimum", "maximum", "multipleOf"),
    "boolean": (),
    "null": (),
}
"""The keywords that say something about a type."""
OWN = frozenset(name for names in OF.values() for name in names)


def body(input: Input) -> dict[str, Any]:
    """What a JSON body of this input may hold."""
    required = list(input.schema.get("required", ()))
    properties = {
        name: in_json(schema, required=name in required) for name, schema in input.schema["properties"].items()
    }
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def in_json(schema: Schema, *, required: bool) -> dict[str, Any]:
    """The values that a JSON body may hold for one input."""
    kind = kind_of(schema)
    exact = JSON_KINDS.get(kind, _same)(plain(schema))
    return exact if required else or_empty(exact, "string", "null")


def in_query(schema: Schema, *, required: bool) -> dict[str, Any]:
    """The values that a query string may hold for one input."""
    kind = kind_of(schema)
    if kind == "list" and "x-split" in schema and "enum" not in schema["items"]:
        return _split(plain(schema), required=required)
    exact = TEXT_KINDS.get(kind, JSON_KINDS.get(kind, _same))(plain(schema))
    return exact if required else or_empty(exact, "string")


def _same(schema: dict[str, Any]) -> dict[str, Any]:
    return schema


def _text(schema: dict[str, Any]) -> dict[str, Any]:
    return schema if "enum" in schema or "format" in schema else strict(schema)


def _reference(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "pattern": INKED}


def _integer(schema: dict[str, Any]) -> dict[str, Any]:
    bounded = {"minimum": -LARGEST, "maximum": LARGEST, **schema}
    return {**bounded, "type": ["integer", "string"], "pattern": digits(bounded["minimum"], bounded["maximum"])}


def _number(schema: dict[str, Any]) -> dict[str, Any]:
    whole = len(str(int(schema.get("maximum", LARGEST))))
    pattern = rf"^0*([0-9]{{1,{whole}}}(\.[0-9]{{0,4}})?|\.[0-9]{{1,4}})$"
    return {**schema, "type": ["number", "string"], "pattern": pattern, "multipleOf": MONEY_STEP}


def _list(schema: dict[str, Any]) -> dict[str, Any]:
    items = schema.get("items", {})
    return {**schema, "items": _text(items)} if items.get("type") == "string" else schema


def _object(schema: dict[str, Any]) -> dict[str, Any]:
    return {"additionalProperties": {"$ref": "#/components/schemas/Json"}, "propertyNames": line(), **schema}


def _yes_no(schema: dict[str, Any]) -> dict[str, Any]:
    default = {"default": str(schema["default"]).lower()} if "default" in schema else {}
    return {**schema, "type": "string", "enum": list(YES_NO), **default}


def _as_integer(schema: dict[str, Any]) -> dict[str, Any]:
    return {"minimum": -LARGEST, "maximum": LARGEST, **schema}


def _as_number(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "multipleOf": MONEY_STEP}


def _split(schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """Several values in one text, with commas between them."""
    most = schema.get("maxItems", 100) - 1
    pattern = rf"^{PART}(,{PART}){{0,{most}}}$"
    if required:
        pattern = rf"^[^,\x00]{{0,30}}[^,\s\x00]{PART.replace('64', '30')}(,{PART}){{0,{most}}}$"
    shown = {name: value for name, value in schema.items() if name in ("title", "description")}
    return {**shown, "type": "string", "pattern": pattern}


JSON_KINDS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "ref": _reference,
    "integer": _integer,
    "number": _number,
    "money": _number,
    "list": _list,
    "object": _object,
}
TEXT_KINDS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "boolean": _yes_no,
    "integer": _as_integer,
    "number": _as_number,
    "money": _as_number,
}


def or_empty(schema: Schema, *more: str) -> dict[str, Any]:
    """The same or the empty text, of these types too: what is empty counts as not given."""
    declared = schema["type"]
    types: Sequence[str] = [declared] if isinstance(declared, str) else declared
    if "enum" in schema and "integer" in types:
        return _chosen(schema, null="null" in more)
    wider = {**schema, "type": [*types, *(name for name in more if name not in types)]}
    wider.pop("minLength", None)
    if "enum" in schema:
        wider["enum"] = [*schema["enum"], "", *(() if "null" not in more else (None,))]
    elif "string" not in types:
        wider["maxLength"] = 0
    elif "format" in schema:
        wider["anyOf"] = [{"format": wider.pop("format")}, {"maxLength": 0}]
    if wider.get("pattern", NO_NUL) != NO_NUL:
        wider["pattern"] = f"^$|{wider['pattern']}"
    return wider


def _chosen(schema: Schema, *, null: bool) -> dict[str, Any]:
    """Some whole numbers, also as text, or nothing; each type by itself, for who reads schemas takes no mixed lists."""
    shown = {name: value for name, value in schema.items() if name in ("title", "description")}
    words = "|".join(f"{'-' if number < 0 else ''}0*{abs(number)}" for number in schema["enum"])
    parts = [{"type": "integer", "enum": list(schema["enum"])}, {"type": "string", "pattern": f"^({words})?$"}]
    return {**shown, "anyOf": [*parts, *([{"type": "null"}] if null else [])]}


def digits(lowest: int, highest: int) -> str:
    """The pattern of the whole numbers from lowest to highest, written in digits; leading zeros are no harm."""
    nought = "" if lowest <= 0 else "(?!0+$)"
    text = str(highest)
    shorter = [f"[0-9]{{1,{len(text) - 1}}}"] if len(text) > 1 else []
    same = [
        text[:place] + f"[0-{int(digit) - 1}]" + (f"[0-9]{{{len(text) - place - 1}}}" if place + 1 < len(text) else "")
        for place, digit in enumerate(text)
        if digit != "0"
    ]
    sign = "-?" if lowest < 0 else ""
    return f"^{sign}{nought}0*({'|'.join([*shorter, *same, text])})$"


def any_case(word: str) -> str:
    """The pattern of a word in small and capital letters."""
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)


def drawn(schema: Schema) -> Any:
    """A plain value of that schema: null wherever it may be, but for whole objects."""
    if "examples" in schema:
        return schema["examples"][0]
    if "anyOf" in schema and "type" not in schema:
        parts = [drawn(part) for part in schema["anyOf"]]
        return None if None in parts else parts[0]
    return _drawn(schema, schema.get("type", "object"))


def _drawn(schema: Schema, types: str | Sequence[str]) -> Any:
    if "null" in types and "properties" not in schema:
        return None
    if "enum" in schema:
        return schema["enum"][0]
    kind = types if isinstance(types, str) else types[0]
    if kind == "object":
        return {name: drawn(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "string":
        return FORMATS.get(schema.get("format", ""), "text")
    return {"array": [], "boolean": True}.get(kind, schema.get("minimum", 1))


FORMATS = {
    "date": "2026-03-01",
    "date-time": "2026-03-01T09:00:00.000Z",
    "email": "ana@example.test",
    "uri": "https://example.test/",
}
