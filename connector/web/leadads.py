"""Meta's lead ads over HTTP, for administrators: the pages with their tokens, and what became of each lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, url_for
from marshmallow import fields, validate

from connector.access import intakes as access
from connector.access.intakes import LEAD, PAGE
from connector.access.tokens import Caller
from connector.events import leadgen
from connector.sentences import SENTENCES, say
from connector.storage.contract import Clause, Order, Query, Row
from connector.web import incoming
from connector.web.answers import answer
from connector.web.forms import checked
from connector.web.house import house
from connector.web.intakes import IntakeShape, mapping
from connector.web.subscriptions import MOST, USUAL, now, number

leadads = Blueprint("leadads", __name__)
LEAD_FIELDS = (
    "id", "leadgen_id", "page_id", "form_id", "ad_id", "submitted_at", "state", "attempts", "last_status", "last_error",
    "said", "lead_id", "settled_at", "request_id", "created_at",
)  # fmt: skip
FILTERS = ("state", "page_id", "form_id", "leadgen_id")


class PageShape(IntakeShape):
    """A page as administrators write it. Its token is kept sealed and never shown."""

    page_id = fields.String(required=True, validate=validate.Regexp(r"[0-9]{1,32}\Z"))
    access_token = fields.String(
        required=True, load_only=True, validate=[validate.Length(1, 1000), validate.Regexp(r"[\x21-\x7e]+\Z")]
    )
    forms = fields.Dict(
        keys=fields.String(validate=validate.Regexp(r"[0-9]{1,32}\Z")), values=mapping(), load_default=dict,
        validate=validate.Length(max=200),
    )  # fmt: skip


NEW = PageShape()
SHOWN = ("id", *(name for name in NEW.fields if name != "access_token"), "created_at", "updated_at")


@leadads.get("/meta/pages")
def pages() -> Response:
    """All pages of the account."""
    rows = access.listing(house().store, incoming.admin().scope, PAGE)
    return answer({"data": [shown(row) for row in rows], "cursor": None, "has_more": False})


@leadads.get("/meta/pages/<page_id>")
def page(page_id: str) -> Response:
    """One page, without its token."""
    return answer(shown(mine(page_id)[1]))


@leadads.post("/meta/pages")
def make() -> Response:
    """Register a page: from now on its leads are fetched."""
    caller = incoming.admin()
    row = access.make(house().store, caller.scope, PAGE, sealed(checked(NEW, incoming.body()[0])))
    response = answer(shown(row), 201)
    response.headers["Location"] = url_for(".page", page_id=row["id"])
    return response


@leadads.patch("/meta/pages/<page_id>")
def revise(page_id: str) -> Response:
    """Change what is given, such as the token."""
    caller, row = mine(page_id)
    asked = sealed(checked(NEW, incoming.body()[0], partial=True))
    return answer(shown(access.change(house().store, caller.scope, PAGE, row["id"], asked)))


@leadads.delete("/meta/pages/<page_id>")
def end(page_id: str) -> Response:
    """Forget a page and its token; the leads that came from it stay."""
    caller, row = mine(page_id)
    return answer(shown(access.remove(house().store, caller.scope, PAGE, row["id"])))


@leadads.post("/meta/pages/<page_id>/replay")
def replay_all(page_id: str) -> Response:
    """Ask Meta again for all leads of the page that were given up."""
    caller, row = mine(page_id)
    return answer({"page_id": row["page_id"], "replayed": leadgen.again_all(house().store, caller.scope, row, now())})


@leadads.get("/meta/leads")
def leads() -> Response:
    """What Meta told of, newest first."""
    caller = incoming.ruler()
    asked = incoming.query(*FILTERS, "cursor", "limit")
    limit = incoming.limit(asked.pop("limit", None), MOST) or USUAL
    cursor = asked.pop("cursor", "")
    before = number("cursor", cursor) if cursor else None
    query = Query(
        entity=LEAD, where=tuple(Clause(path=name, op="eq", value=value) for name, value in asked.items() if value),
        order=(Order(path="id", descending=True),), limit=limit + 1, after=None if before is None else (before, before),
    )  # fmt: skip
    rows = house().store.read(caller.scope, lambda tx: tx.find(query))
    more = len(rows) > limit
    data = [told(row) for row in rows[:limit]]
    return answer({"data": data, "cursor": str(data[-1]["id"]) if more else None, "has_more": more})


@leadads.get("/meta/leads/<meta_lead_id>")
def lead(meta_lead_id: str) -> Response:
    """One of them."""
    return answer(told(noted(meta_lead_id)[1]))


@leadads.post("/meta/leads/<meta_lead_id>/replay")
def replay(meta_lead_id: str) -> Response:
    """Ask Meta again for one that was given up, or that waits."""
    caller, row = noted(meta_lead_id)
    return answer(told(leadgen.again(house().store, caller.scope, row, now())))


def mine(page_id: str) -> tuple[Caller, Row]:
    """The administrator and the account's page of that id, or NotFound."""
    caller = incoming.admin()
    return caller, access.one(house().store, caller.scope, PAGE, incoming.path_id(page_id, PAGE))


def noted(meta_lead_id: str) -> tuple[Caller, Row]:
    """The administrator and one of the leads that Meta told of, or NotFound."""
    caller = incoming.admin()
    return caller, access.one(house().store, caller.scope, LEAD, incoming.path_id(meta_lead_id, LEAD))


def sealed(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked, with a sealed token."""
    token = asked.get("access_token")
    return {**asked, **({"access_token": house().vault.seal(token)} if token else {})}


def shown(row: Row) -> dict[str, Any]:
    """A page on the wire."""
    return {name: row[name] for name in SHOWN}


def told(row: Row) -> dict[str, Any]:
    """A lead that Meta told of, on the wire; `due_at` while it waits, and what is wrong in words."""
    key = row["last_error"]
    words = say(SENTENCES[key], incoming.locale()) if key in SENTENCES else None
    due = row["due_at"] if row["state"] == "pending" else None
    return {name: row[name] for name in LEAD_FIELDS} | {"due_at": due, "message": words}
