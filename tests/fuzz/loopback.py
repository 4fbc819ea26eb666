"""A hook of schemathesis: no request of the fuzz leads outside, takes its own rights away or repeats another's key."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from itertools import count
from typing import Any

import schemathesis

NETWORK = "127.0.0.99/32"
"""The one network that the fuzzed server may call; nobody listens there."""
URL = "http://127.0.0.99:9/"
HOST = "127.0.0.1"
"""A mail server in a network that it may not call."""
KEY, PARAMETER = "Idempotency-Key", "idempotency_key"
LONGEST = 255
COUNT = count()
OWN, OTHER = "1", 2
"""The fuzz does not take its own token's rights away; it has another one to change."""


def renew(place: Any, name: str) -> None:
    """A good key names one wish; the fuzz would use it for several, which is refused as it should be."""
    if not isinstance(place, MutableMapping) or name not in place:
        return
    key = place[name]
    whole = isinstance(key, int | float) and not isinstance(key, bool) and key == int(key)
    if whole or (isinstance(key, str) and 0 < len(key) <= LONGEST and "\0" not in key):
        place[name] = f"{str(key)[: LONGEST - 20]} {next(COUNT)}"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Turn addresses that could be called into ones of this machine; the rest of the body stays as it is."""
    if "token_id" in case.path_parameters and str(case.path_parameters["token_id"]) == OWN and case.method == "PATCH":
        case.path_parameters["token_id"] = OTHER
    for place, word in ((case.headers, KEY), (case.query, PARAMETER), (case.body, PARAMETER)):
        renew(place, word)
    body = case.body
    if not isinstance(body, dict):
        return
    name = next((name for name in ("target_url", "url") if re.match(r"https?://", str(body.get(name)))), None)
    if name:
        path = re.sub(r"[^A-Za-z0-9]", "", str(body[name]))[-40:]
        case.body = {**body, name: URL + path}
    elif re.fullmatch(r"[A-Za-z0-9.:_-]{1,255}", str(body.get("host") or "")) and isinstance(body["host"], str):
        case.body = {**body, "host": HOST}
