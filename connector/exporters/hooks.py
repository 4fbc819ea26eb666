"""Webhooks: subscriptions, their test and replay, deliveries and attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.catalog.outputs import MOMENT, closed
from connector.exporters.routes import (
    API,
    LIST,
    MOMENT_OR_NULL,
    NULL_TEXT,
    RECORD_ID,
    Link,
    Parameter,
    Route,
    Schema,
    page,
    paging,
    segment,
)
from connector.exporters.texts import line, or_empty, strict

TAG = "Webhooks"
PLACES = ("header", "query", "body")
STATES = ("pending", "delivered", "failed")
STYLES = ("flat", "standard", "cloudevents", "oplead")
NULL_WHOLE: Schema = {"type": ["integer", "null"]}
WHOLE = or_empty({"type": "integer", "minimum": 0, "maximum": 10**18 - 1}, "string")
TIME = or_empty({"type": "string", "format": "date-time"}, "string")
URL: Schema = {
    "type": "string", "pattern": r"^https?://[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]+)*(/[A-Za-z0-9._~/-]*)?",
    "maxLength": 2000, "description": "http or https, without a password, and not of a private network.",
}  # fmt: skip
EXTRA: Schema = {
    "type": "object", "required": ["name"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "pattern": r"^[A-Za-z0-9_.\-]{1,64}$"},
        "in": {"type": "string", "enum": list(PLACES), "default": "header"},
        "value": strict({"type": ["string", "null"], "maxLength": 1000,
                         "description": "A fixed value: one line of text."}),
        "field": strict({"type": ["string", "null"], "maxLength": 64,
                         "description": "Or the name of a field of the item."}),
    },
    "description": "Sent with every call: either a value or a field, and no header or field that Leadwire itself sets.",
}  # fmt: skip
CHANGED_EXTRA: Schema = {
    "type": "object", "additionalProperties": False, "properties": EXTRA["properties"],
    "description": "A value takes the place of a field, and a field that of a value.",
}  # fmt: skip
KEPT_EXTRA = closed({
    "id": {"type": "integer"}, "name": {"type": "string"}, "in": {"type": "string", "enum": list(PLACES)},
    "value": {**NULL_TEXT, "description": "Never shown again."}, "field": NULL_TEXT,
})  # fmt: skip
CHANGEABLE: Mapping[str, Schema] = {
    "target_url": URL,
    "filter": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Json"},
               "propertyNames": line(), "description": "What the trigger's feed takes as parameters."},
    "parameters": {"type": "array", "items": EXTRA, "maxItems": 20},
    "style": {"type": "string", "enum": list(STYLES), "default": "flat", "description": "The shape of the body."},
}  # fmt: skip
NEW: Schema = {
    "type": "object", "required": ["trigger", "target_url"], "additionalProperties": False,
    "properties": {"trigger": strict({"type": "string", "minLength": 1, "maxLength": 64}), **CHANGEABLE},
}  # fmt: skip
CHANGE: Schema = {
    "type": "object", "additionalProperties": False,
    "properties": {**CHANGEABLE, "state": {"type": "string", "enum": ["active", "paused"]}},
}  # fmt: skip
SINCE: Schema = {
    "type": "object", "required": ["since"], "additionalProperties": False,
    "properties": {"since": {"type": "string", "format": "date-time"}},
}  # fmt: skip
SHOWN = {
    "id": {"type": "integer"}, "kind": {"type": "string"}, "trigger": {"type": "string"},
    "target_url": {"type": "string"}, "filter": {"type": "object"}, "style": {"type": "string", "enum": list(STYLES)},
    "state": {"type": "string", "enum": ["active", "paused", "disabled", "removed"]},
    "reason": NULL_TEXT, "failing_since": MOMENT_OR_NULL, "last_status": NULL_WHOLE, "last_error": NULL_TEXT,
    "last_at": MOMENT_OR_NULL, "user_id": NULL_WHOLE, "token_id": NULL_WHOLE,
    "created_at": MOMENT, "updated_at": MOMENT,
    "parameters": {"type": "array", "items": KEPT_EXTRA},
    "secret": {**NULL_TEXT, "maxLength": 0},
}  # fmt: skip
SECRET = {"type": "string", "description": "What signatures are checked with, this once."}
SUBSCRIPTION = closed(SHOWN)
MADE = closed({
    **SHOWN, "secret": {**NULL_TEXT, "description": "This once, and null where it was there already."},
    "unsubscribe_url": {"type": "string", "format": "uri", "description": "DELETE it, without a token."},
})  # fmt: skip
ROTATED = closed({**SHOWN, "secret": SECRET})
TRIED = closed({
    "ok": {"type": "boolean"}, "status": NULL_WHOLE, "milliseconds": {"type": "integer"},
    "message_id": {"type": "string"}, "error": NULL_TEXT, "answer": {"type": "string"},
    "message": {"type": "string", "description": "What came of it, in your language."},
})  # fmt: skip
SENT = {
    "id": {"type": "integer"}, "subscription_id": {"type": "integer"}, "message_id": {"type": "string"},
    "trigger": {"type": "string"}, "state": {"type": "string", "enum": list(STATES)}, "attempts": {"type": "integer"},
    "last_status": NULL_WHOLE, "last_error": NULL_TEXT, "settled_at": MOMENT_OR_NULL, "request_id": NULL_TEXT,
    "created_at": MOMENT, "event_id": NULL_WHOLE, "due_at": MOMENT_OR_NULL,
}  # fmt: skip
DELIVERY = closed(SENT)
ATTEMPT = closed({
    "id": {"type": "integer"}, "delivery_id": {"type": "integer"}, "subscription_id": {"type": "integer"},
    "number": {"type": "integer"}, "at": MOMENT, "milliseconds": {"type": "integer"}, "status": NULL_WHOLE,
    "error": NULL_TEXT, "answer": NULL_TEXT, "request_id": NULL_TEXT,
})  # fmt: skip
WHOLE_DELIVERY = closed({**SENT, "body": {"type": "string"}, "attempts_made": {"type": "array", "items": ATTEMPT}})
REPLAYED = closed({"subscription_id": {"type": "integer"}, "replayed": {"type": "integer"}})

ONE = f"{API}/subscriptions/{{subscription_id}}"
SUBSCRIPTION_ID = segment("subscription_id", RECORD_ID, "The subscription's id.", example=1)
EXTRAS, ONE_EXTRA = f"{ONE}/parameters", f"{ONE}/parameters/{{parameter_id}}"
EXTRAS_OF = segment("subscription_id", RECORD_ID, "The subscription's id.", example=2)
EXTRA_ID = segment("parameter_id", RECORD_ID, "The parameter's number.", example=1)
DELIVERY_ID = segment("delivery_id", RECORD_ID, "The delivery's id.", example=1)
EXAMPLE = {"trigger": "new_lead", "target_url": "https://example.com/hooks/leadwire"}
LINKS = {
    "subscription": Link(operation="get_subscription", does="The subscription.",
                         parameters={"subscription_id": "$response.body#/id"}),
    "remove": Link(operation="delete_subscription", does="Ends it.",
                   parameters={"subscription_id": "$response.body#/id"}),
}  # fmt: skip


def listing(texts: Sequence[str], wholes: Sequence[str] = ()) -> tuple[Parameter, ...]:
    """The parameters of a list: equal texts, equal whole numbers, from when, until when, and paging."""
    equal = [Parameter(name=name, schema=line(), does="Only where it is this.") for name in texts]
    equal += [Parameter(name=name, schema=WHOLE, does="Only where it is this.") for name in wholes]
    times = [
        Parameter(name="since", schema=TIME, does="Only what was made at that time or later."),
        Parameter(name="until", schema=TIME, does="Only what was made before that time."),
    ]
    return (*equal, *times, *paging(LIST, WHOLE))


HOOKS: tuple[Route, ...] = (
    Route(key="list_subscriptions", method="get", path=f"{API}/subscriptions", tag=TAG, title="List Subscriptions",
          does="Your subscriptions, newest first; an administrator sees all.",
          takes=listing(("trigger", "state", "target_url")), answers=page(SUBSCRIPTION)),
    Route(key="create_subscription", method="post", path=f"{API}/subscriptions", tag=TAG, title="Subscribe",
          does="Has every event of a trigger sent to an address, signed. The same wish again answers 200 and the same "
               "subscription.",
          body=NEW, body_required=True, examples={"new leads": EXAMPLE}, answers=MADE, statuses=(200, 201),
          refuses=(404, 409, 413, 415, 507), links=LINKS),
    Route(key="list_parameters", method="get", path=EXTRAS, tag=TAG, title="List Parameters",
          does="What is sent along with every call of a subscription.", takes=(EXTRAS_OF,),
          answers=page(KEPT_EXTRA), refuses=(404,)),
    Route(key="create_parameter", method="post", path=EXTRAS, tag=TAG, title="Create Parameter",
          does="One more parameter, sent along from the next delivery on.", takes=(EXTRAS_OF,), body=EXTRA,
          body_required=True, examples={"a key of the receiver": {"name": "X-Key", "in": "header", "value": "secret"}},
          answers=KEPT_EXTRA, statuses=(201,), refuses=(403, 404, 409, 413, 415, 507)),
    Route(key="get_parameter", method="get", path=ONE_EXTRA, tag=TAG, title="Get Parameter",
          does="One of them; its value is not shown.", takes=(EXTRAS_OF, EXTRA_ID), answers=KEPT_EXTRA,
          refuses=(404,)),
    Route(key="change_parameter", method="patch", path=ONE_EXTRA, tag=TAG, title="Change Parameter",
          does="Changes what is given.", takes=(EXTRAS_OF, EXTRA_ID), body=CHANGED_EXTRA,
          examples={"another value": {"value": "new secret"}}, answers=KEPT_EXTRA,
          refuses=(403, 404, 409, 413, 415, 507)),
    Route(key="delete_parameter", method="delete", path=ONE_EXTRA, tag=TAG, title="Remove Parameter",
          does="Sends it along no more.", takes=(EXTRAS_OF, EXTRA_ID), answers=KEPT_EXTRA,
          refuses=(403, 404, 409, 507)),
    Route(key="get_subscription", method="get", path=ONE, tag=TAG, title="Get Subscription",
          does="One subscription, with its last state.", takes=(SUBSCRIPTION_ID,), answers=SUBSCRIPTION,
          refuses=(404,)),
    Route(key="change_subscription", method="patch", path=ONE, tag=TAG, title="Change Subscription",
          does="Changes its address, filter, parameters or style; pauses it, or makes it active again.",
          takes=(SUBSCRIPTION_ID,), body=CHANGE, examples={"pause": {"state": "paused"}, "go on": {"state": "active"}},
          answers=SUBSCRIPTION, refuses=(403, 404, 409, 413, 415, 507)),
    Route(key="rotate_secret", method="post", path=f"{ONE}/rotate_secret", tag=TAG, title="Rotate Secret",
          does="A new secret; for a day both sign.", takes=(SUBSCRIPTION_ID,), answers=ROTATED,
          refuses=(404, 409, 507)),
    Route(key="test_subscription", method="post", path=f"{ONE}/test", tag=TAG, title="Test Subscription",
          does="Sends the trigger's sample there now, and answers what the receiver said.", takes=(SUBSCRIPTION_ID,),
          answers=TRIED, refuses=(404,)),
    Route(key="replay_subscription", method="post", path=f"{ONE}/replay", tag=TAG, title="Replay Subscription",
          does="Sends again everything since a time that did not arrive.", takes=(SUBSCRIPTION_ID,), body=SINCE,
          body_required=True, examples={"since March": {"since": "2026-03-01T00:00:00Z"}}, answers=REPLAYED,
          refuses=(404, 409, 413, 415, 507),
          refusals={"subscription_not_active": "The subscription is paused or disabled: nothing would leave."}),
    Route(key="delete_subscription", method="delete", path=ONE, tag=TAG, title="Unsubscribe",
          does="Ends it; its address is told so by one DELETE.", takes=(SUBSCRIPTION_ID,), answers=SUBSCRIPTION,
          refuses=(404, 409, 507)),
    Route(key="unsubscribe", method="delete", path=f"{API}/hooks/{{handle}}", tag=TAG, title="Unsubscribe by Address",
          does="Ends the subscription of this unguessable address, its `unsubscribe_url`.",
          takes=(segment("handle", {"type": "string", "pattern": "^[0-9]{1,18}-[0-9]{1,18}-[A-Za-z0-9_-]{43}$"}),),
          answers=SUBSCRIPTION, refuses=(404, 409, 507), open=True),
    Route(key="list_deliveries", method="get", path=f"{API}/deliveries", tag=TAG, title="List Deliveries",
          does="What was and is to be delivered, newest first.",
          takes=listing(("state", "trigger", "message_id", "request_id"), ("subscription_id", "event_id")),
          answers=page(DELIVERY)),
    Route(key="get_delivery", method="get", path=f"{API}/deliveries/{{delivery_id}}", tag=TAG, title="Get Delivery",
          does="One delivery with its body and its attempts.", takes=(DELIVERY_ID,), answers=WHOLE_DELIVERY,
          refuses=(404,)),
    Route(key="replay_delivery", method="post", path=f"{API}/deliveries/{{delivery_id}}/replay", tag=TAG,
          title="Replay Delivery", does="Sends this one again, with the same id.", takes=(DELIVERY_ID,),
          answers=DELIVERY, refuses=(404, 409, 507)),
    Route(key="list_attempts", method="get", path=f"{API}/attempts", tag=TAG, title="List Attempts",
          does="Every try and what the receiver said, newest first.",
          takes=listing(("error", "request_id"), ("subscription_id", "delivery_id", "status")), answers=page(ATTEMPT)),
)  # fmt: skip
"""Subscriptions and what became of them."""
