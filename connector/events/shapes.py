"""Subscriptions, deliveries and attempts as they go over the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from connector.access.tokens import Moment
from connector.access.vault import Vault
from connector.events import messages, signing
from connector.events.messages import Parameter
from connector.storage.contract import Row

PLACES = ("header", "query", "body")
STATES = ("pending", "delivered", "failed")
REDACTED = "[redacted]"
MOST_PARAMETERS = 20
NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
LINE = re.compile(r"[\x20-\x7e\x80-\U0010ffff]{0,1000}")
TAKEN = re.compile(
    r"(?i)webhook-.*|host|content-.*|connection|transfer-encoding|te|trailer|upgrade|expect|user-agent|accept-encoding|"
    r"proxy-.*|keep-alive"
)
"""Headers that are ours, or that would change how the request is read."""
ITEM_KEYS = frozenset(
    {
        "id",
        "occurred_at",
        "data",
        "type",
        "timestamp",
        "specversion",
        "source",
        "time",
        "datacontenttype",
        "event",
        "date",
        "leadIdentifier",
    }
)
"""Names in the body that an extra parameter must not cover."""


class ParameterShape(Schema):
    """An extra parameter sent with every call."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    name = fields.String(required=True, validate=validate.Regexp(NAME.pattern + r"\Z"))
    place = fields.String(data_key="in", load_default="header", validate=validate.OneOf(PLACES))
    value = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=1000))
    field = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))

    @validates_schema
    def _whole(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["value"] is None) == (data["field"] is None):
            raise ValidationError("value_or_field", "value")
        if data["place"] == "header" and TAKEN.fullmatch(data["name"]):
            raise ValidationError("header_taken", "name")
        if data["place"] == "body" and data["name"] in ITEM_KEYS:
            raise ValidationError("field_taken", "name")
        if data["value"] is not None and not LINE.fullmatch(data["value"]):
            raise ValidationError("not_one_line", "value")

    @post_load
    def _made(self, data: Mapping[str, Any], **_: Any) -> Parameter:
        return Parameter(**data)


class SubscriptionShape(Schema):
    """What a subscriber may say."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    trigger = fields.String(required=True, validate=validate.Length(1, 64))
    target_url = fields.String(required=True, validate=validate.Length(1, 2000))
    filter = fields.Dict(keys=fields.String(), load_default=dict)
    parameters = fields.List(
        fields.Nested(ParameterShape), load_default=list, validate=validate.Length(max=MOST_PARAMETERS)
    )
    style = fields.String(load_default="flat", validate=validate.OneOf(tuple(signing.STYLES)))


class ChangeShape(SubscriptionShape):
    """What may be changed later."""

    trigger = fields.String(dump_only=True)
    state = fields.String(validate=validate.OneOf(("active", "paused")))


class ReplayShape(Schema):
    """From when on to send again what did not arrive."""

    class Meta:
        """Names that are not fields are refused."""

        unknown = RAISE

    since = Moment(required=True, format="iso")


def subscription(vault: Vault, row: Row) -> dict[str, Any]:
    """A subscription as its owner sees it: parameter values and secrets are never shown again."""
    shown = [parameter(it) for it in messages.parameters(vault, row)]
    keys = ("id", "kind", "trigger", "target_url", "filter", "style", "state", "reason", "failing_since", "last_status",
            "last_error", "last_at", "user_id", "token_id", "created_at", "updated_at")  # fmt: skip
    return {**{key: row[key] for key in keys}, "parameters": shown, "secret": None}


def parameter(it: Parameter) -> dict[str, Any]:
    """An extra parameter as its owner sees it."""
    value = None if it.value is None else REDACTED
    return {"id": it.id, "name": it.name, "in": it.place, "value": value, "field": it.field}


def delivery(row: Row) -> dict[str, Any]:
    """A delivery without its body."""
    keys = ("id", "subscription_id", "message_id", "trigger", "state", "attempts", "last_status", "last_error",
            "settled_at", "request_id", "created_at")  # fmt: skip
    shown = {key: row[key] for key in keys}
    return shown | {"event_id": row["seq"], "due_at": row["due_at"] if row["state"] == "pending" else None}


def attempt(row: Row) -> dict[str, Any]:
    """One try, and what the receiver said."""
    keys = (
        "id",
        "delivery_id",
        "subscription_id",
        "number",
        "at",
        "milliseconds",
        "status",
        "error",
        "answer",
        "request_id",
    )
    return {key: row[key] for key in keys}
