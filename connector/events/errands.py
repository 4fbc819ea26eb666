"""A thread that runs functions for an event loop, to the very end of the process.

The executors of the standard library refuse work as soon as the interpreter begins to end; a worker that drains then
still has results to write down.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Errand = tuple[asyncio.AbstractEventLoop, asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class Errands:
    """Runs one function after the other."""

    def __init__(self, name: str) -> None:
        self._queue: SimpleQueue[Errand | None] = SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def do(self, work: Callable[..., T], *given: Any) -> T:
        """Run it there; what it returns or raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._queue.put((loop, future, work, given))
        return await future

    def close(self) -> None:
        """End after what is queued."""
        self._queue.put(None)

    def _run(self) -> None:
        while (errand := self._queue.get()) is not None:
            loop, future, work, given = errand
            try:
                answer, error = work(*given), None
            except Exception as raised:  # noqa: BLE001 - handed to whoever asked
                answer, error = None, raised
            # A loop that is closed by now asked for nothing any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_tell, future, answer, error)


def _tell(future: asyncio.Future[Any], answer: Any, error: Exception | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
