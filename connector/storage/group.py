"""Group commit: writers of one process that wait for the file at the same time share one COMMIT.

The first to come leads. It passes the gate, runs what has gathered behind it meanwhile, and hands over to the first
of those who came later; so nobody waits for company, and under load nobody pays for a COMMIT alone.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from connector.pace import aside, give_way
from connector.storage.gate import Gate

W = TypeVar("W")

LARGEST = 64
"""Units of work in one COMMIT."""


class Turn(Generic[W]):
    """One writer's work and what came of it; only the thread that leads touches it until it is ready."""

    __slots__ = ("answer", "error", "leads", "ready", "work")

    def __init__(self, work: W) -> None:
        self.work = work
        self.answer: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.ready = threading.Lock()
        self.ready.acquire()


class Group(Generic[W]):
    """Gathers the writers of one process behind the gate of a file.

    `settle` is called behind the gate with the turns of one COMMIT, and gives each an answer or an error.
    """

    def __init__(self, gate: Gate, settle: Callable[[Sequence[Turn[W]]], None]) -> None:
        self._gate, self._settle = gate, settle
        self._guard = threading.Lock()
        self._waiting: deque[Turn[W]] = deque()
        self._led = False

    def run(self, work: W) -> Any:
        """What came of the work once it was committed, by this thread or another; or its error is raised."""
        turn = Turn(work)
        with self._guard:
            self._waiting.append(turn)
            turn.leads, self._led = not self._led, True
        if not turn.leads:
            with aside():
                turn.ready.acquire()
        if turn.leads:
            self._lead()
        if turn.error is not None:
            raise turn.error
        return turn.answer

    def _lead(self) -> None:
        """Commit all that wait by the time the gate opens, the leader's own first; then hand over."""
        turns: list[Turn[W]] = []
        give_way()
        try:
            self._gate.acquire()
            try:
                turns = self._gathered()
                self._settle(turns)
            finally:
                self._gate.release()
        except BaseException as error:  # noqa: BLE001 - it is every waiting writer's error, and raised there
            turns = turns or self._gathered()
            for turn in turns:
                turn.error = error
        self._hand_over()
        for turn in turns:
            turn.ready.release()

    def _gathered(self) -> list[Turn[W]]:
        with self._guard:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST))]

    def _hand_over(self) -> None:
        with self._guard:
            self._led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].ready.release()
