"""What was done under a key is done once: a second call with the same key waits for the first and gets its result.

The key's row is the first that the action's transaction writes and is committed or rolled back with it. Keys belong to
one account, token and action. What is kept is the engine's result; every door shapes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson

from connector.access.tokens import stamp
from connector.errors import Conflict, Fault, Invalid, LeadwireError, Locked
from connector.storage.contract import Clause, Query, Row, Scope, Store, Transaction

ENTITY = "idempotency"
PARAMETER = "idempotency_key"
LONGEST = 255
DAY = 24 * 3600
"""Seconds for which a key is remembered."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One wish to do something once: whose it is, what it is, and for how many seconds it counts."""

    slot: str
    content: str
    life: int


class Taken(Exception):
    """Somebody has done this already."""


def claim(scope: Scope, action: str, inputs: Mapping[str, Any], key: str | None) -> Claim | None:
    """The claim of a call with this key; without one, of a token that has equal calls answered again; else None."""
    if key is None and scope.window <= 0:
        return None
    content = _digest(inputs)
    named = [scope.account_id, scope.token_id, action]
    if key is None:
        return Claim(_digest([*named, "equal", content]), content, scope.window)
    return Claim(_digest([*named, "key", key]), content, DAY)


def checked(key: Any) -> str | None:
    """The key as given, None where none was; Invalid unless it is one text of at most 255 characters."""
    if key is None or key == "":
        return None
    whole = isinstance(key, int | float) and not isinstance(key, bool) and key == int(key)
    text = str(int(key)) if whole else key
    if isinstance(text, str) and len(text) <= LONGEST:
        return text
    raise Invalid(faults=[Fault(pointer=f"/{PARAMETER}", key="bad_idempotency_key", params={"most": LONGEST})])


def take(tx: Transaction, wish: Claim) -> None:
    """Write the key's row, first of all. A row that is there already shows as an error that `met` knows.

    While another call with this key is under way the store waits for it.
    """
    entity, values = first(wish)
    tx.note(entity, values, at_once=True)


def first(wish: Claim) -> tuple[str, Row]:
    """The key's row, to be written before the work among others."""
    return ENTITY, {"slot": wish.slot, "content": wish.content}


def keep(tx: Transaction, wish: Claim, result: Mapping[str, Any]) -> None:
    """Remember what was done, for those who ask again."""
    tx.amend(ENTITY, "slot", wish.slot, {"result": result})


def met(error: LeadwireError) -> LeadwireError | Taken:
    """What a failed transaction means for its claim: Taken where the key's row is there, else the error.

    Conflict when the call that has the key was waited for too long.
    """
    if isinstance(error, Locked) and ENTITY in str(error.params.get("relation")):
        return Conflict("idempotency_in_progress", retry_after=error.retry_after)
    return Taken() if isinstance(error, Conflict) and error.params.get("entity") == ENTITY else error


def kept(store: Store, scope: Scope, wish: Claim, now: str | None = None) -> dict[str, Any] | None:
    """The result under this key; None when there is none that still counts, and the way is free again.

    Invalid when the key was used with another input.
    """
    before = _before(wish.life, now)
    row = store.read(scope, lambda tx: _found(tx, wish))
    if row is None:
        return None
    if row["created_at"] <= before:
        store.transact(scope, lambda tx: _drop(tx, wish, before))
        return None
    if row["content"] != wish.content:
        raise Invalid("idempotency_mismatch")
    result: dict[str, Any] = row["result"]
    return result


def _found(tx: Transaction, wish: Claim) -> Row | None:
    rows = tx.find(Query(entity=ENTITY, where=(Clause(path="slot", op="eq", value=wish.slot),), limit=1))
    return rows[0] if rows else None


def _drop(tx: Transaction, wish: Claim, before: str) -> None:
    """Delete the row that has run out, unless somebody was faster and the row there now is a new one."""
    row = _found(tx, wish)
    if row is not None and row["created_at"] <= before:
        tx.delete(ENTITY, row["id"])


def _before(seconds: int, now: str | None) -> str:
    moment = datetime.fromisoformat(now) if now else datetime.now(UTC)
    return stamp(moment - timedelta(seconds=seconds))


def _digest(value: Any) -> str:
    return blake2b(orjson.dumps(value, option=orjson.OPT_SORT_KEYS), digest_size=20).hexdigest()
