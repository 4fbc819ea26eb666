"""The outside of a request: what it is called, who sends it, from where; read from the WSGI environ alone."""

from __future__ import annotations

import re
import secrets
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from connector.access.addresses import Network, origin, trusted
from connector.access.tokens import PREFIX
from connector.errors import AddressTooLong, HeadersTooLarge, Unauthorized
from connector.settings import Settings

Environ = Mapping[str, Any]
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SCHEMES = ("bearer", "basic", "token")
"""Words that may stand before a token; people put them into key fields too."""
OUTSIDE = (
    ("HTTP_X_FORWARDED_PROTO", "wsgi.url_scheme", re.compile(r"https?")),
    (
        "HTTP_X_FORWARDED_HOST",
        "HTTP_HOST",
        re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?"),
    ),
)
"""What a proxy says of the address that the caller used: its header, what that stands for, and how it has to look."""
FAULT = "leadwire.fault"
"""Under this name stands the error that a request has met already, before Flask sees it."""


def request_name(environ: Environ) -> str:
    """The caller's own `X-Request-Id` where it is a plain word, else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if given and REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"


def measure(environ: Environ, settings: Settings) -> None:
    """Turn away addresses and headers beyond what anybody needs. Only what the HTTP server lets pass comes here."""
    if len(environ["PATH_INFO"]) + len(environ["QUERY_STRING"]) > settings.address_limit:
        raise AddressTooLong(limit=settings.address_limit)
    if sum(len(value) for name, value in environ.items() if name.startswith("HTTP_")) > settings.header_limit:
        raise HeadersTooLarge(limit=settings.header_limit)


def secret(environ: Environ) -> str:
    """The token as sent, in `Authorization` or in `X-API-KEY`; Unauthorized without one.

    Beside an `X-API-KEY` the word Basic stands before what some proxy on the way asks for.
    """
    told, key = environ.get("HTTP_AUTHORIZATION", ""), bare(environ.get("HTTP_X_API_KEY", ""))
    token = key if key and told.lower().startswith("basic ") else bare(told) or key
    if not token:
        raise Unauthorized("unauthorized_missing_token")
    return token


def bare(value: str) -> str:
    """The token in a header, bare or behind one of the SCHEMES; else empty."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() not in SCHEMES:
        return "" if rest else scheme
    return _basic(rest.strip()) if scheme.lower() == "basic" else rest.strip()


def _basic(text: str) -> str:
    """The token behind the word Basic: as it is, or in the base64 of `user:token`, `token:` or the token alone."""
    try:
        plain = b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except ValueError:
        plain = text
    if ":" not in plain and not plain.startswith(PREFIX):
        return text
    user, _, password = plain.partition(":")
    return user if user.startswith(PREFIX) or not password else password


def address(environ: Environ, proxies: tuple[Network, ...]) -> str:
    """Where the request comes from, seen through the proxies that are trusted."""
    forwarded = environ.get("HTTP_X_FORWARDED_FOR")
    return origin(environ.get("REMOTE_ADDR") or "", (forwarded,) if forwarded else (), proxies)


def outside(environ: Environ, proxies: tuple[Network, ...]) -> dict[str, str]:
    """The scheme and host that the caller used, where a trusted proxy says so; of several, what it said itself."""
    if not trusted(environ.get("REMOTE_ADDR") or "", proxies):
        return {}
    said = {name: environ.get(header, "").rpartition(",")[2].strip() for header, name, _ in OUTSIDE}
    return {name: said[name] for _, name, form in OUTSIDE if form.fullmatch(said[name])}
