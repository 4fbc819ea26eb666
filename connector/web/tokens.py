"""Tokens over HTTP, for administrators: list them, make one (its secret is in that one answer), revoke one."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from connector.access import tokens as access
from connector.access.tokens import Caller, Token
from connector.errors import Forbidden, NotFound
from connector.storage.contract import Row
from connector.web import incoming
from connector.web.answers import answer
from connector.web.forms import checked
from connector.web.house import house

tokens = Blueprint("tokens", __name__)
SCHEMA = Token()


@tokens.get("/tokens")
def several() -> Response:
    """The account's tokens, revoked ones too."""
    found = [SCHEMA.dump(row) for row in access.listing(house().store, admin().scope.account_id)]
    return answer({"data": found, "cursor": None, "has_more": False})


@tokens.get("/tokens/<token_id>")
def one(token_id: str) -> Response:
    """A token, without its secret."""
    return answer(SCHEMA.dump(known(admin(), token_id)))


@tokens.post("/tokens")
def make() -> Response:
    """Make a token, for the caller unless `user_id` names another user; only this answer holds its secret."""
    caller = admin()
    asked = checked(SCHEMA, incoming.body()[0])
    secret, row = access.issue(
        house().store,
        caller.scope.account_id,
        asked["user_id"] or caller.user_id,
        asked["name"],
        details=asked["details"],
        expires_at=asked["expires_at"],
    )
    response = answer(SCHEMA.dump(row) | {"token": secret}, 201)
    response.headers["Location"] = url_for(".one", token_id=row["id"])
    return response


@tokens.delete("/tokens/<token_id>")
def end(token_id: str) -> Response:
    """Revoke a token, now; it stays in the list."""
    caller = admin()
    row = known(caller, token_id)
    return answer(SCHEMA.dump(access.revoke(house().store, caller.scope.account_id, row["id"])))


def admin() -> Caller:
    """The caller, who must be an administrator; no query parameter is known here."""
    caller = incoming.caller()
    incoming.query()
    if not caller.is_admin:
        raise Forbidden("admins_only")
    return caller


def known(caller: Caller, token_id: str) -> Row:
    """The account's token of that id, or NotFound."""
    wanted = incoming.path_id(token_id, "token")
    rows = access.listing(house().store, caller.scope.account_id)
    found = next((row for row in rows if row["id"] == wanted), None)
    if found is None:
        raise NotFound("token_not_found", value=token_id)
    return found
