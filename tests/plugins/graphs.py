"""What Meta sends and answers: signed notifications of lead ads, and a Graph API on loopback (a `Receiver`)."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.plugins.receivers import Receiver

APP_SECRET, VERIFY_TOKEN, PAGE_TOKEN = "secret of the app", "verify me", "EAAB-page-token-of-the-tests"
PAGE_ID, FORM_ID = "1029384756", "77"


def settings_of(graph: Receiver) -> dict[str, str]:
    """Settings of a server whose Graph API is that receiver."""
    return {
        "outbound_allow": "127.0.0.0/8", "secret_key": "for these tests", "meta_app_secret": APP_SECRET,
        "meta_verify_token": VERIFY_TOKEN, "meta_graph_url": graph.url("/v23.0"), "delivery_schedule": "0.1,0.1",
    }  # fmt: skip


def said(document: Any, status: int = 200, **headers: str) -> bytes:
    """An answer of the Graph API."""
    body = orjson.dumps(document)
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def lead(leadgen_id: str = "1", **answers: str) -> bytes:
    """The answer that is a lead."""
    given = {"full_name": "Zoé Martin", "email": f"zoe{leadgen_id}@example.com", **answers}
    return said({
        "id": leadgen_id, "created_time": "2026-03-01T09:00:00+0000", "form_id": FORM_ID, "platform": "ig",
        "campaign_name": "Spring", "ad_name": "Six windows", "adset_name": "Lyon",
        "field_data": [{"name": name, "values": [value]} for name, value in given.items()],
    })  # fmt: skip


def refusal(code: int, status: int = 400, **more: Any) -> bytes:
    """The answer that is an error."""
    message = f"It did not work, and the token was {PAGE_TOKEN}"
    return said({"error": {"message": message, "type": "OAuthException", "code": code, **more}}, status)


def notification(*leadgen_ids: Any, page: Any = PAGE_ID) -> bytes:
    """The body that tells of those leads, each in an entry of its own."""
    entries = [
        {"id": page, "time": 1767225600, "changes": [{"field": "leadgen", "value": {
            "leadgen_id": leadgen_id, "page_id": page, "form_id": FORM_ID, "ad_id": "88", "created_time": 1767225600,
        }}]}
        for leadgen_id in leadgen_ids
    ]  # fmt: skip
    return orjson.dumps({"object": "page", "entry": entries})


def signed(raw: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    """The headers that Meta sends with a body."""
    digest = hmac.new(secret.encode(), raw, "sha256").hexdigest()
    return {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={digest}"}


def asked(graph: Receiver) -> list[dict[str, str]]:
    """What the Graph API was asked, in order: the path, and each parameter."""
    found = [urlsplit(request.path) for request in graph.requests]
    return [{"path": url.path, **{name: texts[0] for name, texts in parse_qs(url.query).items()}} for url in found]
