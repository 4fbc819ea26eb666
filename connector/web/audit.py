"""The audit over HTTP: who did what, when and from where; for administrators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from connector.access import audit as access
from connector.errors import Fault, Invalid
from connector.storage.contract import Clause, Row
from connector.web import incoming
from connector.web.answers import answer
from connector.web.house import house

audit = Blueprint("audit", __name__)
MOST, USUAL = 200, 50
NAMES = ("actor_id", "token_id", "address", "origin", "what", "name", "record")
"""What a line tells, and what it can be filtered by."""


@audit.get("/audit")
def lines() -> Response:
    """A page of the audit, newest first; every column filters."""
    caller = incoming.ruler()
    asked = incoming.query(*NAMES, "cursor", "limit")
    limit = incoming.limit(asked.pop("limit", None), MOST) or USUAL
    cursor = asked.pop("cursor", "")
    before = number("cursor", cursor) if cursor else None
    where = [Clause(path=name, op="eq", value=typed(name, value)) for name, value in asked.items() if value]
    found = access.page(house().store, caller.scope, where, before=before, limit=limit + 1)
    more = len(found) > limit
    data = [line(row) for row in found[:limit]]
    return answer({"data": data, "cursor": str(data[-1]["id"]) if more else None, "has_more": more})


def line(row: Row) -> dict[str, Any]:
    """A line on the wire."""
    told = {name: row[name] for name in NAMES}
    return {"id": row["id"], "at": row["created_at"], **told, "details": row["details"]}


def typed(name: str, value: str) -> Any:
    """A filter's value as the column keeps it."""
    return number(name, value) if name.endswith("_id") else value


def number(name: str, value: str) -> int:
    """A whole number of the query string."""
    if value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    raise Invalid(faults=[Fault(pointer=f"/{name}", key="not_an_integer", params={"name": name, "got": value[:60]})])
