"""How answers leave: JSON by orjson, entity tags, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import orjson
from flask import Flask, Response, g, request
from flask.json.provider import JSONProvider

from connector.web.paths import Wsgi

JSON_TYPE = "application/json"
UNKEPT = (("Cache-Control", "no-store"),)
NAME = "X-Request-Id"
REPLAYED = (("Idempotency-Replayed", "true"),)
"""What the answer to a call says that was answered before."""
HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Strict-Transport-Security", "max-age=31536000"),
)
"""What every answer says, unless a page says it in its own way. Browsers heed the last one over HTTPS only."""


class Orjson(JSONProvider):
    """Flask's JSON, written and read by orjson."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        """The object as JSON text."""
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The JSON text as an object."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """A JSON answer."""
        return answer(self._prepare_response_obj(args, kwargs))


def answer(data: Any, status: int = 200) -> Response:
    """A JSON answer that no cache may keep."""
    response = Response(orjson.dumps(data), status, content_type=JSON_TYPE)
    response.headers.extend(UNKEPT)
    return response


def tagged(data: Any, tag: str = "") -> Response:
    """A JSON answer with an ETag (of its bytes, where none is given); 304 without a body when the client has it."""
    response = answer(data)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(tag or blake2b(response.get_data(), digest_size=12).hexdigest())
    response.make_conditional(request)
    return response


def asset(data: bytes, kind: str) -> Response:
    """A script, style or picture that a page loads, which caches may keep for an hour."""
    response = Response(data, content_type=kind)
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.add_etag()
    response.make_conditional(request)
    return response


def elsewhere(address: str) -> Response:
    """To another page, which is asked for with GET."""
    response = Response("", 303)
    response.headers["Location"] = address
    response.headers.extend(UNKEPT)
    return response


def finish(response: Response) -> Response:
    """Every answer names its request."""
    response.headers[NAME] = g.request_id
    return response


def hardened(app: Wsgi) -> Wsgi:
    """The app, every answer of which carries HEADERS, but for those that it sets itself."""

    def served(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            said = {name.lower() for name, _ in headers}
            return start_response(status, headers + [pair for pair in HEADERS if pair[0].lower() not in said], *more)

        return app(environ, begin)

    return served


def install(app: Flask) -> None:
    """Make the app speak this way."""
    app.json = Orjson(app)
    app.after_request(finish)


def replayed(response: Response, *, again: bool) -> Response:
    """The answer, marked where it is that of an earlier call with the same idempotency key."""
    response.headers.extend(REPLAYED if again else ())
    return response
