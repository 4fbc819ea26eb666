"""Where leads come in from outside: web forms, and pages with lead ads; kept by administrators, met by anybody."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from connector.access.audit import note
from connector.errors import NotFound
from connector.storage.contract import Clause, Query, Row, Scope, Store, Transaction

FORM, PAGE, LEAD = "web_form", "meta_page", "meta_lead"
ANYONE = Scope(account_id=0)
"""The scope of the one question asked before the account is known: whose is this?"""
SECRET = frozenset({"secret", "old_secret", "access_token", "key"})
"""What the audit never tells."""


def mint() -> str:
    """The unguessable part of a form's address: 144 random bits."""
    return secrets.token_urlsafe(18)


def found(store: Store, entity: str, path: str, value: str) -> Row | None:
    """The one record, of whichever account, that has this value; None when there is none."""
    query = Query(entity=entity, where=(Clause(path=path, op="eq", value=value),), limit=1, everywhere=True)
    rows = store.read(ANYONE, lambda tx: tx.find(query))
    return rows[0] if rows else None


def listing(store: Store, by: Scope, entity: str) -> list[Row]:
    """All of the account, oldest first."""
    return store.read(by, lambda tx: tx.find(Query(entity=entity)))


def one(store: Store, by: Scope, entity: str, record_id: int) -> Row:
    """The account's record of that id, or NotFound."""
    return _present(entity, record_id, store.read(by, lambda tx: tx.get(entity, record_id)))


def make(store: Store, by: Scope, entity: str, values: Mapping[str, Any]) -> Row:
    """A new record; NotFound for a user that the account does not have."""

    def work(tx: Transaction) -> Row:
        _known_user(tx, values)
        row = tx.insert(entity, {"account_id": by.account_id, **values})
        _noted(tx, "created", entity, row, values)
        return row

    return store.transact(by, work)[0]


def change(store: Store, by: Scope, entity: str, record_id: int, changes: Mapping[str, Any]) -> Row:
    """Write some fields of it."""

    def work(tx: Transaction) -> Row:
        _present(entity, record_id, tx.get(entity, record_id))
        _known_user(tx, changes)
        row = tx.update(entity, record_id, changes)
        _noted(tx, "changed", entity, row, changes)
        return row

    return store.transact(by, work, about=((entity, record_id),))[0]


def remove(store: Store, by: Scope, entity: str, record_id: int) -> Row:
    """Delete it; what came in through it stays."""

    def work(tx: Transaction) -> Row:
        row = _present(entity, record_id, tx.get(entity, record_id))
        tx.delete(entity, record_id)
        _noted(tx, "removed", entity, row, {})
        return row

    return store.transact(by, work, about=((entity, record_id),))[0]


def _present(entity: str, record_id: int, row: Row | None) -> Row:
    if row is None:
        raise NotFound(f"{entity}_not_found", value=record_id)
    return row


def _known_user(tx: Transaction, values: Mapping[str, Any]) -> None:
    wanted = values.get("user_id")
    if wanted is not None and tx.get("user", wanted, scoped=False) is None:
        raise NotFound("user_not_found", value=wanted)


def _noted(tx: Transaction, what: str, entity: str, row: Row, values: Mapping[str, Any]) -> None:
    told = {name: "[secret]" if name in SECRET else value for name, value in values.items()}
    note(tx, f"{entity}.{what}", row["name"], record=f"{entity}/{row['id']}", details=told)
