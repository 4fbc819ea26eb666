"""The Test button: sends a sample now, by the very code that delivers, and tells what the receiver said."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from time import time
from typing import Any

from connector.access.vault import Vault
from connector.events import messages
from connector.events.addresses import Vetting, vetting
from connector.events.calls import Call, Reply
from connector.events.schedule import stamp, verdict
from connector.events.subscriptions import delivery_of
from connector.settings import Settings
from connector.storage.contract import Row

SHOWN = 1000
"""Characters of the answer that are told."""


def tried(settings: Settings, vault: Vault, row: Row, sample: Mapping[str, Any]) -> dict[str, Any]:
    """What came of sending the sample: status, time, the first part of the answer, or the key of a sentence."""
    moment = datetime.now(UTC)
    place = messages.target(vault, row, stamp(moment))
    message = f"msg_{row['id']}_test_{secrets.token_hex(6)}"
    text = messages.body(row["style"], place.parameters, message, row["trigger"], sample)
    delivery = delivery_of(row, 0, text, stamp(moment)) | {"message_id": message}
    try:
        call = messages.call(place, delivery, int(time()), settings.delivery_timeout)
        reply = asyncio.run(_sent(call, vetting(settings)))
    except ValueError:
        reply = Reply(error="url_not_plain")
    judged = verdict(reply, 1, (), moment)
    return {
        "ok": reply.ok, "status": reply.status, "milliseconds": round(reply.seconds * 1000), "message_id": message,
        "error": judged.error, "answer": messages.excerpt(place, reply.body)[:SHOWN],
    }  # fmt: skip


async def _sent(call: Call, allowed: Vetting) -> Reply:
    # Loaded when first needed, for it costs a starting server a fifth of a second.
    from connector.events.outbound import Sender

    sender = Sender(allowed, connections=1)
    try:
        return await sender.send(call)
    finally:
        await sender.close()
