"""How the console's pages leave: their words in the reader's language, and headers that let nothing else in."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template

from connector.console import session
from connector.errors import LeadwireError, Unauthorized
from connector.sentences import say
from connector.sentences.console import CONSOLE
from connector.web import incoming
from connector.web.problems import headers, known

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    # Browsers that do not say which site sent a form name its origin, but not under `no-referrer`.
    "Referrer-Policy": "same-origin",
}
"""No script runs here, and a page is in no frame and no cache."""


def page(name: str, status: int = 200, **values: Any) -> Response:
    """The page of that template. What stands in it is text, whatever it looks like."""
    language = incoming.locale()
    words = {key: say(texts, language) for key, texts in CONSOLE.items()}
    body = render_template(f"{name}.html", say=words, language=language, **values)
    response = Response(body, status, content_type="text/html; charset=utf-8")
    response.headers.update({**HEADERS, "Content-Language": language})
    return response


def refuse(error: Exception) -> Response:
    """An error as a page: whoever is not signed in is asked to, the others are told what was wrong."""
    ours = known(error)
    if isinstance(ours, Unauthorized):
        quiet = ours.code == "signed_out"
        response = session.end(page("sign-in", ours.status, trouble="" if quiet else told(ours)))
    else:
        response = page("trouble", ours.status, trouble=told(ours))
    response.headers.extend(headers(ours))
    return response


def told(error: LeadwireError) -> str:
    """What is wrong, in the reader's language."""
    return error.message(incoming.locale())
