"""Sending again: one delivery, or all that did not arrive since a time. The id of a message never changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.access.audit import note
from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.errors import Conflict
from connector.events.dispatch import deliverable
from connector.events.feeds import Feed
from connector.events.messages import parameters
from connector.events.subscriptions import PROVIDER, feed_of, sight
from connector.storage.contract import Clause, Event, EventQuery, Query, Row, Scope, Store, Transaction

PAGE = 200
"""Events per transaction."""


def once_more(store: Store, row: Row, now: str, *, by: Scope | None = None) -> Row:
    """Send one delivery again, whatever became of it; asked twice, it is sent twice."""

    def work(tx: Transaction) -> Row:
        found = tx.get("delivery", row["id"])
        assert found is not None
        if by is not None:
            note(tx, "delivery.replayed", row["trigger"], record=f"delivery/{row['id']}")
        if found["state"] == "pending":
            waiting = found["lease_token"] is None
            return tx.update(
                "delivery", row["id"], {"again": found["again"] + 1, **({"due_at": now} if waiting else {})}
            )
        return tx.update("delivery", row["id"], _anew(now))

    scope = by or Scope(account_id=row["account_id"])
    return store.transact(scope, work, about=(("delivery", row["id"]),))[0]


def _anew(now: str) -> Row:
    return {"state": "pending", "due_at": now, "attempts": 0, "lease_token": None}


def since(catalog: Catalog, store: Store, vault: Vault, row: Row, moment: str, now: str) -> int:
    """Send again all that did not arrive since that time, also what happened while it was disabled; how many.

    A subscription that is not active is refused: nothing would leave.
    """
    if row["state"] != "active":
        raise Conflict("subscription_not_active", state=row["state"])
    feed, total = feed_of(catalog, store, row), 0
    for page in _pages(store, row, feed, moment):
        total += _sent(store, vault, row, feed, page, now)
    return total


def _pages(store: Store, row: Row, feed: Feed, moment: str) -> Iterator[list[Event]]:
    """The subscription's events back to that time, newest page first."""
    before: int | None = None
    while True:
        found = store.events(sight(row), EventQuery(topics=feed.topics, value=feed.value, before=before, limit=PAGE))
        young = [event for event in found if event.at >= moment]
        yield [event for event in young if feed.wants is None or feed.wants(event)]
        if len(young) < PAGE:
            return
        before = young[-1].seq


def _sent(store: Store, vault: Vault, row: Row, feed: Feed, events: Sequence[Event], now: str) -> int:
    """Queue those events that have no delivery yet, or one that failed; how many."""
    dispatched = _dispatched(store, row["account_id"])
    extra = parameters(vault, row)

    def work(tx: Transaction) -> int:
        known = _known(tx, row, events)
        count = 0
        for event in sorted(events, key=lambda event: event.seq):
            found = known.get(event.seq)
            if found is not None and found["state"] == "failed":
                tx.update("delivery", found["id"], _anew(now))
            elif found is None and event.seq <= dispatched and row["kind"] != PROVIDER:
                tx.insert("delivery", deliverable(row, extra, event, feed.item(event), now))
            else:
                continue
            count += 1
        return count

    return store.transact(Scope(account_id=row["account_id"]), work)[0] if events else 0


def _dispatched(store: Store, account_id: int) -> int:
    """Up to where deliveries were made; events beyond are the dispatcher's own, it will come to them."""
    newest = store.feed(account_id).newest
    return next((it.dispatched for it in store.backlogs() if it.account_id == account_id), newest)


def _known(tx: Transaction, row: Row, events: Sequence[Event]) -> dict[int, Row]:
    where = (
        Clause(path="subscription_id", op="eq", value=row["id"]),
        Clause(path="seq", op="in", value=[event.seq for event in events]),
    )
    return {found["seq"]: found for found in tx.find(Query(entity="delivery", where=where))}
