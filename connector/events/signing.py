"""Signed messages after Standard Webhooks 1.0: ids, secrets, signatures, and the three shapes of a body."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode, b64encode
from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

PREFIX = "whsec_"
SECRET_BYTES = 32
Style = Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]


def mint() -> str:
    """A new signing secret: `whsec_` and 256 random bits in base64, as every Standard Webhooks library takes it."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def message_id(subscription_id: int, seq: int) -> str:
    """The id of an event for one subscription: the same over all tries, replays and restarts."""
    return f"msg_{subscription_id}_{seq}"


def key(secret: str) -> bytes:
    """The bytes that a secret signs with."""
    return b64decode(secret.removeprefix(PREFIX))


def signature(key: bytes, message: str, timestamp: int, body: bytes) -> str:
    """One `v1,...` signature of `id.timestamp.body`."""
    signed = f"{message}.{timestamp}.".encode() + body
    return "v1," + b2a_base64(hmac.digest(key, signed, "sha256"), newline=False).decode()


def headers(keys: Sequence[bytes], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of one attempt; while a secret is being changed, a signature with each that is valid."""
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join([signature(each, message, timestamp, body) for each in keys]),
    }


def _flat(message: str, trigger: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    return item


def _standard(message: str, trigger: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": trigger, "timestamp": item.get("occurred_at"), "data": item}


def _cloudevents(message: str, trigger: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "specversion": "1.0", "id": message, "source": "/api/v1/triggers", "type": trigger,
        "time": item.get("occurred_at"), "datacontenttype": "application/json", "data": item,
    }  # fmt: skip


def _oplead(message: str, trigger: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "event": event(trigger), "id": message, "date": item.get("occurred_at"), "leadIdentifier": item.get("lead_id"),
        "data": item,
    }  # fmt: skip


def event(trigger: str) -> str:
    """What Oplead's subscribers call a trigger: `lead-status-changed`."""
    return {"lead_assigned": "new-lead-assigned"}.get(trigger, trigger.replace("_", "-"))


STYLES: Mapping[str, tuple[Style, str]] = {
    "flat": (_flat, "application/json"),
    "standard": (_standard, "application/json"),
    "cloudevents": (_cloudevents, "application/cloudevents+json"),
    "oplead": (_oplead, "application/json"),
}
"""Payload styles: the shape of the body, and its content type."""


def body(style: str, message: str, trigger: str, item: Mapping[str, Any], extra: Mapping[str, Any]) -> str:
    """The bytes of a delivery, as text: made once, stored, signed at every try. `extra` joins the outermost object."""
    shape, _ = STYLES[style]
    return orjson.dumps({**shape(message, trigger, item), **extra}).decode()


def item_in(style: str, text: str) -> Mapping[str, Any]:
    """The item inside a stored body."""
    found: Mapping[str, Any] = orjson.loads(text)
    return found if style == "flat" else found["data"]
