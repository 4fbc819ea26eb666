"""The delivery queue in memory: the same positions, leases and fences as in SQL, behind the store's one lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import RLock

from connector.storage.contract import Backlog, Lane, Row

SENDABLE = ("active", "removed")


class MemoryQueue:
    """The queue half of the store in memory."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._numbers: dict[int, int] = {}
        self._dispatched: dict[int, int] = {}
        self.tables: dict[str, dict[int, tuple[int, Row]]] = {}
        self.last_ids: dict[str, int] = {}

    def backlogs(self) -> list[Backlog]:
        """The accounts whose log is ahead of their dispatched position."""
        with self._lock:
            places = [(account, self._dispatched.get(account, 0), newest) for account, newest in self._numbers.items()]
        return [
            Backlog(account_id=account, dispatched=done, newest=newest)
            for account, done, newest in places
            if done < newest
        ]

    def dispatch(self, backlog: Backlog, upto: int, deliveries: Sequence[Row]) -> dict[str, int] | None:
        """Insert deliveries and move the position."""
        with self._lock:
            if self._dispatched.get(backlog.account_id, 0) != backlog.dispatched:
                return None
            self._dispatched[backlog.account_id] = upto
            known = {row["message_id"] for _, row in self.tables["delivery"].values()}
            fresh = [row for row in deliveries if row["message_id"] not in known]
            ids = self._add("delivery", fresh)
            return {row["message_id"]: number for row, number in zip(fresh, ids, strict=True) if row["lease_token"]}

    def due(self, now: str) -> list[Lane]:
        """The active subscriptions with something to send."""
        with self._lock:
            waiting = {row["subscription_id"] for _, row in self._pending(now)}
            return [
                Lane(account_id=account, subscription_id=subscription_id)
                for subscription_id, (account, row) in self.tables["subscription"].items()
                if row["state"] in SENDABLE and subscription_id in waiting
            ]

    def claim(self, lanes: Sequence[Lane], now: str, until: str, token: str) -> list[Row]:
        """Take due deliveries of these lanes."""
        found: list[Row] = []
        with self._lock:
            for lane in lanes:
                mine = [row for account, row in self._pending(now)
                        if (account, row["subscription_id"]) == (lane.account_id, lane.subscription_id)]  # fmt: skip
                for row in sorted(mine, key=lambda row: (row["due_at"], row["id"]))[: lane.most]:
                    row.update(lease_token=token, due_at=until, attempts=row["attempts"] + 1)
                    found.append({**row, "account_id": lane.account_id})
        return found

    def settle(self, results: Sequence[Row], attempts: Sequence[Row]) -> None:
        """Write how deliveries went and log the attempts."""
        with self._lock:
            for result in results:
                _, row = self.tables["delivery"].get(result["id"], (0, None))
                if row is not None and row["lease_token"] == result["lease_token"]:
                    row.update(result, lease_token=None, updated_at=result["settled_at"])
                    if row["again"] and row["state"] != "pending":
                        row.update(state="pending", attempts=0, again=row["again"] - 1)
            self._add("attempt", attempts)

    def sweep(self, before: str) -> int:
        """Drop old deliveries with their attempts."""
        with self._lock:
            deliveries, attempts = self.tables["delivery"], self.tables["attempt"]
            old = {key for key, (_, row) in deliveries.items() if row["created_at"] < before}
            for key in old:
                del deliveries[key]
            for key in [key for key, (_, row) in attempts.items() if row["delivery_id"] in old]:
                del attempts[key]
            return len(old)

    def _pending(self, now: str) -> Iterator[tuple[int, Row]]:
        return (
            (account, row)
            for account, row in self.tables["delivery"].values()
            if row["state"] == "pending" and row["due_at"] <= now
        )

    def _add(self, key: str, rows: Sequence[Row]) -> list[int]:
        first = self.last_ids.get(key, 0) + 1
        self.last_ids[key] = first + len(rows) - 1
        ids = list(range(first, first + len(rows)))
        for number, row in zip(ids, rows, strict=True):
            self.tables[key][number] = (row["account_id"], {**row, "id": number})
        return ids
