"""How a receiver fares: since when it fails, when it is given up, and that it has come back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from connector.events.schedule import Verdict
from connector.events.subscriptions import CALLS, change, disable
from connector.storage.contract import Row, Scope, Store

Note = tuple[Row, Verdict, Row]


class Health:
    """Writes to a subscription only when its state changes, never per delivery."""

    def __init__(self, store: Store, hours: int) -> None:
        self._store, self._patience = store, timedelta(hours=hours)

    def note(self, notes: Sequence[Note], now: str) -> None:
        """Take in how deliveries went: the last one of each subscription tells, and any 410."""
        last: dict[int, Note] = {}
        for row, judged, attempt in notes:
            if row["kind"] == CALLS:
                continue  # what one call came to says nothing about the next one's
            if judged.state == "delivered" and row["failing_since"] is None and row["last_status"] is not None:
                continue
            before = last.get(row["id"])
            if before is None or not before[1].gone:
                last[row["id"]] = (row, judged, attempt)
        for row, judged, attempt in last.values():
            self._judge(row, judged, attempt, now)

    def _judge(self, row: Row, judged: Verdict, attempt: Row, now: str) -> None:
        found = self._store.read(Scope(account_id=row["account_id"]), lambda tx: tx.get("subscription", row["id"]))
        if found is None or found["state"] == "removed":
            return
        if judged.gone:
            disable(self._store, found, "receiver_gone", now)
        elif judged.state == "delivered":
            if found["failing_since"] is not None or found["last_status"] is None:
                change(self._store, found, {**_last(attempt), "failing_since": None})
        elif found["failing_since"] is None:
            change(self._store, found, {**_last(attempt), "failing_since": now})
        elif datetime.fromisoformat(now) - datetime.fromisoformat(found["failing_since"]) >= self._patience:
            change(self._store, found, _last(attempt))
            disable(self._store, found, "failed_too_long", now)


def _last(attempt: Row) -> Row:
    return {"last_status": attempt["status"], "last_error": attempt["error"], "last_at": attempt["at"]}
