"""Signatures of what comes in: HMAC-SHA256 of the raw body, in the headers and spellings in use."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Sequence

from werkzeug.datastructures import Headers

from connector.events import signing

PLAIN = (
    "X-Leadwire-Signature", "X-Hub-Signature-256", "X-Signature-256", "X-Signature", "X-Webhook-Signature",
    "Typeform-Signature", "Tally-Signature", "X-Hook-Signature",
)  # fmt: skip
"""Headers with the digest of the body alone, in hex or base64, with or without `sha256=` before it."""
TOLERANCE = 300
"""Seconds by which the time of a signed message may be off."""


def signed(secrets: Sequence[str], headers: Headers, raw: bytes, now: float) -> bool:
    """Whether one of these secrets signed this body, in any of the ways."""
    given = [headers[name] for name in PLAIN if name in headers]
    if any(fits(secret, text, raw) for secret in secrets for text in given):
        return True
    message, sent, many = (headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
    if not (message and sent.isascii() and sent.isdecimal() and len(sent) < 12) or abs(now - int(sent)) > TOLERANCE:
        return False
    good = [signing.signature(signing.key(secret), message, int(sent), raw) for secret in secrets]
    return any(same(each, text) for each in good for text in many.split())


def fits(secret: str, text: str, raw: bytes) -> bool:
    """Whether this text is the digest of the body under this secret."""
    digest = hmac.digest(secret.encode(), raw, "sha256")
    value = text.strip()
    value = value[7:] if value[:7].lower() == "sha256=" else value
    return same(digest.hex(), value.lower()) | same(b64encode(digest).decode(), value)


def same(good: str, given: str) -> bool:
    """Whether both texts are equal, found out in a time that does not depend on where they differ."""
    return hmac.compare_digest(good.encode(), given.encode())
