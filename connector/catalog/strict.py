"""Strict JSON: what one parser reads and another refuses, or reads otherwise, is refused here."""

from __future__ import annotations

import json
import re
from typing import Any

from connector.errors import Malformed

MAX_DEPTH = 32
MAX_INTEGER = 2**53
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def loads(text: bytes | str) -> Any:
    """The value of a JSON text.

    Raises Malformed for bad UTF-8 or syntax, duplicate keys, NaN and infinities, numbers beyond 2^53, NUL, lone
    surrogates, and nesting deeper than 32.
    """
    source = _decoded(text)
    try:
        value = _DECODER.decode(source)
    except json.JSONDecodeError as error:
        raise Malformed("malformed_json", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise Malformed("json_too_deep", limit=MAX_DEPTH) from None
    if source.count("[") + source.count("{") > MAX_DEPTH:
        _check_depth(value)
    if _ESCAPED.search(source):
        _check_text(value)
    return value


def _decoded(text: bytes | str) -> str:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("json_character") from None
    elif _SURROGATE.search(text):
        raise Malformed("json_character")
    return text.removeprefix("\ufeff")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        raise Malformed("json_duplicate_key", name=next(name for name in names if names.count(name) > 1)[:60])
    return value


def _integer(text: str) -> int:
    if len(text) > 17 or abs(value := int(text)) > MAX_INTEGER:
        raise Malformed("json_number", got=text[:60])
    return value


def _number(text: str) -> float:
    value = float(text)
    if abs(value) > MAX_INTEGER:
        raise Malformed("json_number", got=text[:60])
    return value


def _constant(text: str) -> Any:
    raise Malformed("json_number", got=text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [inner for outer in level for inner in _inside(outer) if isinstance(inner, (dict, list))]
        if not level:
            return
    raise Malformed("json_too_deep", limit=MAX_DEPTH)


def _check_text(value: Any) -> None:
    if isinstance(value, str):
        if "\0" in value or _SURROGATE.search(value):
            raise Malformed("json_character")
        return
    for inner in _inside(value):
        _check_text(inner)
    if isinstance(value, dict):
        _check_text(list(value))


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_number, parse_constant=_constant
)
