"""Moving windows on databases, for the library `limits`, which has no storage of that kind.

A window is kept as a hundred parts, each with the number of its calls, so a key costs the same at any limit. The oldest
part counts until all of it is over: in no minute do more calls pass than the limit, however many processes ask.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from limits.storage import MovingWindowSupport, Storage

PARTS = 100
PATIENCE = 1.0
"""Seconds to wait for the storage of the limits."""
UPKEEP = 600.0
"""Seconds between two sweeps of what is over."""


class Statement:
    """A statement as text, and its parameters in order."""

    def __init__(self, query: Any, dialect: Any) -> None:
        compiled = query.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql, self._names, self._fixed = str(compiled), tuple(compiled.positiontup or ()), compiled.params

    def bind(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters for these values; what is not among them is a constant of the statement."""
        return [values[name] if name in values else self._fixed[name] for name in self._names]


class SqlWindows(Storage, MovingWindowSupport):
    """What both databases have in common. Only moving windows are kept: the rest of a storage is not asked for."""

    STORAGE_SCHEME = None
    errors: tuple[type[Exception], ...] = ()

    def __init__(self) -> None:
        super().__init__(wrap_exceptions=True)
        self._swept = time.monotonic()

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What goes wrong with the database."""
        return self.errors

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` calls; False, and nothing counted, when they are more than the limit has left."""
        if amount > limit:
            return False
        if time.monotonic() - self._swept > UPKEEP:
            self._swept = time.monotonic()
            self._sweep(expiry)
        return self._spend(key, limit, expiry, amount)

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """When the oldest counted call was, at the latest, and how many are counted."""
        parts = self._parts(key, expiry)
        width = expiry / PARTS
        return ((min(parts) + 1) * width if parts else time.time(), sum(parts.values()))

    def _spend(self, key: str, limit: int, expiry: int, amount: int) -> bool:
        raise NotImplementedError

    def _parts(self, key: str, expiry: int) -> dict[int, int]:
        """The calls that count now, by place in time."""
        raise NotImplementedError

    def _sweep(self, expiry: int) -> None:
        """Drop what is over."""
        raise NotImplementedError

    def close(self) -> None:
        """Release what is open."""
        raise NotImplementedError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    def get(self, key: str) -> int:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    def get_expiry(self, key: str) -> float:
        """Fixed windows are not kept here."""
        raise NotImplementedError

    def reset(self) -> int | None:
        """Windows end by themselves."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Windows end by themselves."""
        raise NotImplementedError

    def check(self) -> bool:
        """Whether the database answers."""
        with suppress(*self.errors):
            self._parts("", 60)
            return True
        return False
