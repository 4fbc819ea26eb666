"""Tokens over HTTP, for administrators: list them, make one (its secret is in that one answer), revoke one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, url_for

from connector.access import tokens as access
from connector.access.tokens import Caller, Token
from connector.errors import Conflict, NotFound
from connector.storage.contract import Row
from connector.web import incoming
from connector.web.answers import answer
from connector.web.forms import checked
from connector.web.house import house

tokens = Blueprint("tokens", __name__)
SCHEMA = Token()
CHANGES = Token(only=access.CHANGEABLE)


@tokens.get("/tokens")
def several() -> Response:
    """The account's tokens, revoked ones too."""
    found = [SCHEMA.dump(row) for row in access.listing(house().store, incoming.admin().scope.account_id)]
    return answer({"data": found, "cursor": None, "has_more": False})


@tokens.get("/tokens/<token_id>")
def one(token_id: str) -> Response:
    """A token, without its secret; a revoked one is only in the list."""
    return answer(SCHEMA.dump(known(incoming.admin().scope.account_id, token_id)))


@tokens.post("/tokens")
def make() -> Response:
    """Make a token, for the caller unless `user_id` names another user; only this answer holds its secret."""
    secret, row = issued(incoming.admin(), incoming.body()[0])
    response = answer(SCHEMA.dump(row) | {"token": secret}, 201)
    response.headers["Location"] = url_for(".one", token_id=row["id"])
    return response


def issued(caller: Caller, body: Mapping[str, Any]) -> tuple[str, Row]:
    """The secret and the row of a new token, as an administrator asks for it; Invalid, NotFound."""
    asked = checked(SCHEMA, body)
    user_id, name = asked.pop("user_id") or caller.user_id, asked.pop("name")
    return access.issue(house().store, caller.scope.account_id, user_id, name, by=caller.scope, **asked)


@tokens.patch("/tokens/<token_id>")
def change(token_id: str) -> Response:
    """Change what a token is called and may do, from its next call on."""
    caller = incoming.admin()
    row = known(caller.scope.account_id, token_id)
    asked = checked(CHANGES, incoming.body()[0], partial=True)
    return answer(SCHEMA.dump(access.change(house().store, caller.scope.account_id, row["id"], asked, by=caller.scope)))


@tokens.delete("/tokens/<token_id>")
def end(token_id: str) -> Response:
    """Revoke a token, now; it stays in the list."""
    return answer(SCHEMA.dump(revoked(incoming.admin(), token_id)))


def revoked(caller: Caller, token_id: str) -> Row:
    """The row of the token that an administrator revokes; Conflict where it is the one in use, NotFound."""
    wanted = incoming.path_id(token_id, "token")
    if wanted == caller.token_id:
        # Who locks the last door from outside cannot come back in.
        raise Conflict("own_token")
    return access.revoke(house().store, caller.scope.account_id, wanted, by=caller.scope)


def known(account_id: int, token_id: str) -> Row:
    """The account's token of that id; NotFound for a revoked one too."""
    row = access.one(house().store, account_id, incoming.path_id(token_id, "token"))
    if row["revoked_at"]:
        raise NotFound("token_not_found", value=token_id)
    return row
