"""One fair gate for the writers of a file: first come, first served, between threads and between processes.

SQLite's own waiting is a lottery that starves a process for seconds. Here threads queue for the process, and one
of them queues for the file at the kernel: whoever waits for `gate` holds `turn`, so nobody overtakes.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from connector.errors import Unavailable
from connector.pace import Line, aside

if sys.platform != "win32":
    from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock

PATIENCE = 5.0
"""Seconds that a writer waits before it answers that the storage is busy."""


class Gate:
    """The gate of one database file, shared with other processes through two small files beside it."""

    def __init__(self, path: str | None) -> None:
        self._line = Line()
        self._files = _Files(path) if path and sys.platform != "win32" else None

    def acquire(self) -> None:
        """Enter, or raise Unavailable after a bounded wait."""
        start = time.monotonic()
        if not self._line.acquire(PATIENCE):
            raise Unavailable(retry_after=1)
        try:
            if self._files and not self._files.acquire(max(0.0, PATIENCE - (time.monotonic() - start))):
                raise Unavailable(retry_after=1)
        except BaseException:
            self._line.release()
            raise

    def release(self) -> None:
        """Leave."""
        if self._files:
            self._files.release()
        self._line.release()

    @contextmanager
    def open(self) -> Iterator[None]:
        """Enter, and leave in the end."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    def close(self) -> None:
        """Give the files back."""
        if self._files:
            self._files.close()


if sys.platform != "win32":

    class _Wish:
        """A thread that waits for the file while a helper waits at the kernel for it."""

        def __init__(self) -> None:
            self.granted = threading.Lock()
            self.granted.acquire()
            self.given_up = False

    class _Files:
        def __init__(self, path: str) -> None:
            self._turn = os.open(f"{path}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._gate = os.open(f"{path}-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._wishes: SimpleQueue[_Wish | None] = SimpleQueue()
            self._guard = threading.Lock()
            self._helper: threading.Thread | None = None

        def acquire(self, patience: float) -> bool:
            """Take both locks at once where they are free; otherwise let the helper wait for them."""
            if self._at_once():
                return True
            with aside():
                return self._later(patience)

        def _later(self, patience: float) -> bool:
            if self._helper is None:
                self._helper = threading.Thread(target=self._wait, name="leadwire-gate", daemon=True)
                self._helper.start()
            wish = _Wish()
            self._wishes.put(wish)
            if wish.granted.acquire(timeout=patience):
                return True
            with self._guard:
                wish.given_up = True
                return wish.granted.acquire(blocking=False)

        def release(self) -> None:
            flock(self._gate, LOCK_UN)

        def close(self) -> None:
            if self._helper:
                self._wishes.put(None)
                self._helper.join(timeout=PATIENCE)
            os.close(self._turn)
            os.close(self._gate)

        def _at_once(self) -> bool:
            try:
                flock(self._turn, LOCK_EX | LOCK_NB)
            except OSError:
                return False
            try:
                flock(self._gate, LOCK_EX | LOCK_NB)
            except OSError:
                return False
            finally:
                flock(self._turn, LOCK_UN)
            return True

        def _wait(self) -> None:
            """The helper: a blocking wait at the kernel cannot be bounded, so its own thread makes it."""
            while (wish := self._wishes.get()) is not None:
                flock(self._turn, LOCK_EX)
                flock(self._gate, LOCK_EX)
                flock(self._turn, LOCK_UN)
                with self._guard:
                    if wish.given_up:
                        flock(self._gate, LOCK_UN)
                    else:
                        wish.granted.release()
