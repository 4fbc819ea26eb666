"""Few threads of a process compute at a time: more gain nothing in Python, and lose much.

Each gives up the interpreter's lock at every call of the database and wins it back in a scramble. So the threads that
serve queue for seats, first come, first served, and one that waits for others steps aside meanwhile. A seat is a
courtesy, not a lock: whoever has waited for long goes on without one, so no slow call holds up the rest.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.05
"""Seconds after which a thread computes without a seat."""


class Line:
    """Places that are handed to those who wait for one in the order in which they came."""

    def __init__(self, places: int = 1) -> None:
        self._guard = threading.Lock()
        self._free = places
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, patience: float) -> bool:
        """Wait for one's turn; False when patience ends first."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            ticket = threading.Lock()
            ticket.acquire()
            self._waiting.append(ticket)
        if ticket.acquire(timeout=patience):
            return True
        with self._guard:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
                return False
        return True

    def release(self) -> None:
        """Let the next one in."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1

    def wanted(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)


class _Own(threading.local):
    """Where this thread sits."""

    line: Line | None = None


_own = _Own()


@contextmanager
def seated(line: Line) -> Iterator[None]:
    """Compute on a seat of that line, or without one when none gets free in time."""
    _own.line = line if line.acquire(PATIENCE) else None
    try:
        yield
    finally:
        if _own.line is not None:
            _own.line = None
            line.release()


@contextmanager
def aside() -> Iterator[None]:
    """Leave the seat to others while this thread waits for something."""
    line, _own.line = _own.line, None
    if line is not None:
        line.release()
    try:
        yield
    finally:
        if line is not None and line.acquire(PATIENCE):
            _own.line = line


def give_way() -> None:
    """Let those compute first who wait for this thread's seat now."""
    if _own.line is not None and _own.line.wanted():
        with aside():
            pass
