"""Leads: taken in, listed, read, given another status."""

from __future__ import annotations

import re
from typing import Any

from flask import Response, url_for

from connector.access.tokens import Caller
from connector.catalog.filters import midnight
from connector.dialects.oplead import reading
from connector.dialects.oplead.door import entered, oplead, reader
from connector.dialects.oplead.files import linked, uploads
from connector.dialects.oplead.finding import named, shaped
from connector.engine import lists
from connector.engine.once import Kept
from connector.engine.run import action, run, task
from connector.web import incoming
from connector.web.answers import answer, replayed
from connector.web.attachments import keep
from connector.web.house import house
from connector.web.methods import numbered

MOST_PAGES = 1000
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@oplead.post("/leads")
@oplead.post("/addlead")
def take() -> Response:
    """Take a lead in, with its files: 201; 200 when its external reference was known and that lead was updated."""
    caller, came = entered("act")
    todo = action(house().catalog_of(caller), "import_lead")
    raw = reading.inputs(came, reading.LEAD, todo.input)
    first = task(house().catalog_of(caller), caller.scope, todo, raw, text=came.text, lenient=True)
    done = keep(caller, uploads(came), first=first)
    made = done.data["created"]
    lead = shaped(caller, [done.data["lead"]])[0]
    files = [linked(row) for row in done.data["attachments"]]
    response = answer({**lead, "created": made, "attachments": files}, 201 if made else 200)
    response.headers["Location"] = url_for(".one", identifier=lead["id"])
    return replayed(response, again=isinstance(done, Kept))


@oplead.get("/leads")
def several() -> Response:
    """A page of leads, newest first."""
    caller = reader()
    asked = reading.understood(reading.sent().address, reading.FILTER)
    limit = incoming.limit(asked.pop("limit", None), lists.LARGEST)
    page = incoming.limit(asked.pop("page", None), MOST_PAGES, "page") or 1
    start = asked.pop("cursor", None)
    raw = {
        name: moment(caller, value) if name.endswith(("after", "before")) else value for name, value in asked.items()
    }
    store, scope = house().store, caller.scope
    found = numbered(
        lambda cursor: lists.search(
            house().catalog_of(caller), store, scope, "find_lead", raw, text=True, cursor=cursor or start, limit=limit
        ),
        page - 1,
    )
    return answer({"data": shaped(caller, found.data), "cursor": found.cursor, "has_more": found.has_more})


@oplead.get("/leads/<identifier>")
def one(identifier: str) -> Response:
    """One lead, by our id or by its external reference."""
    caller = reader()
    return answer(shaped(caller, [named(caller, identifier)])[0])


@oplead.get("/leads/<identifier>/status")
def status(identifier: str) -> Response:
    """The status of a lead."""
    caller = reader()
    lead = shaped(caller, [named(caller, identifier)])[0]
    return answer({name: lead[name] for name in ("id", "identifier", "status", "status_code", "status_id")})


@oplead.route("/leads/<identifier>/status", methods=["PUT", "POST", "PATCH"])
def set_status(identifier: str) -> Response:
    """Give a lead another status; answers the lead."""
    caller, came = entered("act")
    todo = action(house().catalog_of(caller), "set_status")
    raw = reading.inputs(came, reading.STATUS, todo.input) | {"lead_id": named(caller, identifier)["id"]}
    done = run(house().catalog_of(caller), house().store, caller.scope, todo.key, raw, text=came.text, lenient=True)
    return replayed(answer(shaped(caller, [done.data])[0]), again=done.replayed)


def moment(caller: Caller, value: Any) -> Any:
    """A day begins at midnight in the account's zone."""
    if not (isinstance(value, str) and DAY.fullmatch(value)):
        return value
    catalog = house().catalog_of(caller)
    account = lists.record(catalog, house().store, caller.scope, catalog.entities["account"], caller.scope.account_id)
    try:
        return midnight(value, account["time_zone"])
    except (ValueError, OverflowError):
        return value
