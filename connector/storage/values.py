"""Values: their one canonical form in rows, how SQL keeps them, and what a comparison with them means.

Every backend compares through `operand`, so that case, accents, phone notation and types match alike everywhere.
A folded form that comes to nothing (a phone of `n/a`) is null: it equals nothing and breaks no unique rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import orjson

from connector.catalog.folds import FOLDS
from connector.catalog.model import Field, Kind

Convert = Callable[[Any], Any]

FOLDED_OPERATORS = frozenset({"eq", "ne", "in", "contains"})
MONEY = 10_000
EXACT = 2**53
LARGEST = 2**63 - 1


def storable(number: int) -> bool:
    """Whether a database can hold the number; an id beyond that is nobody's."""
    return -LARGEST <= number <= LARGEST


def plain(value: Any) -> Any:
    """A number as JSON people write it: whole numbers without a point."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < EXACT else value


def to_money(value: float) -> int:
    """A JSON number as 1/10,000 units."""
    return round(value * MONEY)


def from_money(units: int) -> int | float:
    """1/10,000 units as a JSON number."""
    return units / MONEY if units % MONEY else units // MONEY


def to_json(value: Any) -> str:
    """A list or an object as the text that is stored."""
    return orjson.dumps(value).decode()


CANONICAL: dict[Kind, Convert] = {"money": lambda value: from_money(to_money(value)), "number": plain}
"""Kinds whose values are brought to one form before they are compared or stored."""

ENCODE: dict[Kind, Convert] = {"money": to_money, "list": to_json, "object": to_json}
"""From a row's value to a column's, by kind; the others are stored as they are."""

DECODE: dict[Kind, Convert] = {
    "money": from_money,
    "number": plain,
    "list": orjson.loads,
    "object": orjson.loads,
    "boolean": bool,
}
"""From a column's value to a row's, by kind."""


def fold(field: Field, value: Any) -> Any:
    """The form in which a folded field is compared; None when nothing is left of a text that was not empty."""
    if value is None or field.fold is None:
        return value
    if field.kind == "object":
        return _folded_members(field.fold, value) if value and isinstance(value, dict) else None
    if isinstance(value, list):
        return [FOLDS[field.fold](item) for item in value]
    return FOLDS[field.fold](str(value)) or (None if value else "")


def folded_column(field: Field, value: Any) -> Any:
    """The folded form as its column keeps it."""
    return to_json(folded) if isinstance(folded := fold(field, value), list) else folded


def _folded_members(kind: str, members: Mapping[str, Any]) -> str | None:
    """The texts inside an object, and inside its lists, folded: as the text that is stored. None without any."""
    found = {key: _folded_member(kind, value) for key, value in members.items() if isinstance(value, (str, list))}
    return to_json(found) if found else None


def _folded_member(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        return [FOLDS[kind](item) if isinstance(item, str) else item for item in value]
    return FOLDS[kind](value)


def member_field(field: Field, key: str, kind: str) -> Field:
    """One value inside an object field, as if it were a field of its own."""
    fold = field.fold if kind in ("text", "list") else None
    return Field(name=key, kind=cast(Kind, kind), schema={}, title=field.title, fold=fold)


_HELD: Mapping[str, tuple[type, ...]] = {"text": (str,), "number": (int, float), "boolean": (bool,), "list": (list,)}


def member_of(members: Any, key: str, kind: str) -> Any:
    """The value under that key, if it is of that kind."""
    value = members.get(key) if isinstance(members, dict) else None
    fits = isinstance(value, _HELD[kind]) and isinstance(value, bool) is (kind == "boolean")
    return value if fits else None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return None if "\0" in value else value
    return None if isinstance(value, (bool, list, dict)) or value is None else str(value)


def whole(value: Any) -> int | None:
    """A whole number that a database can hold, or None."""
    number = _number(value)
    return int(number) if number is not None and number == int(number) and storable(int(number)) else None


def _number(value: Any) -> int | float | None:
    if isinstance(value, str):
        try:
            value = int(value) if value.lstrip("-").isdigit() else float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) < 2**70 else None


def _boolean(value: Any) -> bool | None:
    return bool(value) if value in (True, False) else None


def _same(value: Any) -> Any:
    return value


_OPERANDS: dict[Kind, Convert] = {
    "text": _text,
    "date": _text,
    "datetime": _text,
    "integer": whole,
    "number": _number,
    "money": _number,
    "boolean": _boolean,
    "list": _same,
    "object": _same,
}


def operand(field: Field, op: str) -> Convert:
    """How a value is prepared to be compared with that field; the result None means: nothing can match."""
    typed = _OPERANDS[field.kind]
    if field.fold is not None and op in FOLDED_OPERATORS:
        return lambda value: fold(field, typed(value))
    return typed
