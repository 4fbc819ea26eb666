"""Who am I, is it up, and what can it do: me, health, the catalog."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response

from connector.access.tokens import Caller
from connector.catalog.model import Catalog
from connector.errors import NotFound
from connector.storage.contract import Scope, Transaction
from connector.web import describe, incoming
from connector.web.answers import answer, tagged
from connector.web.house import house

about = Blueprint("about", __name__)
health = Blueprint("health", __name__)


@about.get("/me")
def me() -> Response:
    """The connection test: the user and account behind the token."""
    caller = incoming.caller()
    incoming.query()
    return answer(person(caller))


def person(caller: Caller) -> dict[str, Any]:
    """Who calls: the user, the account and the token."""

    def work(tx: Transaction) -> dict[str, Any]:
        user = tx.get("user", caller.user_id, scoped=False) or {}
        account = tx.get("account", caller.scope.account_id, scoped=False) or {}
        return {"user": user, "account": account}

    found = house().store.read(caller.scope, work)
    user, account = found["user"], found["account"]
    name = " ".join(filter(None, (user.get("firstname"), user.get("lastname")))) or caller.email
    return {
        "id": caller.user_id, "email": caller.email, "name": name,
        "firstname": user.get("firstname"), "lastname": user.get("lastname"),
        "locale": caller.locale, "time_zone": user.get("time_zone") or account.get("time_zone"),
        "is_admin": caller.is_admin,
        "account": {"id": caller.scope.account_id, "name": account.get("name")},
        "token": {"id": caller.token_id, "name": caller.token},
    }  # fmt: skip


@about.get("/catalog")
def catalog() -> Response:
    """All actions, triggers, searches and entities, in the caller's language."""
    known = house().catalog_of(incoming.caller())
    incoming.query()
    return _described(known, describe.catalog(known, incoming.locale()))


@about.get("/catalog/<kind>/<key>")
def entry(kind: str, key: str) -> Response:
    """One entry of the catalog."""
    known = house().catalog_of(incoming.caller())
    incoming.query()
    found = describe.entry(known, kind, key, incoming.locale())
    if found is None:
        raise NotFound("no_such_entry", kind=kind, name=key)
    return _described(known, found)


def _described(known: Catalog, document: dict[str, Any]) -> Response:
    language = incoming.locale()
    response = tagged(document, f"{known.version}-{language}")
    response.headers["Vary"] = "Accept-Language"
    response.headers["Content-Language"] = language
    return response


@health.get("/.well-known/security.txt")
def security() -> Response:
    """Whom to tell of a weakness (RFC 9116)."""
    expires = (datetime.now(UTC) + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = (f"Contact: {house().settings.security_contact}", f"Expires: {expires}", "Preferred-Languages: en, fr, ru")
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return answer({"status": "ok"})


@health.get("/readyz")
def ready() -> Response:
    """The storage answers too; which catalog is in force, and what is wrong with newer files."""
    house().store.read(Scope(account_id=0), lambda tx: tx.get("account", 0))
    problems = [{"file": problem.file, "pointer": problem.pointer, "reason": problem.reason, "hint": problem.hint}
                for problem in house().watch.problems]  # fmt: skip
    return answer({"status": "ok", "storage": "ok", "catalog": house().catalog.version, "problems": problems})
