"""Who is signed in: a cookie holds the token, sealed; every page judges it as every call does a program's."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from flask import Response, request

from connector.access.tokens import Caller
from connector.errors import Forbidden, Unauthorized, Unavailable
from connector.web import incoming
from connector.web.house import house

COOKIE, PATH = "leadwire_session", "/settings"
SECONDS = 12 * 3600
"""How long a person stays signed in; a token that ends before ends it too."""


def person(needs: str = "read") -> Caller:
    """Who is signed in, with a token for that. Unauthorized where nobody is, or the token is good no more.

    What is done here is done by hand.
    """
    found = incoming.admitted(_kept(), needs)
    return replace(found, scope=replace(found.scope, origin="manual"))


def _kept() -> str:
    try:
        return house().vault.open(request.cookies.get(COOKIE, ""), SECONDS)
    except Unavailable:
        raise Unauthorized("signed_out") from None


def begin(response: Response, token: str) -> Response:
    """The answer, which signs in with that token. Scripts cannot read the cookie, and other sites cannot send it."""
    response.set_cookie(
        COOKIE, house().vault.seal(token), max_age=SECONDS, path=PATH, secure=request.is_secure, httponly=True,
        samesite="Strict",
    )  # fmt: skip
    return response


def end(response: Response) -> Response:
    """The answer, which signs out."""
    response.delete_cookie(COOKIE, path=PATH, secure=request.is_secure, httponly=True, samesite="Strict")
    return response


def refuse_strangers() -> None:
    """Forbidden for a form that another site's page sends. Browsers say whose page it is, programs need not."""
    if request.method != "POST":
        return
    site, origin = request.headers.get("Sec-Fetch-Site", ""), request.headers.get("Origin", "")
    own = site == "same-origin" if site else not origin or urlsplit(origin).netloc == request.host
    if not own:
        raise Forbidden("foreign_form")
