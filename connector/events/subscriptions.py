"""Subscriptions: who wants to be told of what. Made once per (url, trigger, filter, token), kept until removed."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from connector.access.audit import note
from connector.access.tokens import Caller
from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.errors import Conflict, LeadwireError, NotFound
from connector.events import signing
from connector.events.feeds import Feed, filled, trigger
from connector.events.messages import Parameter, sealed
from connector.events.schedule import stamp
from connector.storage.contract import Clause, Order, Query, Row, Scope, Store, Transaction

ENTITY = "subscription"
PROVIDER = "provider"
"""The kind of subscription that a lead's own `provider_webhook_url` stands for; it is nobody's token's."""
STATES = {"paused": "paused", "active": "resumed"}
"""What the audit calls a change to that state."""
CALLS = "call"
"""The kind of subscription that stands for the calls of actions to one origin: it hears of nothing."""
OURS = (PROVIDER, CALLS)
BOTH_VALID = 24 * 3600
"""Seconds for which the old secret still signs beside a new one."""
HANDLE = re.compile(r"(\d{1,18})-(\d{1,18})-([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a subscriber asks for."""

    trigger: str
    target_url: str
    filter: Mapping[str, Any] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    style: str = "flat"


def live(row: Row, now: str) -> bool:
    """Whether whoever made it may still see anything: a revoked token or a user who left is told nothing more."""
    if row["kind"] in OURS:
        return True
    expired = row["expires_at"] is not None and row["expires_at"] <= now
    return bool(row["is_active"]) and row["revoked_at"] is None and not expired


def sight(row: Row) -> Scope:
    """What it may see: exactly what its user may see now."""
    whole = row["kind"] == PROVIDER or row["is_admin"]
    return Scope(account_id=row["account_id"], actor_id=row["user_id"], owner=None if whole else row["user_id"])


def textual(values: Mapping[str, Any]) -> dict[str, Any]:
    """A filter as its feed takes it in the query string: texts and lists of texts; empty ones left out."""
    found = {name: _text(value) for name, value in values.items() if value not in (None, "", [])}
    return {name: value for name, value in found.items() if value != ""}


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return [_text(item) for item in value]
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def feed_of(catalog: Catalog, store: Store, row: Row) -> Feed:
    """Its trigger with its filter: the very feed that polling it would read."""
    return filled(catalog, store, sight(row), trigger(catalog, row["trigger"]), row["filter"] or {})


def fingerprint(account_id: int, owner: str, wish: Wish) -> str:
    """Equal for equal wishes of one token."""
    same = [account_id, owner, wish.trigger, wish.target_url, textual(wish.filter)]
    return sha256(orjson.dumps(same, option=orjson.OPT_SORT_KEYS)).hexdigest()


def create(catalog: Catalog, store: Store, vault: Vault, caller: Caller, wish: Wish) -> tuple[Row, str | None]:
    """The subscription, and its secret if it is new. The same wish again answers the same one, in force again.

    An unknown trigger raises NotFound, a filter that its feed would refuse raises Invalid.
    """
    _vet(catalog, store, caller.scope, wish.trigger, textual(wish.filter))
    values = _values(vault, wish) | {
        "user_id": caller.user_id, "token_id": caller.token_id, "kind": "webhook",
        "fingerprint": fingerprint(caller.scope.account_id, str(caller.token_id), wish),
    }  # fmt: skip
    heard = store.feed(caller.scope.account_id).newest
    return settled(store, vault, caller.scope.account_id, values, by=caller.scope, heard=heard)


def _vet(catalog: Catalog, store: Store, scope: Scope, key: str, given: Mapping[str, Any]) -> None:
    """Refuse a filter as its feed would, with every mistake named by its place in the subscription."""
    found = trigger(catalog, key)
    try:
        filled(catalog, store, scope, found, given)
    except LeadwireError as error:
        error.faults = tuple(replace(fault, pointer=f"/filter{fault.pointer}") for fault in error.faults)
        raise


def _values(vault: Vault, wish: Wish) -> Row:
    return {
        "trigger": wish.trigger, "target_url": wish.target_url, "filter": textual(wish.filter), "style": wish.style,
        "parameters": sealed(vault, wish.parameters),
    }  # fmt: skip


def settled(
    store: Store, vault: Vault, account_id: int, values: Row, *, by: Scope | None = None, heard: int = 0
) -> tuple[Row, str | None]:
    """Find the subscription with that fingerprint, or make it; of two at once, one makes it.

    `heard`: the newest event before it. The dispatcher may be behind, and what was before it is not told of.
    """
    secret = signing.mint()
    made = {"state": "active", "heard": heard, **values, "account_id": account_id, "secret": vault.seal(secret)}

    def work(tx: Transaction) -> tuple[Row, bool]:
        same = Clause(path="fingerprint", op="eq", value=values["fingerprint"])
        found = tx.find(Query(entity=ENTITY, where=(same,), limit=1))
        row = tx.update(ENTITY, found[0]["id"], {**values, **_revived(found[0])}) if found else tx.insert(ENTITY, made)
        if by is not None:
            noted(tx, "renewed" if found else "created", row)
        return row, not found

    scope = by or Scope(account_id=account_id)
    try:
        (row, new), _ = store.transact(scope, work)
    except Conflict as error:
        if error.code != "already_exists":
            raise
        (row, new), _ = store.transact(scope, work)
    return row, secret if new else None


def noted(tx: Transaction, what: str, row: Row, **details: Any) -> None:
    """Write into the audit what is done with a subscription."""
    note(tx, f"{ENTITY}.{what}", row["trigger"], record=f"{ENTITY}/{row['id']}", details=details or None)


def _revived(row: Row) -> Row:
    """Who asks again wants it again; a provider's comes of itself, so what was ended stays ended."""
    if row["kind"] == PROVIDER or row["state"] != "disabled":
        return {}
    return {"state": "active", "reason": None, "failing_since": None}


def handle(vault: Vault, row: Row) -> str:
    """The unguessable part of its address, whose DELETE needs no token."""
    return f"{row['account_id']}-{row['id']}-{vault.stamps(_name(row['account_id'], row['id']))[0]}"


def _name(account_id: int, subscription_id: int) -> str:
    return f"subscription {account_id} {subscription_id}"


def by_handle(store: Store, vault: Vault, text: str) -> Row:
    """The subscription of an address; NotFound when it was not made here or the subscription is gone."""
    match = HANDLE.fullmatch(text)
    if match is not None:
        account_id, subscription_id = int(match.group(1)), int(match.group(2))
        good = [hmac.compare_digest(it, match.group(3)) for it in vault.stamps(_name(account_id, subscription_id))]
        if any(good):
            return _present(store.read(Scope(account_id=account_id), lambda tx: tx.get(ENTITY, subscription_id)), text)
    raise NotFound("subscription_not_found", value=text[:60])


def _present(row: Row | None, value: Any) -> Row:
    if row is None or row["state"] == "removed":
        raise NotFound("subscription_not_found", value=value)
    return row


def one(store: Store, caller: Caller, subscription_id: int) -> Row:
    """A subscription that the caller may see: their own, or any for an admin."""
    row = store.read(Scope(account_id=caller.scope.account_id), lambda tx: tx.get(ENTITY, subscription_id))
    if row is not None and (row["kind"] == CALLS or (not caller.is_admin and row["user_id"] != caller.user_id)):
        row = None
    return _present(row, subscription_id)


def mine(caller: Caller) -> tuple[Clause, ...]:
    """What a caller may see of subscriptions, deliveries and attempts."""
    return () if caller.is_admin else (Clause(path="user_id", op="eq", value=caller.user_id),)


def change(store: Store, row: Row, changes: Row, *, by: Scope | None = None, what: str = "changed") -> Row:
    """Write some fields of it. Pausing keeps deliveries waiting; enabling lets all that wait go out."""

    def work(tx: Transaction) -> Row:
        if by is not None:
            noted(tx, what, row, fields=sorted(changes))
        return tx.update(ENTITY, row["id"], changes)

    return store.transact(by or _account(row), work, about=((ENTITY, row["id"]),))[0]


def _account(row: Row) -> Scope:
    return Scope(account_id=row["account_id"], origin="automation")


def revise(catalog: Catalog, store: Store, vault: Vault, caller: Caller, row: Row, asked: Mapping[str, Any]) -> Row:
    """Change what the subscriber asks to change; made active again, it starts with a clean record."""
    changes: Row = {name: asked[name] for name in ("target_url", "style", "state") if name in asked}
    if asked.get("state") == "active":
        changes |= {"reason": None, "failing_since": None}
    if "parameters" in asked:
        changes["parameters"] = sealed(vault, asked["parameters"])
    if "filter" in asked:
        changes["filter"] = textual(asked["filter"])
        _vet(catalog, store, caller.scope, row["trigger"], changes["filter"])
    if row["kind"] != PROVIDER:
        after = {**row, **changes}
        wish = Wish(trigger=after["trigger"], target_url=after["target_url"], filter=after["filter"])
        changes["fingerprint"] = fingerprint(row["account_id"], str(row["token_id"]), wish)
    return change(store, row, changes, by=caller.scope, what=STATES.get(asked.get("state", ""), "changed"))


def rotate(store: Store, vault: Vault, row: Row, now: datetime, *, by: Scope | None = None) -> tuple[Row, str]:
    """A new secret; the old one signs beside it for a day."""
    secret = signing.mint()
    changes = {"secret": vault.seal(secret), "old_secret": row["secret"], "old_secret_until": stamp(now, BOTH_VALID)}
    return change(store, row, changes, by=by, what="secret_rotated"), secret


def remove(store: Store, row: Row, now: str, *, by: Scope | None = None) -> Row:
    """End it: nothing more is sent but one DELETE to its address, which tells the receiver so."""

    def work(tx: Transaction) -> Row:
        waiting = (
            Clause(path="subscription_id", op="eq", value=row["id"]),
            Clause(path="state", op="eq", value="pending"),
        )
        for delivery in tx.find(Query(entity="delivery", where=waiting)):
            tx.update(
                "delivery",
                delivery["id"],
                {"state": "failed", "last_error": "subscription_removed", "lease_token": None},
            )
        if row["kind"] != PROVIDER:
            tx.insert("delivery", delivery_of(row, None, "", now))
        if by is not None:
            noted(tx, "removed", row)
        return tx.update(ENTITY, row["id"], {"state": "removed", "fingerprint": None})

    return store.transact(by or _account(row), work, about=((ENTITY, row["id"]),))[0]


def delivery_of(row: Row, seq: int | None, text: str, now: str, request_id: str | None = None) -> Row:
    """A delivery to be made: of an event, or (without one) the farewell to a removed subscription."""
    return {
        "account_id": row["account_id"], "subscription_id": row["id"], "seq": seq,
        "message_id": signing.message_id(row["id"], seq) if seq is not None else f"msg_{row['id']}_end",
        "trigger": row["trigger"], "style": row["style"], "method": "POST" if seq is not None else "DELETE",
        "body": text, "request_id": request_id, "state": "pending", "attempts": 0, "again": 0, "due_at": now,
        "lease_token": None, "last_status": None, "last_error": None, "settled_at": None,
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def disable(store: Store, row: Row, reason: str, now: str) -> None:
    """Stop sending to it, say so with an event, and keep what waits; nothing happens when it is not active."""

    def work(tx: Transaction) -> None:
        found = tx.get(ENTITY, row["id"])
        if found is None or found["state"] != "active":
            return
        tx.update(ENTITY, row["id"], {"state": "disabled", "reason": reason})
        announce(tx, found, reason)

    store.transact(_account(row), work, about=((ENTITY, row["id"]),))


def announce(tx: Transaction, row: Row, reason: str) -> None:
    """Write the notice, whose event others can subscribe to."""
    tx.insert("notice", {
        "kind": "subscription_disabled", "subject": row["target_url"][:255], "reason": reason,
        "subscription_id": row["id"], "user_id": row["user_id"],
    })  # fmt: skip


def found(
    store: Store, caller: Caller, where: Sequence[Clause], before: int | None, limit: int, entity: str
) -> list[Row]:
    """A page of subscriptions, deliveries or attempts that the caller may see, newest first."""
    query = Query(
        entity=entity, where=(*mine(caller), *where), order=(Order(path="id", descending=True),), limit=limit,
        after=None if before is None else (before, before),
    )  # fmt: skip
    return store.read(Scope(account_id=caller.scope.account_id), lambda tx: tx.find(query))
