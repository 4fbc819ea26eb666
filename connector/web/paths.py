"""Addresses are forgiving: doubled and trailing slashes are served as if they were not there, never redirected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from connector.access.addresses import Network
from connector.pace import Line, seated
from connector.web.envelope import outside

ROOT = "/api/v1"
"""Where the native API is."""
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def tidy(app: Wsgi) -> Wsgi:
    """The app, with `//api//v1/me/` read as `/api/v1/me`."""

    def served(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if "//" in path or path.endswith("/"):
            environ["PATH_INFO"] = "/" + "/".join(filter(None, path.split("/")))
        return app(environ, start_response)

    return served


def outward(app: Wsgi, proxies: tuple[Network, ...]) -> Wsgi:
    """The app, which names its own addresses as callers know them, on the far side of trusted proxies."""

    def served(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ |= outside(environ, proxies)
        return app(environ, start_response)

    return served if proxies else app


def seatwise(app: Wsgi, line: Line) -> Wsgi:
    """The app, computing on the seats of that line."""

    def served(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with seated(line):
            return app(environ, start_response)

    return served
