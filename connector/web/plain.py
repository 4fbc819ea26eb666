"""Parameters as PHP programs send and read them: one text per name, in the address or in the body, in any encoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import request

from connector.catalog.filters import shown
from connector.errors import Malformed, WrongType
from connector.web import incoming
from connector.web.incoming import JSON_TYPE

FORM, MULTIPART = incoming.FORMS


def parameters() -> dict[str, str]:
    """All parameters of the request; the body's win, and of a name given several times the last one counts.

    `+` is a blank, `&&` is one `&`, `pid[]` is `pid`. What is not UTF-8 is taken for Windows-1251.
    """
    return written(request.environ.get("QUERY_STRING", "").encode("latin-1")) | _body()


def _body() -> dict[str, str]:
    if request.mimetype == MULTIPART:
        return {_name(name): _text(value) for name, value in request.form.items(multi=True)}
    data = incoming.content()
    if not data.strip():
        return {}
    if data.lstrip()[:1] in (b"{", b"[") or request.mimetype == JSON_TYPE:
        # PHP programs post JSON without saying that it is JSON.
        found = incoming.mapping(data)
        return {_name(name): _text(_spoken(value)) for name, value in found.items()}
    if request.mimetype not in (FORM, "", "text/plain"):
        raise WrongType(given=request.mimetype)
    return written(data)


def written(query: bytes) -> dict[str, str]:
    """The parameters of a query string or form."""
    return {_name(name): value for name, value in pairs(query)}


def pairs(query: bytes, other: str = "cp1251") -> Iterator[tuple[str, str]]:
    """Names and values of a query string or form, in their order; `other` is the encoding of what is not UTF-8."""
    for pair in filter(None, query.split(b"&")):
        name, _, value = pair.partition(b"=")
        yield decoded(name, other), _text(decoded(value, other))


def decoded(escaped: bytes, other: str) -> str:
    """The text of an escaped part."""
    raw = unquote_to_bytes(escaped.replace(b"+", b" "))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode(other, "replace")


def _name(name: str) -> str:
    return _text(name).partition("[")[0]


def _text(value: str) -> str:
    if "\0" in value:
        raise Malformed("nul_character")
    return value.strip()


def _spoken(value: Any) -> str:
    """A JSON value as it would be written in an address: of a list the last item."""
    if isinstance(value, list):
        return _spoken(value[-1]) if value else ""
    return "" if isinstance(value, Mapping) else shown(value)
