"""The door itself: where it is, and who comes in."""

from __future__ import annotations

from flask import Blueprint, request

from connector.access.tokens import Caller
from connector.dialects.oplead.reading import TOKENS, Sent, sent, understood
from connector.web import incoming

ROOTS = ("/", "/v1")

oplead = Blueprint("oplead", __name__)


def reader() -> Caller:
    """Who wants to look."""
    return incoming.caller("read") if carried() else by_word("read", {})


def entered(needs: str) -> tuple[Caller, Sent]:
    """Who calls, and what was sent. A token in the headers is looked at before the body is read."""
    if carried():
        caller = incoming.caller(needs)
        return caller, sent()
    found = sent()
    return by_word(needs, understood(found.body, TOKENS)), found


def carried() -> bool:
    """Whether the headers carry a token."""
    return "Authorization" in request.headers or "X-API-KEY" in request.headers


def by_word(needs: str, body: dict[str, object]) -> Caller:
    """Who calls with the `token` in the body; or with the one in the address, which that token must allow."""
    if token := body.get("token"):
        return incoming.admitted(str(token), needs)
    if token := request.args.get("token"):
        return incoming.admitted(token, needs, in_query=True)
    return incoming.caller(needs)
