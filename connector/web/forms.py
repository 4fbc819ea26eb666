"""Bodies of what is no action, read by marshmallow, with every fault named by its place and told in three languages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from marshmallow import Schema, ValidationError, fields

from connector.catalog.coercions import echo
from connector.catalog.inputs import MAX_FAULTS
from connector.catalog.place import candidates
from connector.errors import Fault, Invalid
from connector.sentences import SENTENCES

Fields = Mapping[Any, fields.Field[Any]]
Read = Callable[[re.Match[str], Any], tuple[str, Mapping[str, Any]]]


def checked(schema: Schema, body: Mapping[str, Any], *, partial: bool = False) -> dict[str, Any]:
    """The body as the schema types it; Invalid with every fault it has. `partial`: what is missing stays missing."""
    try:
        # By name, for `True` would let parts of nested schemas be missing too.
        typed: dict[str, Any] = schema.load(body, partial=tuple(schema.fields) if partial else False)
    except ValidationError as error:
        raise Invalid(faults=list(islice(faults(error.messages_dict, body, known(schema)), MAX_FAULTS))) from None
    return typed


def known(schema: Any) -> Fields:
    """What a schema takes, by the name it has on the wire; a list of objects takes what each of them does."""
    while isinstance(schema, fields.List):
        schema = schema.inner
    if isinstance(schema, fields.Nested):
        schema = schema.schema
    if not isinstance(schema, Schema):
        return {}
    return {field.data_key or name: field for name, field in schema.fields.items() if not field.dump_only}


def faults(messages: Mapping[Any, Any], given: Any, there: Fields, place: str = "") -> Iterator[Fault]:
    """Marshmallow's complaints, one by one, each about a part of what was given."""
    for name, said in messages.items():
        here = name == "_schema"
        pointer, value = (place, given) if here else (f"{place}/{name}", part(given, name))
        if isinstance(said, Mapping):
            # A number is a place in a list, whose items are all of one kind.
            yield from faults(said, value, known(there[name]) if name in there else there, pointer)
        else:
            yield fault(pointer, " ".join(said), value, [*there])


def part(given: Any, name: Any) -> Any:
    """What was given under that name or number; None where nothing was."""
    try:
        return given[name]
    except (KeyError, IndexError, TypeError):
        return None


def fault(pointer: str, said: str, value: Any, known: Sequence[str]) -> Fault:
    """One complaint in our own words."""
    name = pointer[1:].replace("/", ".")
    hint = candidates(name.rpartition(".")[2], known)
    params = {"name": name, "got": echo(value), "hint": hint, "keyword": said}
    for pattern, read in WORDS:
        if found := pattern.fullmatch(said):
            key, more = read(found, value)
            return Fault(pointer=pointer, key=key, params={**params, **more})
    return Fault(pointer=pointer, key=said if said in SENTENCES else "not_valid", params=params)


def plainly(key: str) -> Read:
    """A complaint without numbers."""
    return lambda found, value: (key, {})


def size(found: re.Match[str], value: Any) -> tuple[str, Mapping[str, Any]]:
    """Too short or too long; a list has too few or too many items."""
    low, high = int(found["low"] or 0), found["high"]
    if isinstance(value, list):
        few = len(value) < low
        return "too_few_items" if few else "too_many_items", {"limit": low if few else high, "got": len(value)}
    return ("too_short", {"limit": low}) if len(str(value)) < low else ("too_long", {"limit": high})


def bounds(found: re.Match[str], value: Any) -> tuple[str, Mapping[str, Any]]:
    """Too small or too large."""
    low, high = int(found["low"]), int(found["high"])
    return ("too_small", {"limit": low}) if int(value) < low else ("too_large_number", {"limit": high})


def choice(found: re.Match[str], value: Any) -> tuple[str, Mapping[str, Any]]:
    """None of those that there are."""
    return "not_allowed", {"allowed": found["those"]}


WORDS: Sequence[tuple[re.Pattern[str], Read]] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (r"Missing data for required field\.|Field may not be null\.", plainly("missing_parameter")),
        (r"Unknown field\.", plainly("unknown_parameter")),
        (r"Not a valid (utf-8 )?string\.", plainly("not_a_text")),
        (r"Not a valid integer\.|Number too large\.", plainly("not_an_integer")),
        (r"Not a valid boolean\.", plainly("not_a_boolean")),
        (r"Not a valid (aware )?datetime\.", plainly("not_a_datetime")),
        (r"Not a valid list\.", plainly("not_a_list")),
        (r"Not a valid mapping type\.|Invalid (input )?type\.", plainly("not_a_mapping")),
        (r"Length must be between (?P<low>\d+) and (?P<high>\d+)\.", size),
        (r"(?P<low>)Longer than maximum length (?P<high>\d+)\.", size),
        (r"Must be greater than or equal to (?P<low>\d+) and less than or equal to (?P<high>\d+)\.", bounds),
        (r"Must be one of: (?P<those>.*)\.", choice),
        (r"String does not match expected pattern\.", plainly("wrong_form")),
    )
)
"""What marshmallow says, and how it is said here. What our own schemas complain of they name by its key."""
