"""Meta's lead ads: `GET /in/meta` is the handshake, `POST /in/meta` tells of new leads; a worker fetches them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Response, g, request

from connector.errors import Forbidden, Malformed
from connector.events.leadgen import Notice, record
from connector.events.schedule import stamp
from connector.web import incoming
from connector.web.answers import answer
from connector.web.house import house
from connector.web.problems import catch, refuse
from connector.web.signatures import fits, same

ROOTS = ("/in/meta",)
LONGEST = 32
"""Digits of an id."""

meta = Blueprint("meta", __name__)


@meta.get("")
def shake() -> Response:
    """The handshake: the challenge back, for whoever knows the verify token."""
    asked = incoming.last(incoming.texts(request.args))
    known = house().settings.meta_verify_token
    if not known:
        raise Forbidden("meta_switched_off")
    if asked.get("hub.mode") != "subscribe" or not same(known, asked.get("hub.verify_token", "")):
        raise Forbidden("wrong_verify_token")
    return Response(asked.get("hub.challenge", "")[:200], content_type="text/plain; charset=utf-8")


@meta.post("")
def told() -> Response:
    """Note the leads that this body tells of; 200 as soon as they are."""
    raw, secret = incoming.content(), house().settings.meta_app_secret
    if not secret:
        raise Forbidden("meta_switched_off")
    if not fits(secret, request.headers.get("X-Hub-Signature-256", ""), raw):
        raise Forbidden("wrong_signature")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Malformed("malformed") from None
    found = list(notices(document))
    noted = record(house().store, found, stamp(datetime.now(UTC)), g.request_id)
    return answer({"ok": True, "received": len(found), "new": noted})


def notices(document: Any) -> Iterator[Notice]:
    """The leads in a body; what is of another kind is left alone, for Meta sends several kinds to one address."""
    for entry in many(document, "entry"):
        for change in many(entry, "changes"):
            value = change.get("value")
            if change.get("field") != "leadgen" or not isinstance(value, dict):
                continue
            leadgen_id, page_id = number(value.get("leadgen_id")), number(value.get("page_id") or entry.get("id"))
            if leadgen_id and page_id:
                yield Notice(
                    leadgen_id=leadgen_id, page_id=page_id, form_id=number(value.get("form_id")),
                    ad_id=number(value.get("ad_id")), submitted_at=moment(value.get("created_time")),
                )  # fmt: skip


def many(value: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list inside an object."""
    items = value.get(name) if isinstance(value, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def number(value: Any) -> str | None:
    """An id as text, whether it came as text or number; None for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None


def moment(value: Any) -> str | None:
    """A time in seconds, as rows write it."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**33:
        return stamp(datetime.fromtimestamp(value, UTC))
    return None


catch(meta, refuse)
