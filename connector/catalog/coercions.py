"""Values of requests made typed: text of query strings and forms, and the few liberties that JSON values have.

A coercion takes a value and returns it typed, or raises Wrong. A value that it cannot judge passes through: the
schema has the last word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from connector.catalog import strict
from connector.catalog.filters import stamp
from connector.errors import Malformed

Coercion = Callable[[Any], Any]
MONEY_PLACES = 4
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})")
_COMMA = re.compile(r"[+-]?[0-9]{1,40},[0-9]{1,40}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)
_TRUE, _FALSE = {"true", "1", "yes", "on"}, {"false", "0", "no", "off"}
_SHORT = 60


class Wrong(Exception):
    """A value that cannot be read: pointer below the field, sentence and its blanks, once per mistake."""

    def __init__(self, key: str = "", value: Any = None, **params: Any) -> None:
        super().__init__(key)
        self.mistakes: list[tuple[str, str, dict[str, Any]]] = []
        if key:
            self.mistakes.append(("", key, {"got": echo(value), **params}))


def echo(value: Any) -> str:
    """The value as a person sees it in an error, at most 60 characters long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
    return json.dumps(short, ensure_ascii=False) if isinstance(value, str) else short


def one_text(value: Any) -> Any:
    """One text; a parameter that is given several times is refused."""
    if isinstance(value, list):
        if len(value) != 1:
            raise Wrong("given_twice", value, got=len(value))
        return value[0]
    return value


def trimmed(value: Any) -> Any:
    """A text without the blanks around it, which are no part of an address."""
    return value.strip(" \t") if isinstance(value, str) else value


def integer(value: Any) -> Any:
    """A whole number from digits (leading zeros are no harm) or from 3.0."""
    if isinstance(value, str):
        if not _INTEGER.fullmatch(text := value.strip()):
            raise Wrong("not_an_integer", value)
        return _kept(value, int(text))
    if isinstance(value, float) and value.is_integer():
        return _kept(value, int(value))
    if isinstance(value, (bool, float)):
        raise Wrong("not_an_integer", value)
    return value


def _kept(value: Any, number: int) -> int:
    if abs(number) > strict.MAX_INTEGER:
        raise Wrong("too_large_number", value, limit=strict.MAX_INTEGER)
    return number


def number(value: Any) -> Any:
    """A number from `155.34`; `155,34` is refused with the way out."""
    if not isinstance(value, str):
        if isinstance(value, bool):
            raise Wrong("not_a_number", value)
        return value
    text = value.strip()
    if _INTEGER.fullmatch(text):
        return _kept(value, int(text))
    if _NUMBER.fullmatch(text):
        return float(text)
    if _COMMA.fullmatch(text):
        raise Wrong("decimal_comma", value, example=text.replace(",", "."))
    raise Wrong("not_a_number", value)


def money(value: Any) -> Any:
    """A number with at most four places after the point."""
    amount = number(value)
    if isinstance(amount, float) and round(amount, MONEY_PLACES) != amount:
        raise Wrong("too_many_decimals", value, limit=MONEY_PLACES)
    return amount


def boolean(value: Any) -> Any:
    """True from true, 1, yes, on; false from false, 0, no, off."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else value
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Wrong("not_a_boolean", value)


def day(value: Any) -> Any:
    """A date written 2026-03-01."""
    if isinstance(value, str):
        text = value.strip()
        try:
            if len(text) == len("2026-03-01"):
                return date.fromisoformat(text).isoformat()
        except ValueError:
            pass
    raise Wrong("not_a_date", value)


def moment(value: Any) -> Any:
    """A date with a time, as UTC with milliseconds; without an offset it is taken as UTC."""
    if isinstance(value, str) and _MOMENT.fullmatch(text := value.strip()):
        try:
            read = datetime.fromisoformat(text.upper())
            return stamp(read if read.tzinfo else read.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            pass
    raise Wrong("not_a_datetime", value)


def reference(value: Any) -> Any:
    """What names a record: a number, or a text without blanks around it."""
    if isinstance(value, str):
        return value.strip()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def mapping(value: Any) -> Any:
    """An object from its JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return strict.loads(value)
    except Malformed:
        raise Wrong("not_a_mapping", value) from None


def listed(item: Coercion | None, separator: str | None, *, text: bool) -> Coercion:
    """A list with each item coerced; from text also one item alone, split at the separator where there is one."""

    def of(value: Any) -> Any:
        items = _items(value, separator) if text else value
        if item is None or not isinstance(items, list):
            return items
        wrong, typed = Wrong(), []
        for index, inner in enumerate(items):
            try:
                typed.append(item(inner))
            except Wrong as error:
                wrong.mistakes += [(f"/{index}{below}", key, params) for below, key, params in error.mistakes]
        if wrong.mistakes:
            raise wrong
        return typed

    return of


def _items(value: Any, separator: str | None) -> Any:
    given = value if isinstance(value, list) else [value]
    if separator is None:
        return given
    return [part.strip() for text in given for part in str(text).split(separator) if part.strip()]


SCALARS: Mapping[str, Coercion] = {
    "integer": integer, "number": number, "money": money, "boolean": boolean, "date": day, "datetime": moment,
    "ref": reference, "object": mapping, "email": trimmed,
}  # fmt: skip
"""Kind of a field -> what reads it from text. Texts need none."""

IN_JSON = frozenset({"integer", "number", "money", "date", "datetime", "ref", "email"})
"""Kinds whose JSON values are read too: numeric text for numbers and ids, dates in one spelling, addresses."""


def kind_of(schema: Mapping[str, Any]) -> str:
    """The kind of a field's or input's schema: `ref` for an x-ref, else a Kind."""
    if "x-ref" in schema:
        return "ref"
    declared = str(schema.get("type", "string"))
    if declared == "string":
        return {"date": "date", "date-time": "datetime"}.get(schema.get("format", ""), "text")
    if declared == "number" and schema.get("x-money"):
        return "money"
    return {"array": "list"}.get(declared, declared)


def coercion(schema: Mapping[str, Any], *, text: bool) -> Coercion | None:
    """What reads such a value from text, or from JSON; None where nothing is to do."""
    kind = kind_of(schema)
    if kind == "list":
        item = coercion(schema.get("items", {}), text=text)
        return listed(item, schema.get("x-split"), text=text) if text or item else None
    if kind == "text" and schema.get("format") == "email":
        kind = "email"
    read = SCALARS.get(kind) if text or kind in IN_JSON else None
    if not text:
        return read
    return one_text if read is None else lambda value: read(one_text(value))
