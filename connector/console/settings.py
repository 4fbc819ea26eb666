"""Settings, tab API: where the API is, and the tokens; an administrator makes and revokes them here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, request, url_for

from connector.access import tokens as access
from connector.access.tokens import SCOPES, Caller
from connector.console import session
from connector.console.pages import page, refuse, told
from connector.errors import Invalid
from connector.storage.contract import Query, Row
from connector.web import answers, incoming, problems, tokens
from connector.web.about import person
from connector.web.house import house

console = Blueprint("console", __name__, template_folder="templates")
problems.catch(console, refuse)
console.before_request(session.refuse_strangers)
STYLE = files("connector.console") / "templates" / "console.css"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
STATES = ("good", "expired", "revoked")
"""What may have become of a token, in the order of the table."""
TICKED = ("read", "act")
"""What a new token may, unless somebody ticks more."""


@console.get("/settings")
@console.get("/settings/api")
def api() -> Response:
    """The tab."""
    return tab(session.person())


@console.post("/settings/api")
def make() -> Response:
    """Make a token: the page that answers is the only one to show its secret."""
    caller = incoming.ruling(session.person("administer"))
    try:
        secret, row = tokens.issued(caller, asked())
    except Invalid as error:
        language = incoming.locale()
        wrong = [fault.message(language) for fault in error.faults] or [told(error)]
        return tab(
            caller, error.status, wrong=wrong, given=request.form.to_dict(), ticked=request.form.getlist("scopes")
        )
    return tab(caller, 201, secret=secret, made=row)


@console.post("/settings/api/<token_id>/revoke")
def end(token_id: str) -> Response:
    """Revoke a token, now."""
    tokens.revoked(incoming.ruling(session.person("administer")), token_id)
    return answers.elsewhere(url_for(".api"))


@console.post("/settings/sign-in")
def sign_in() -> Response:
    """Sign in with a token that may read."""
    token = str(incoming.body()[0].get("token", "")).strip()
    incoming.admitted(token, "read")
    return session.begin(answers.elsewhere(url_for(".api")), token)


@console.post("/settings/sign-out")
def sign_out() -> Response:
    """Sign out."""
    return session.end(answers.elsewhere(url_for(".api")))


@console.get("/settings/console.css")
def style() -> Response:
    """How the pages look."""
    return answers.asset(STYLE.read_bytes(), "text/css; charset=utf-8")


def tab(caller: Caller, status: int = 200, **more: Any) -> Response:
    """The page as this person may see it: all tokens of the account for its administrators, else their own."""
    store, account_id = house().store, caller.scope.account_id
    rules = caller.is_admin and "administer" in caller.scopes
    seen = access.listing(store, account_id) if rules else [access.one(store, account_id, caller.token_id)]
    users = store.read(caller.scope, lambda tx: tx.find(Query(entity="user"))) if rules else []
    values = {
        "caller": caller, "me": person(caller), "base": request.url_root.rstrip("/"), "rules": rules,
        "tokens": table(seen), "users": users, "scopes": SCOPES, "ticked": TICKED,
        "names": {user["id"]: user["email"] for user in users} | {caller.user_id: caller.email},
        "given": {}, "wrong": (), "secret": "", "made": None,
    }  # fmt: skip
    return page("api", status, **values | more)


def table(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The tokens with what has become of each; those that work come first, the newest before the others."""
    found = [{**row, "state": state(row), "scopes": row["scopes"] or access.USUAL} for row in rows]
    return sorted(found, key=lambda row: (STATES.index(row["state"]), -row["id"]))


def state(row: Row) -> str:
    """What has become of a token: one of STATES."""
    if row["revoked_at"]:
        return "revoked"
    return "expired" if access.expired(row) else "good"


def asked() -> dict[str, Any]:
    """The token that the form asks for, as the API takes it: what was left empty is left out."""
    form = incoming.body()[0]
    plain = {name: form[name] for name in ("name", "details", "user_id", "rate_limit") if form.get(name)}
    return {
        "name": "", **plain, "scopes": request.form.getlist("scopes"),
        "allowed_ips": str(form.get("allowed_ips", "")).replace(",", " ").split(), **_ending(form),
    }  # fmt: skip


def _ending(form: Mapping[str, Any]) -> dict[str, str]:
    """A day ends with its last second."""
    day = str(form.get("expires_at", "")).strip()
    return {"expires_at": f"{day}T23:59:59Z" if DAY.fullmatch(day) else day} if day else {}
