"""Webhooks over HTTP: subscriptions, their test and replay, and what became of each delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, request

from connector.access.tokens import Caller
from connector.errors import Fault, Forbidden, Invalid, NotFound, WrongMethod
from connector.events import callouts, replay, shapes, subscriptions
from connector.events.addresses import require, vetting
from connector.events.schedule import stamp
from connector.events.subscriptions import Wish
from connector.events.trial import tried
from connector.sentences import SENTENCES, say
from connector.storage.contract import Clause, Row, Scope
from connector.web import incoming
from connector.web.answers import answer
from connector.web.feeds import sample_of
from connector.web.forms import checked
from connector.web.house import house

webhooks = Blueprint("webhooks", __name__)
NEW, CHANGE, REPLAY = shapes.SubscriptionShape(), shapes.ChangeShape(), shapes.ReplayShape()
MOST, USUAL = 200, 50
OTHERS = ("GET", "HEAD", "POST", "PUT", "PATCH", "OPTIONS")
Shown = Callable[[Row], dict[str, Any]]


@webhooks.post("/subscriptions")
def subscribe() -> Response:
    """Make a subscription: 201 with its secret, shown this once. The same wish again answers 200 and the same one."""
    caller = incoming.caller()
    incoming.query()
    wish = Wish(**checked(NEW, incoming.body()[0]))
    require(wish.target_url, vetting(house().settings), "/target_url")
    row, secret = subscriptions.create(house().catalog_of(caller), house().store, house().vault, caller, wish)
    address = f"{request.url_root.rstrip('/')}/api/v1/hooks/{subscriptions.handle(house().vault, row)}"
    response = answer(shown(row) | {"secret": secret, "unsubscribe_url": address}, 201 if secret else 200)
    response.headers["Location"] = address
    return response


@webhooks.get("/subscriptions")
def several() -> Response:
    """The caller's subscriptions, newest first; an admin sees all."""
    there = (Clause(path="state", op="ne", value="removed"), Clause(path="kind", op="ne", value=subscriptions.CALLS))
    return listed("subscription", {"trigger": "trigger", "state": "state", "target_url": "target_url"}, shown, *there)


@webhooks.get("/subscriptions/<subscription_id>")
def one(subscription_id: str) -> Response:
    """One subscription, with its last state."""
    _, row = mine(subscription_id)
    return answer(shown(row))


@webhooks.patch("/subscriptions/<subscription_id>")
def change(subscription_id: str) -> Response:
    """Change its address, filter, parameters or style; pause it, or make it active again."""
    caller, row = mine(subscription_id)
    asked = checked(CHANGE, incoming.body()[0], partial=True)
    if row["kind"] == subscriptions.PROVIDER and set(asked) - {"state"}:
        raise Forbidden("provider_subscription")
    if "target_url" in asked:
        require(asked["target_url"], vetting(house().settings), "/target_url")
    catalog = house().catalog_of(caller)
    return answer(shown(subscriptions.revise(catalog, house().store, house().vault, caller, row, asked)))


@webhooks.delete("/subscriptions/<subscription_id>")
def remove(subscription_id: str) -> Response:
    """End it; its address is told so by one DELETE."""
    caller, row = mine(subscription_id)
    return answer(shown(subscriptions.remove(house().store, row, now(), by=caller.scope)))


@webhooks.delete("/hooks/<handle>", provide_automatic_options=False)
def unsubscribe(handle: str) -> Response:
    """End the subscription of this unguessable address; it needs no token."""
    row = subscriptions.by_handle(house().store, house().vault, handle)
    whoever = Scope(account_id=row["account_id"], address=incoming.address(), request_id=g.request_id)
    return answer(shown(subscriptions.remove(house().store, row, now(), by=whoever)))


@webhooks.route("/hooks/<handle>", methods=OTHERS, provide_automatic_options=False)
def anything_else(handle: str) -> Response:
    """These addresses are ended and nothing else; they are no records either."""
    raise WrongMethod(method=request.method, allow="DELETE")


@webhooks.post("/subscriptions/<subscription_id>/rotate_secret")
def rotate(subscription_id: str) -> Response:
    """A new secret, shown this once; for a day both sign."""
    caller, row = mine(subscription_id)
    row, secret = subscriptions.rotate(house().store, house().vault, row, datetime.now(UTC), by=caller.scope)
    return answer(shown(row) | {"secret": secret})


@webhooks.post("/subscriptions/<subscription_id>/test")
def test(subscription_id: str) -> Response:
    """Send the trigger's sample there now, and answer what the receiver said."""
    caller, row = mine(subscription_id)
    sample = sample_of(caller, row["trigger"])
    outcome = tried(house().settings, house().vault, row, sample)
    noted(caller, row, "tested", ok=outcome["ok"])
    sentence = say(SENTENCES[outcome["error"] or "delivered_well"], incoming.locale())
    return answer(outcome | {"message": sentence})


@webhooks.post("/subscriptions/<subscription_id>/replay")
def replay_since(subscription_id: str) -> Response:
    """Send again everything since a time that did not arrive."""
    caller, row = mine(subscription_id)
    since = checked(REPLAY, incoming.body()[0])["since"]
    count = replay.since(house().catalog_of(caller), house().store, house().vault, row, since, now())
    noted(caller, row, "replayed", since=since, replayed=count)
    return answer({"subscription_id": row["id"], "replayed": count})


@webhooks.get("/deliveries")
def deliveries() -> Response:
    """What was and is to be delivered, newest first."""
    names = {"subscription_id": "subscription_id", "state": "state", "trigger": "trigger", "event_id": "seq",
             "message_id": "message_id", "request_id": "request_id"}  # fmt: skip
    return listed("delivery", names, shapes.delivery)


@webhooks.get("/deliveries/<delivery_id>")
def delivery(delivery_id: str) -> Response:
    """One delivery with its body and its attempts."""
    caller, row = sent(delivery_id)
    own = (Clause(path="delivery_id", op="eq", value=row["id"]),)
    tries = subscriptions.found(house().store, caller, own, None, MOST, "attempt")
    return answer(shapes.delivery(row) | {"body": content(row), "attempts_made": [shapes.attempt(it) for it in tries]})


@webhooks.post("/deliveries/<delivery_id>/replay")
def again(delivery_id: str) -> Response:
    """Send this one again, with the same id."""
    caller, row = sent(delivery_id)
    return answer(shapes.delivery(replay.once_more(house().store, row, now(), by=caller.scope)))


@webhooks.get("/attempts")
def attempts() -> Response:
    """Every try and what the receiver said, newest first."""
    names = {"subscription_id": "subscription_id", "delivery_id": "delivery_id", "status": "status", "error": "error",
             "request_id": "request_id"}  # fmt: skip
    return listed("attempt", names, shapes.attempt)


def noted(caller: Caller, row: Row, what: str, **details: Any) -> None:
    """Write into the audit what was done with a subscription beside any transaction."""
    house().store.transact(caller.scope, lambda tx: subscriptions.noted(tx, what, row, **details))


def content(row: Row) -> str:
    """The body of a delivery; of a call what was asked for, without its secrets."""
    body: str = callouts.told(house().vault, row) if row["style"] == callouts.STYLE else row["body"]
    return body


def now() -> str:
    """The present moment as rows write it."""
    return stamp(datetime.now(UTC))


def shown(row: Row) -> dict[str, Any]:
    """A subscription on the wire."""
    return shapes.subscription(house().vault, row)


def mine(subscription_id: str) -> tuple[Caller, Row]:
    """The caller and a subscription that they may see, or NotFound."""
    caller = incoming.caller()
    incoming.query()
    return caller, subscriptions.one(house().store, caller, incoming.path_id(subscription_id, "subscription"))


def sent(delivery_id: str) -> tuple[Caller, Row]:
    """The caller and a delivery that they may see, or NotFound."""
    caller = incoming.caller()
    incoming.query()
    own = (Clause(path="id", op="eq", value=incoming.path_id(delivery_id, "delivery")),)
    rows = subscriptions.found(house().store, caller, own, None, 1, "delivery")
    if not rows:
        raise NotFound("delivery_not_found", value=delivery_id)
    return caller, rows[0]


def listed(entity: str, names: Mapping[str, str], show: Shown, *more: Clause) -> Response:
    """A page, newest first, filtered by equality, and by `since` and `until` where it was made."""
    caller = incoming.caller()
    asked = incoming.query(*names, "since", "until", "cursor", "limit")
    limit = incoming.limit(asked.pop("limit", None), MOST) or USUAL
    cursor = asked.pop("cursor", "")
    before = number("cursor", cursor) if cursor else None
    where = [*more, *(clause(name, names, value) for name, value in asked.items() if value)]
    rows = subscriptions.found(house().store, caller, where, before, limit + 1, entity)
    page = rows[:limit]
    following = str(page[-1]["id"]) if len(rows) > limit else None
    return answer({"data": [show(row) for row in page], "cursor": following, "has_more": len(rows) > limit})


def clause(name: str, names: Mapping[str, str], value: str) -> Clause:
    """One filter of a list."""
    if name in ("since", "until"):
        return Clause(path="created_at", op="gte" if name == "since" else "lt", value=time(name, value))
    whole = (name.endswith("_id") and name not in ("message_id", "request_id")) or name == "status"
    return Clause(path=names[name], op="eq", value=number(name, value) if whole else value)


def number(name: str, value: str) -> int:
    """A whole number of the query string."""
    if value.isascii() and value.isdecimal() and len(value) < 19:
        return int(value)
    raise Invalid(faults=[Fault(pointer=f"/{name}", key="not_an_integer", params={"name": name, "got": value})])


def time(name: str, value: str) -> str:
    """A time of the query string, in UTC."""
    found = utc(value)
    if found is None:
        raise Invalid(faults=[Fault(pointer=f"/{name}", key="not_a_datetime", params={"name": name, "got": value})])
    return stamp(found)


def utc(value: str) -> datetime | None:
    """The moment that a text with a zone names; None for any other, and for one outside the years of UTC."""
    try:
        found = datetime.fromisoformat(value)
        return None if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
