"""The `call` effect on its way out: an action's outbox row becomes a delivery, and leaves like any other.

It has the schedule, the leases, the attempts and the vetting of webhooks. Its receiver is the origin of its address, so
that one that is down holds up nobody but itself. What it carries is sealed from here on: headers hold other systems'
keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import groupby
from typing import Any

import orjson

from connector.access.vault import Vault
from connector.errors import Conflict
from connector.events import signing
from connector.events.addresses import parsed
from connector.events.calls import Call
from connector.events.messages import text
from connector.events.subscriptions import CALLS, ENTITY, delivery_of
from connector.storage.contract import Clause, Order, Query, Row, Scope, Store, Transaction

STYLE = "call"
PAGE = 100
ANYWHERE = Scope(account_id=0)
OPEN_HEADERS = frozenset({"accept", "content-type"})
ALLOWED = re.compile(
    r"(?i)(?!(webhook-.*|host|content-length|connection|transfer-encoding|te|trailer|upgrade|expect|user-agent|"
    r"accept-encoding|proxy-.*|keep-alive)$)[!#$%&'*+.^_`|~0-9a-z-]{1,64}"
)
"""Names of headers, but for those that are ours or change how the request is read."""
REDACTED = "[redacted]"


def queue(store: Store, vault: Vault, now: str) -> int:
    """Make deliveries of what actions have put into the outbox; how many."""
    where = (
        Clause(path="kind", op="eq", value="call"), Clause(path="state", op="eq", value="pending"),
        Clause(path="due_at", op="lte", value=now),
    )  # fmt: skip
    query = Query(entity="outbox", where=where, order=(Order(path="due_at"),), limit=PAGE, everywhere=True)
    rows = sorted(store.read(ANYWHERE, lambda tx: tx.find(query)), key=lambda row: (row["account_id"], row["id"]))
    return sum(_moved(store, vault, now, account, list(mine)) for account, mine in groupby(rows, _account))


def _account(row: Row) -> int:
    found: int = row["account_id"]
    return found


def _moved(store: Store, vault: Vault, now: str, account_id: int, rows: Sequence[Row]) -> int:
    """One transaction: whoever holds the rows first moves them, and the body is nowhere left unsealed."""

    def work(tx: Transaction) -> int:
        waiting = [row for row in rows if (tx.get("outbox", row["id"]) or {}).get("state") == "pending"]
        for row in waiting:
            asked = dict(row["body"] or {})
            subscription = _receiver(tx, vault, _origin(str(asked.get("url") or "")))
            tx.insert("delivery", _delivery(vault, subscription, row, asked, now))
            tx.update("outbox", row["id"], {"state": "sent", "body": None})
        return len(waiting)

    about = tuple(("outbox", row["id"]) for row in rows)
    try:
        return store.transact(Scope(account_id=account_id, origin="automation"), work, about=about)[0]
    except Conflict:
        return 0  # another worker has just made the same receiver known; the next look finds it


def _origin(url: str) -> str:
    try:
        return str(parsed(url).origin())
    except ValueError:
        return ""


def _receiver(tx: Transaction, vault: Vault, origin: str) -> Row:
    """What stands for all calls to that origin: a subscription that hears of nothing."""
    same = sha256(orjson.dumps([tx.scope.account_id, CALLS, origin])).hexdigest()
    found = tx.find(Query(entity=ENTITY, where=(Clause(path="fingerprint", op="eq", value=same),), limit=1))
    if found:
        return found[0]
    return tx.insert(ENTITY, {
        "trigger": CALLS, "target_url": origin, "filter": {}, "style": STYLE, "parameters": None, "kind": CALLS,
        "state": "active", "secret": vault.seal(signing.mint()), "fingerprint": same,
    })  # fmt: skip


def _delivery(vault: Vault, subscription: Row, row: Row, asked: Mapping[str, Any], now: str) -> Row:
    sealed = vault.seal(orjson.dumps(asked).decode())
    made = delivery_of(subscription, None, sealed, now, asked.get("request_id"))
    return made | {
        "message_id": f"msg_{subscription['id']}_call_{row['id']}", "style": STYLE, "trigger": CALLS,
        "method": str(asked.get("method") or "POST").upper(),
    }  # fmt: skip


def request(vault: Vault, delivery: Row, timeout: float) -> Call:
    """The request of one attempt; its id is the same over all tries."""
    asked = orjson.loads(vault.open(delivery["body"]))
    content = asked.get("body")
    raw = b"" if content is None else content.encode() if isinstance(content, str) else orjson.dumps(content)
    given = {str(name): value for name, value in (asked.get("headers") or {}).items() if value is not None}
    headers = {name: text(value) for name, value in given.items() if ALLOWED.fullmatch(name)}
    if raw and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "text/plain; charset=utf-8" if isinstance(content, str) else "application/json"
    return Call(
        method=delivery["method"], url=str(asked.get("url") or ""), body=raw, timeout=timeout,
        headers=headers | {"webhook-id": delivery["message_id"]},
    )  # fmt: skip


def keys(call: Call) -> list[str]:
    """What a receiver must not be seen to echo."""
    return [value for name, value in call.headers.items() if name.lower() not in (*OPEN_HEADERS, "webhook-id")]


def told(vault: Vault, delivery: Row) -> str:
    """What was asked for, for people to read: no header's value but harmless ones, no value of the query string."""
    asked = orjson.loads(vault.open(delivery["body"]))
    headers = asked.get("headers") or {}
    shown = {name: value if name.lower() in OPEN_HEADERS else REDACTED for name, value in headers.items()}
    return orjson.dumps({
        "method": delivery["method"], "url": _plain(str(asked.get("url") or "")), "headers": shown,
        "body": asked.get("body"),
    }).decode()  # fmt: skip


def _plain(url: str) -> str:
    try:
        found = parsed(url)
    except ValueError:
        return REDACTED
    return str(found.with_query({name: REDACTED for name in found.query}))
