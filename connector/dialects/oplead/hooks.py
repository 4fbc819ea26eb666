"""Subscriptions: an event of Oplead's is a trigger of ours, sent in Oplead's envelope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, url_for

from connector.access.tokens import Caller
from connector.catalog.coercions import echo
from connector.dialects.oplead import reading
from connector.dialects.oplead.door import entered, oplead, reader
from connector.engine import lists
from connector.errors import Fault, Invalid
from connector.events import shapes, subscriptions
from connector.events.addresses import require, vetting
from connector.events.schedule import stamp
from connector.events.signing import event
from connector.events.subscriptions import Wish
from connector.storage.contract import Clause, Row
from connector.web import incoming
from connector.web.answers import answer
from connector.web.house import house

STYLE = "oplead"
LAST = 10**18 - 1
"""The highest number that a cursor may be."""
SHAPE = shapes.SubscriptionShape()
SPOKEN = {
    "lead_assigned": "newlead newleads leadsassigned assignment nouveaulead nouveauxleads leadattribue "
                     "nouveauleadattribue",
    "lead_status_changed": "leadstatus statuschanged statuschange leadstatuschange leadstatusupdated statusupdated "
                           "statut changementstatut changementdestatut",
    "appointment_updated": "appointment appointments appointmentchanged leadappointmentupdated rdv rdvupdated majrdv "
                           "rendezvous leadrdvupdated",
}  # fmt: skip
"""Triggers, and more names for them."""


@oplead.post("/subscriptions")
def subscribe() -> Response:
    """Have an event sent to an address: 201 with its secret, shown this once; 200 for one that was there already."""
    caller, came = entered("act")
    given = {**reading.understood(came.address, reading.HOOK), **reading.understood(came.body, reading.HOOK)}
    url = needed(given, "url")
    require(url, vetting(house().settings), "/url")
    wish = Wish(trigger=trigger(needed(given, "event")), target_url=url, style=STYLE)
    row, secret = subscriptions.create(house().catalog_of(caller), house().store, house().vault, caller, wish)
    response = answer(shown(row) | {"secret": secret}, 201 if secret else 200)
    response.headers["Location"] = url_for(".subscription", subscription_id=row["id"])
    return response


@oplead.get("/subscriptions")
def subscribed() -> Response:
    """The caller's subscriptions, newest first; an admin sees all."""
    caller = reader()
    asked = reading.understood(reading.sent().address, reading.FILTER)
    limit = incoming.limit(asked.get("limit"), lists.LARGEST) or lists.LIMIT
    before = incoming.limit(asked.get("cursor"), LAST, "cursor")
    where = [Clause(path="state", op="ne", value="removed")]
    rows = subscriptions.found(house().store, caller, where, before, limit + 1, subscriptions.ENTITY)
    page, more = rows[:limit], len(rows) > limit
    return answer({"data": [*map(shown, page)], "cursor": str(page[-1]["id"]) if more else None, "has_more": more})


@oplead.get("/subscriptions/<subscription_id>")
def subscription(subscription_id: str) -> Response:
    """One subscription, with its last state."""
    return answer(shown(own(reader(), subscription_id)))


@oplead.delete("/subscriptions/<subscription_id>")
def unsubscribe(subscription_id: str) -> Response:
    """End it; its address is told so by one DELETE."""
    caller, _ = entered("act")
    row = own(caller, subscription_id)
    return answer(shown(subscriptions.remove(house().store, row, stamp(datetime.now(UTC)), by=caller.scope)))


def own(caller: Caller, subscription_id: str) -> Row:
    """A subscription that the caller may see."""
    return subscriptions.one(house().store, caller, incoming.path_id(subscription_id, "subscription"))


def needed(given: dict[str, Any], name: str) -> str:
    """A text that has to be there."""
    value = given.get(name)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, str):
        key = "missing_parameter" if value is None else "not_a_text"
        raise Invalid(faults=[Fault(pointer=f"/{name}", key=key, params={"name": name, "got": echo(value)})])
    return value


def trigger(name: str) -> str:
    """The trigger that an event's name means; Invalid, with those there are."""
    known = {reading.folded(key): key for key in house().catalog.triggers}
    known |= {reading.folded(event(key)): key for key in house().catalog.triggers}
    known |= {word: key for key, spoken in SPOKEN.items() for word in spoken.split() if key in house().catalog.triggers}
    found = known.get(reading.folded(name))
    if found is None:
        params = {"name": "event", "got": repr(name[:60]), "allowed": ", ".join(map(event, house().catalog.triggers))}
        raise Invalid(faults=[Fault(pointer="/event", key="not_allowed", params=params)])
    return found


def shown(row: Row) -> dict[str, Any]:
    """A subscription in this door's words."""
    keys = (
        "id",
        "state",
        "reason",
        "style",
        "last_status",
        "last_error",
        "last_at",
        "user_id",
        "created_at",
        "updated_at",
    )
    return {
        "event": event(row["trigger"]), "url": row["target_url"], "active": row["state"] == "active", "secret": None,
        **{key: row[key] for key in keys},
    }  # fmt: skip
