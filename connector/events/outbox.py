"""The outbox's mail in the storage: what is due, taken under a lease, and how it ended.

A row goes from `pending` to `sending`, to `text` just before the mail server can know the whole text, and to its end:
`sent`, `failed` or `unknown`. A taken row's `due_at` is the end of its lease, so a dead worker's rows just fall due:
one in `sending` is tried again, one in `text` is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, TypeVar

from connector.catalog.model import Catalog
from connector.engine.direct import change
from connector.errors import LeadwireError
from connector.storage.contract import Clause, Order, Query, Row, Scope, Store, Transaction

T = TypeVar("T")
KINDS = ("email", "notice")
OPEN = ("pending", "sending", "text")
PAGE = 100
PAGES = 20
ANYWHERE = Scope(account_id=0)


class Overtaken(LeadwireError):
    """Another worker has taken this over; what was begun is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row taken for sending, with all it takes to write the letter, as read when it was taken."""

    row: Row
    token: str
    log: str
    interrupted: bool
    """A worker died after the mail server may have taken the whole text."""
    email: Row | None = None
    mailbox: Row | None = None
    user: Row | None = None

    @property
    def scope(self) -> Scope:
        """On whose behalf: the sender's, where there is one."""
        actor = self.user["id"] if self.user else None
        return Scope(account_id=self.row["account_id"], actor_id=actor, origin="automation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is written at the end of a try: to the outbox row, the e-mail and its mailbox."""

    row: Row
    email: Row
    mailbox: Row


def due(store: Store, now: str) -> Iterator[Row]:
    """The mail that is due, oldest first, a page at a time."""
    where = (
        Clause(path="state", op="in", value=OPEN),
        Clause(path="due_at", op="lte", value=now),
        Clause(path="kind", op="in", value=KINDS),
    )
    after: tuple[Any, ...] | None = None
    for _ in range(PAGES):
        query = Query(
            entity="outbox", where=where, order=(Order(path="due_at"),), limit=PAGE, after=after, everywhere=True
        )
        rows = store.read(ANYWHERE, _finding(query))
        yield from rows
        if len(rows) < PAGE:
            return
        after = (rows[-1]["due_at"], rows[-1]["id"])


def _finding(query: Query) -> Callable[[Transaction], list[Row]]:
    return lambda tx: tx.find(query)


def claim(store: Store, row: Row, now: str, until: str) -> Claim | None:
    """Take a row until then; None when somebody else has it or it is no longer due."""
    token = token_hex(16)
    log = store.feed(row["account_id"]).feed

    def work(tx: Transaction) -> Claim | None:
        held = tx.get("outbox", row["id"])
        if held is None or held["state"] not in OPEN or held["due_at"] > now:
            return None
        interrupted = held["state"] == "text"
        taken: Row = {"due_at": until, "lease_token": token}
        if not interrupted:
            taken |= {"state": "sending", "attempts": (held["attempts"] or 0) + 1}
        held = tx.update("outbox", row["id"], taken)
        email = _get(tx, "email", held["email_id"])
        mailbox = _get(tx, "mailbox", email["mailbox_id"] if email else None)
        user = _get(tx, "user", email["from_user_id"] if email else None)
        return Claim(row=held, token=token, log=log, interrupted=interrupted, email=email, mailbox=mailbox, user=user)

    return _locked(store, Scope(account_id=row["account_id"]), row["id"], work)


def _get(tx: Transaction, entity: str, record_id: int | None) -> Row | None:
    return None if record_id is None else tx.get(entity, record_id, scoped=False)


def _locked(store: Store, scope: Scope, outbox_id: int, work: Callable[[Transaction], T], *also: tuple[str, int]) -> T:
    result, _ = store.transact(scope, work, about=(("outbox", outbox_id), *also))
    return result


def pass_point(store: Store, claimed: Claim, until: str) -> None:
    """Note that from here on the mail may have been sent; Overtaken when the lease was lost."""

    def work(tx: Transaction) -> None:
        _held(tx, claimed)
        tx.update("outbox", claimed.row["id"], {"state": "text", "due_at": until})

    _locked(store, claimed.scope, claimed.row["id"], work)


def settle(store: Store, catalog: Catalog, claimed: Claim, ending: Ending) -> None:
    """Write how the try ended; Overtaken, and nothing written, when the lease was lost."""
    records = [(entity, found["id"]) for entity in ("email", "mailbox") if (found := getattr(claimed, entity))]

    def work(tx: Transaction) -> None:
        _held(tx, claimed)
        tx.update("outbox", claimed.row["id"], {"lease_token": None, **ending.row})
        for entity, record_id in records:
            values = getattr(ending, entity)
            if values and tx.get(entity, record_id, scoped=False) is not None:
                change(catalog, tx, entity, record_id, values)

    _locked(store, claimed.scope, claimed.row["id"], work, *records)


def _held(tx: Transaction, claimed: Claim) -> None:
    held = tx.get("outbox", claimed.row["id"])
    if held is None or held["lease_token"] != claimed.token:
        raise Overtaken
