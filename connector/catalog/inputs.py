"""Raw input -> typed values, or every mistake in it, by pointer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.catalog.clauses import texts
from connector.catalog.coercions import Wrong, echo, mapping, one_text
from connector.catalog.model import CUSTOM, Input, Texts
from connector.catalog.place import candidates
from connector.errors import Fault, Invalid
from connector.sentences import LOCALES, SENTENCES, say

MAX_FAULTS = 20
"""Mistakes that one answer lists. Looking for the nearest name costs time, so no body may ask for thousands."""
_PLAIN = (str, int, float)
_EXAMPLES = {
    "email": "ana@example.com",
    "uri": "https://example.com/page",
    "uuid": "5b1c2c5e-0000-4000-8000-000000000000",
}


def parse(input: Input, raw: Mapping[str, Any], *, text: bool, lenient: bool = False) -> dict[str, Any]:
    """The typed values of an input.

    `text`: values come from a query string or form, each a text or a list of texts. Otherwise they are JSON, and only
    numeric text for numbers and ids is read as a number. Absent, null and empty optional inputs are left out, or take
    their default. References stay as given. Raises Invalid with all mistakes; with `lenient` unknown names are ignored,
    and custom fields are not asked for. What is given for those comes back in `custom`, null for what is to be cleared.
    """
    if input.own:
        return _with_own(input, raw, text=text, lenient=lenient)
    return _parsed(input, raw, text=text, lenient=lenient)


def _with_own(input: Input, raw: Mapping[str, Any], *, text: bool, lenient: bool) -> dict[str, Any]:
    """The same where the account has custom fields: they may stand by themselves or inside `custom`."""
    custom, faults = _custom(raw.get(CUSTOM))
    spread = {key: value for key, value in custom.items() if key in input.own and key not in raw}
    given = {**spread, **{name: value for name, value in raw.items() if name != CUSTOM}}
    if not lenient:
        faults += [_missing(name) for name in input.demanded if given.get(name) in (None, "", [])]
    try:
        values = _parsed(input, given, text=text, lenient=lenient)
    except Invalid as error:
        found = [_inside(fault) if fault.pointer.split("/")[1] in spread else fault for fault in error.faults]
        raise Invalid(faults=_ordered(input, [*found, *faults])) from None
    if faults:
        raise Invalid(faults=_ordered(input, faults))
    cleared = [name for name in values.get("clear", ()) if name in input.own]
    if cleared:
        values["clear"] = [name for name in values["clear"] if name not in input.own]
    kept = {key: value for key, value in custom.items() if key not in input.own}
    # No items are no value: what was read as an empty list may be sent back.
    kept |= {name: None if values[name] == [] else values[name] for name in input.own if name in values}
    values = {name: value for name, value in values.items() if name not in input.own}
    kept |= dict.fromkeys(cleared)
    return {**values, CUSTOM: kept} if kept else values


def _custom(given: Any) -> tuple[dict[str, Any], list[Fault]]:
    """The object that was given as `custom`, and what is wrong with it. Keys without a field may hold anything."""
    try:
        custom = {} if given in (None, "") else mapping(one_text(given))
        if not isinstance(custom, dict):
            raise Wrong("not_a_mapping", custom)
    except Wrong as wrong:
        return {}, list(_read_faults(CUSTOM, wrong))
    return custom, []


def _inside(fault: Fault) -> Fault:
    """A fault of a value that was given inside `custom`."""
    params = {**fault.params, "name": f"{CUSTOM}.{fault.params['name']}"}
    return replace(fault, pointer=f"/{CUSTOM}{fault.pointer}", params=params)


def _missing(name: str) -> Fault:
    return Fault(pointer=_pointer([name]), key="missing_parameter", params={"name": name})


def _parsed(input: Input, raw: Mapping[str, Any], *, text: bool, lenient: bool) -> dict[str, Any]:
    """The typed values of these inputs and no others."""
    coercions = input.from_text if text else input.from_json
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, value in raw.items():
        if name not in coercions:
            if not lenient and len(faults) < MAX_FAULTS:
                faults.append(unknown(name, input.names))
        elif value is not None and value != "" and not (text and value == [""]):
            coerce = coercions[name]
            try:
                values[name] = value if coerce is None else coerce(value)
            except Wrong as wrong:
                faults += _read_faults(name, wrong)
    if faults or not input.check(values):
        raise Invalid(faults=_ordered(input, [*faults, *_schema_faults(input, values, faults)]))
    for name, value in input.defaults.items():
        if name not in values:
            values[name] = value if isinstance(value, _PLAIN) else copy.deepcopy(value)
    return values


def unknown(name: str, known: Iterable[str]) -> Fault:
    """The fault of a name that is not known here, with the nearest one that is."""
    names = list(known)
    return Fault(
        pointer=_pointer([name[:200]]),
        key="unknown_parameter",
        params={"name": name[:60], "hint": candidates(name[:60], names)},
        texts=None if names else SENTENCES["nothing_known"],
    )


def _read_faults(name: str, wrong: Wrong) -> Iterable[Fault]:
    for below, key, params in wrong.mistakes:
        path = [name, *filter(None, below.split("/"))]
        yield Fault(pointer=_pointer(path), key=key, params={"name": _spoken(path), **params})


def _schema_faults(input: Input, values: Mapping[str, Any], known: Sequence[Fault]) -> Iterable[Fault]:
    """What the schema refuses, one fault per place; a field that could not even be read is not missing."""
    seen = {fault.pointer for fault in known}
    unread = {pointer.split("/")[1] for pointer in seen}
    for name in input.required - values.keys() - unread:
        yield _missing(name)
    for error in input.validate(values):
        if error.kind.name == "required" and not error.instance_path:
            continue
        fault = _schema_fault(input, error)
        if fault.pointer not in seen:
            seen.add(fault.pointer)
            yield fault


def _schema_fault(input: Input, error: Any) -> Fault:
    keyword, details, path = error.kind.name, error.kind.as_dict(), list(error.instance_path)
    got = echo(error.instance)
    if keyword == "required":
        path.append(details["property"])
    if keyword == "additionalProperties":
        path.append(details["unexpected"][0])
    key, blanks = _KEYWORDS.get(keyword, ("not_valid", lambda details: {"keyword": keyword}))
    if keyword in ("maxItems", "minItems"):
        got = str(len(error.instance))
    if keyword == "type":
        key = _type_key(input, path, details["types"])
    params = {"name": _spoken(path), "got": got, **blanks(details)}
    if key == "not_an_id":
        params["allowed"] = ", ".join(input.refs[path[0]].by)
    own = _with_description(key, _property(input, path)) if key == "wrong_pattern" else None
    return Fault(pointer=_pointer(path), key=key, params=params, texts=own)


def _with_description(key: str, schema: Mapping[str, Any]) -> Texts:
    """The sentence, with what the file says about the field after it."""
    said = {
        locale: say(texts(schema, "description"), locale).replace("{", "{{").replace("}", "}}") for locale in LOCALES
    }
    return {locale: f"{say(SENTENCES[key], locale)} {said[locale]}".strip() for locale in LOCALES}


def _type_key(input: Input, path: Sequence[Any], types: Sequence[str]) -> str:
    if path and path[0] in input.refs:
        return "not_an_id"
    return _TYPES.get(types[0], "wrong_type") if len(types) == 1 else "wrong_type"


def _property(input: Input, path: Sequence[Any]) -> Mapping[str, Any]:
    schema: Any = input.schema
    for step in path:
        schema = schema.get("items", {}) if isinstance(step, int) else schema.get("properties", {}).get(step, {})
    return dict(schema)


def _ordered(input: Input, faults: Sequence[Fault]) -> list[Fault]:
    place = {name: i for i, name in enumerate(input.names)}
    ranked = sorted(faults, key=lambda fault: place.get(fault.pointer.split("/")[1], len(place)))
    return ranked[:MAX_FAULTS]


def _pointer(path: Sequence[Any]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _spoken(path: Sequence[Any]) -> str:
    """A place as people write it: `tags[0]`, `custom.size`."""
    head, *rest = [str(step) for step in path] or [""]
    return head + "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in rest)


def _limit(details: Mapping[str, Any]) -> dict[str, Any]:
    return {"limit": details["limit"]}


def _nothing(details: Mapping[str, Any]) -> dict[str, Any]:
    return {}


_KEYWORDS: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "required": ("missing_parameter", _nothing),
    "additionalProperties": ("unknown_parameter", lambda details: {"hint": "-"}),
    "type": ("wrong_type", lambda details: {"allowed": ", ".join(details["types"])}),
    "minLength": ("too_short", _limit),
    "maxLength": ("too_long", _limit),
    "minimum": ("too_small", _limit),
    "maximum": ("too_large_number", _limit),
    "exclusiveMinimum": ("too_small", _limit),
    "exclusiveMaximum": ("too_large_number", _limit),
    "enum": ("not_allowed", lambda details: {"allowed": ", ".join(map(str, details["options"][:20]))}),
    "pattern": ("wrong_pattern", lambda details: {"pattern": details["pattern"]}),
    "format": (
        "wrong_format",
        lambda details: {"format": details["format"], "example": _EXAMPLES.get(details["format"], details["format"])},
    ),
    "minItems": ("too_few_items", _limit),
    "maxItems": ("too_many_items", _limit),
    "maxProperties": ("too_many_items", _limit),
    "uniqueItems": ("not_unique", _nothing),
}
_TYPES = {
    "string": "not_a_text", "array": "not_a_list", "object": "not_a_mapping", "integer": "not_an_integer",
    "number": "not_a_number", "boolean": "not_a_boolean",
}  # fmt: skip
