"""Who did what, when and from where: one row per action and per administrative change, in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.storage.contract import Clause, Order, Query, Row, Scope, Store, Transaction

ENTITY = "audit"
ACTION = "action"
"""`what` of an action that was run; `name` is then its key. Other words: token.created, mailbox.removed ..."""


def note(
    tx: Transaction, what: str, name: str, *, record: str | None = None, details: Mapping[str, Any] | None = None
) -> None:
    """Write down what this transaction does; it is kept only if the rest of the transaction is."""
    scope = tx.scope
    values = {
        "actor_id": scope.actor_id, "token_id": scope.token_id, "address": scope.address, "origin": scope.origin,
        "what": what, "name": name, "record": record, "details": details,
    }  # fmt: skip
    tx.note(ENTITY, values)


def page(store: Store, scope: Scope, where: Sequence[Clause], *, before: int | None, limit: int) -> list[Row]:
    """What was done in the account, newest first; `before`: the id to go on below."""
    query = Query(
        entity=ENTITY,
        where=tuple(where),
        order=(Order(path="id", descending=True),),
        after=None if before is None else (before, before),
        limit=limit,
    )
    return store.read(scope, lambda tx: tx.find(query))
