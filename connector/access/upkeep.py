"""Drops what has been kept for long enough: idempotency keys after a day, lines of the audit, deliveries, events and
what was noted of lead ads after their time, and contents of attachments that no record is about.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from itertools import count

from connector.access import audit, idempotency, intakes
from connector.access.tokens import stamp
from connector.errors import LeadwireError
from connector.settings import Settings
from connector.storage.blobs import Blobs, open_blobs, shelf
from connector.storage.contract import Clause, Query, Row, Scope, Store, Transaction

log = logging.getLogger(__name__)
PAUSE = 3600.0
"""Seconds between two sweeps."""
CHUNK = 200
"""Rows per transaction: a sweep never holds up writers for long."""
ORPHANED = timedelta(days=1)
"""How old a content without a record must be: its upload may still be under way."""
LISTINGS = 24
"""Contents are listed at every so many sweeps: a store of many may be asked seldom only."""


def sweep(store: Store, settings: Settings, now: datetime) -> int:
    """Drop what has run out by now, in every account; how many rows that were."""
    lives = {
        idempotency.ENTITY: timedelta(seconds=idempotency.DAY), audit.ENTITY: timedelta(days=settings.audit_days),
        intakes.LEAD: timedelta(days=settings.event_days),
    }  # fmt: skip
    accounts = _accounts(store)
    logged = stamp(now - timedelta(days=settings.event_days))
    dropped = store.sweep(logged) + store.forget(logged)
    return dropped + sum(
        _swept(store, Scope(account_id=account), entity, stamp(now - life))
        for account in accounts
        for entity, life in lives.items()
    )


def clear(store: Store, blobs: Blobs, now: datetime) -> int:
    """Drop contents whose record is gone, or never came about; how many."""
    dropped = 0
    for account in _accounts(store):
        for keys in blobs.older(shelf(account, store.feed(account).feed), now - ORPHANED):
            for key in _orphans(store, account, keys):
                blobs.delete(key)
                dropped += 1
    return dropped


def _orphans(store: Store, account: int, keys: list[str]) -> set[str]:
    named = Query(entity="attachment", where=(Clause(path="storage_key", op="in", value=keys),), scoped=False)
    rows = store.read(Scope(account_id=account), lambda tx: tx.find(named)) if keys else []
    return set(keys) - {row["storage_key"] for row in rows}


def _accounts(store: Store) -> list[int]:
    everyone = Query(entity="account", scoped=False, everywhere=True)
    return [row["id"] for row in store.read(Scope(account_id=0), lambda tx: tx.find(everyone))]


def _swept(store: Store, scope: Scope, entity: str, before: str) -> int:
    """Rows are dropped from the oldest on; the first one that is young enough ends the search."""
    dropped = 0
    while found := _old(store, scope, entity, before):

        def work(tx: Transaction, found: list[Row] = found) -> None:
            for row in found:
                if tx.get(entity, row["id"]) is not None:
                    tx.delete(entity, row["id"])

        store.transact(scope, work)
        dropped += len(found)
    return dropped


def _old(store: Store, scope: Scope, entity: str, before: str) -> list[Row]:
    rows = store.read(scope, lambda tx: tx.find(Query(entity=entity, limit=CHUNK)))
    return [row for row in rows if row["created_at"] < before]


class Upkeep:
    """A thread that sweeps now and then; several processes may do so at once."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings, self._ended = store, settings, threading.Event()

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        threading.Thread(target=self._run, name="leadwire-upkeep", daemon=True).start()

    def stop(self) -> None:
        """End after what is under way."""
        self._ended.set()

    def _run(self) -> None:
        turns = count()
        while not self._ended.wait(PAUSE):
            try:
                sweep(self._store, self._settings, datetime.now(UTC))
                if next(turns) % LISTINGS == 0:
                    clear(self._store, open_blobs(self._settings.attachments), datetime.now(UTC))
            except LeadwireError as error:
                log.warning("old rows were not dropped: %s", error)
