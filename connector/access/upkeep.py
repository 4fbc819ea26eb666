"""Drops what has been kept for long enough: idempotency keys after a day, lines of the audit, deliveries, events and
what was noted of lead ads after their time.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

from connector.access import audit, idempotency, intakes
from connector.access.tokens import stamp
from connector.errors import LeadwireError
from connector.settings import Settings
from connector.storage.contract import Query, Row, Scope, Store, Transaction

log = logging.getLogger(__name__)
PAUSE = 3600.0
"""Seconds between two sweeps."""
CHUNK = 200
"""Rows per transaction: a sweep never holds up writers for long."""


def sweep(store: Store, settings: Settings, now: datetime) -> int:
    """Drop what has run out by now, in every account; how many rows that were."""
    lives = {
        idempotency.ENTITY: timedelta(seconds=idempotency.DAY), audit.ENTITY: timedelta(days=settings.audit_days),
        intakes.LEAD: timedelta(days=settings.event_days),
    }  # fmt: skip
    everyone = Query(entity="account", scoped=False, everywhere=True)
    accounts = [row["id"] for row in store.read(Scope(account_id=0), lambda tx: tx.find(everyone))]
    logged = stamp(now - timedelta(days=settings.event_days))
    dropped = store.sweep(logged) + store.forget(logged)
    return dropped + sum(
        _swept(store, Scope(account_id=account), entity, stamp(now - life))
        for account in accounts
        for entity, life in lives.items()
    )


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
        while not self._ended.wait(PAUSE):
            try:
                sweep(self._store, self._settings, datetime.now(UTC))
            except LeadwireError as error:
                log.warning("old rows were not dropped: %s", error)
