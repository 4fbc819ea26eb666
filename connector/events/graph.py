"""Meta's Graph API: the request for one lead, and what its answer comes to."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from connector.events.addresses import parsed
from connector.events.calls import Call, Reply

FIELDS = (
    "id,created_time,field_data,form_id,ad_id,ad_name,adset_name,campaign_name,platform,is_organic,"
    "custom_disclaimer_responses"
)
PASSING = frozenset({1, 2, 4, 17, 32, 341, 613, *range(80000, 80015)})
"""Error codes of the Graph API that pass by themselves: faults of its own, and its limits on calls."""
SAID = 500
"""Characters that are kept of what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a request came to: the lead, or whether to ask again, why, and Meta's own words."""

    fate: Literal["found", "again", "never"]
    lead: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    said: str | None = None


def proof(app_secret: str, token: str) -> str:
    """What shows that a token is used by its own app: `appsecret_proof`."""
    return hmac.digest(app_secret.encode(), token.encode(), "sha256").hex()


def request(base: str, app_secret: str, token: str, leadgen_id: str, timeout: float) -> Call:
    """The request for one lead. ValueError when the base is no address."""
    query = {"fields": FIELDS, "access_token": token, "appsecret_proof": proof(app_secret, token)}
    return Call(method="GET", url=str((parsed(base) / leadgen_id).with_query(query)), timeout=timeout)


def finding(reply: Reply, token: str) -> Finding:
    """What the answer comes to: a lead, a fault that passes, or one that somebody has to mend.

    The token is taken out of Meta's words, should it stand there.
    """
    if reply.error is not None and not reply.body:
        return Finding(fate="again", error=reply.error)
    document = _read(reply.body)
    status = reply.status or 0
    if reply.ok:
        if isinstance(document.get("field_data"), list):
            return Finding(fate="found", lead=document)
        return Finding(fate="never", error="graph_unreadable")
    fault = document.get("error")
    fault = fault if isinstance(fault, dict) else {}
    passing = status == 429 or status >= 500 or fault.get("is_transient") is True or fault.get("code") in PASSING
    words = f"{fault.get('message') or ''} (code {fault.get('code')})".replace(token, "[redacted]")
    said = words[:SAID] if fault else None
    return Finding(fate="again" if passing or reply.error else "never", error=reply.error or "graph_refused", said=said)


def _read(body: bytes) -> dict[str, Any]:
    """The object that the answer is; empty for any other."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
