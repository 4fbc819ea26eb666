"""How often: moving windows of a minute, counted by the library `limits` wherever `windows` keeps them."""

from __future__ import annotations

import logging
import math
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connector.errors import RateLimited
from connector.settings import Settings

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.strategies import MovingWindowRateLimiter

log = logging.getLogger(__name__)
MINUTE = 60
PAUSE = 5.0
"""Seconds for which nothing is counted after the storage of the counts has failed."""


class Rates:
    """Counts calls. When the counting itself fails, calls pass: a limit is no reason to be down."""

    def __init__(self, settings: Settings) -> None:
        self._settings, self._opening = settings, threading.Lock()
        self._windows: MovingWindowRateLimiter | None = None
        self._silent_until = 0.0

    def spend(self, code: str, kind: str, whom: str, limit: int, cost: int = 1, **params: Any) -> None:
        """Count `cost` calls of the kind; RateLimited with that code when more than `limit` fall within a minute."""
        if time.monotonic() < self._silent_until:
            return
        from limits.errors import StorageError

        item = _item(kind, limit)
        try:
            windows = self._windows or self._opened()
            if windows.hit(item, whom, cost=cost):
                return
            ends, remaining = windows.get_window_stats(item, whom)
        except StorageError as error:
            self._silent_until = time.monotonic() + PAUSE
            log.warning("calls are not counted for %s s: %s", PAUSE, error)
            return
        wait = min(MINUTE, max(1, math.ceil(ends - time.time())))
        raise RateLimited(code, retry_after=wait, limit=limit, remaining=max(0, remaining), **params)

    def close(self) -> None:
        """Release the windows, where any were opened."""
        from connector.access.windows.parts import SqlWindows

        storage = self._windows and self._windows.storage
        if isinstance(storage, SqlWindows):
            storage.close()

    def _opened(self) -> MovingWindowRateLimiter:
        """The windows, opened at the first call: a command that serves nobody counts nothing."""
        from limits.strategies import MovingWindowRateLimiter

        from connector.access.windows.choice import open_windows

        with self._opening:
            self._windows = self._windows or MovingWindowRateLimiter(open_windows(self._settings))
        return self._windows


@lru_cache(maxsize=256)
def _item(kind: str, limit: int) -> RateLimitItem:
    from limits import RateLimitItemPerMinute

    return RateLimitItemPerMinute(limit, namespace=f"leadwire-{kind}")
