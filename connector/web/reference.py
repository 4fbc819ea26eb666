"""The reference for machines and people: `/openapi.json`, and the pages that show it and send real calls."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from threading import Lock

import orjson
from flask import Blueprint, Response, request

from connector.catalog.model import Catalog
from connector.errors import NotFound
from connector.exporters.openapi import document
from connector.web import answers, incoming
from connector.web.answers import JSON_TYPE
from connector.web.house import house

reference = Blueprint("reference", __name__)
OWN, VIEWER = files("connector.web") / "pages", files("flask_swagger_ui") / "dist"
ASSETS: Mapping[str, tuple[Traversable, str]] = {
    "reference.js": (OWN, "text/javascript; charset=utf-8"),
    "reference.css": (OWN, "text/css; charset=utf-8"),
    "swagger-ui-bundle.js": (VIEWER, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (VIEWER, "text/css; charset=utf-8"),
    "favicon-32x32.png": (VIEWER, "image/png"),
}
"""What the page loads: where it is kept, and its type. Nothing comes from another host."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TOKENS = ("Authorization", "X-API-KEY")
"""Headers that may hold one."""
KEPT = 20
"""Documents that are kept; the one that was written first goes first."""
_written: dict[str, bytes] = {}
_writing = Lock()


@reference.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document of the catalog in force; its ETag is the catalog's version.

    With a token it is that of the token's account, custom fields included.
    """
    known = any(name in request.headers for name in TOKENS)
    catalog = house().catalog_of(incoming.caller()) if known else house().catalog
    incoming.query()
    response = Response(written(catalog), content_type=JSON_TYPE)
    response.headers["Cache-Control"] = "private, no-cache" if known else "no-cache"
    response.headers["Vary"] = ", ".join(TOKENS)
    response.set_etag(catalog.version)
    response.make_conditional(request)
    return response


def written(catalog: Catalog) -> bytes:
    """The document's bytes, made once per catalog."""
    with _writing:
        if catalog.version not in _written:
            _written[catalog.version] = orjson.dumps(document(catalog))
            if len(_written) > KEPT:
                del _written[next(iter(_written))]
        return _written[catalog.version]


@reference.get("/docs/api")
@reference.get("/documentation")
@reference.get("/documentation/index.html")
def page() -> Response:
    """The interactive reference: every operation, and a button that sends it."""
    response = Response((OWN / "reference.html").read_bytes(), content_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Content-Security-Policy"] = POLICY
    return response


@reference.get("/docs/api/<name>")
def asset(name: str) -> Response:
    """A script, style or picture of that page."""
    if name not in ASSETS:
        raise NotFound("no_such_address", path=request.path)
    folder, kind = ASSETS[name]
    return answers.asset((folder / name).read_bytes(), kind)
