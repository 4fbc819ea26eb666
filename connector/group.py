"""Company: threads of one process that want the same at the same time have one of them do it for all.

The first to come leads. It passes the entrance, does what has gathered behind it meanwhile together with its own, and
hands over to the first of those who came later; so nobody waits for long, and under load nobody pays alone. Writers of
a SQLite file share a COMMIT in this way, and plain calls of actions all of their way.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from connector.pace import aside, give_way

W = TypeVar("W")

LARGEST = 64
"""How many are served together at most."""
FOREVER = -1


class Late(Exception):
    """Nobody has begun with the work in time, and nobody will."""


class Turn(Generic[W]):
    """One thread's wish and what came of it; only the thread that leads touches it until it is ready."""

    __slots__ = ("answer", "error", "leads", "ready", "work")

    def __init__(self, work: W) -> None:
        self.work = work
        self.answer: Any = None
        self.error: BaseException | None = None
        self.leads = False
        self.ready = threading.Lock()
        self.ready.acquire()


class Group(Generic[W]):
    """Gathers threads behind an entrance.

    `settle` is called inside it with the turns that are served together, and gives each an answer or an error.
    `pause`: seconds for which a leader waits for as many as came the last time. They have just been served and are on
    their way back; begun with before they are there, two groups would take turns, and disturb each other.
    """

    def __init__(
        self, entrance: Callable[[], AbstractContextManager[None]], settle: Callable[[Sequence[Turn[W]]], None],
        pause: float = 0,
    ) -> None:  # fmt: skip
        self._entrance, self._settle, self._pause = entrance, settle, pause
        self._guard = threading.Lock()
        self._waiting: deque[Turn[W]] = deque()
        self._led = False
        self._usual = 1
        self._whole: threading.Lock | None = None

    def run(self, work: W, patience: float = FOREVER) -> Any:
        """What came of the work, done by this thread or another; or its error is raised.

        Late when nobody has begun with it after `patience` seconds.
        """
        turn = Turn(work)
        with self._guard:
            turn.leads, self._led = not self._led, True
            if not turn.leads:
                self._waiting.append(turn)
                self._meet()
        if not turn.leads:
            self._await(turn, patience)
        if turn.leads:
            self._lead(turn)
        if turn.error is not None:
            raise turn.error
        return turn.answer

    def _await(self, turn: Turn[W], patience: float) -> None:
        with aside():
            if not turn.ready.acquire(timeout=patience):
                with self._guard:
                    if turn in self._waiting:
                        self._waiting.remove(turn)
                        raise Late
                turn.ready.acquire()

    def _lead(self, own: Turn[W]) -> None:
        """Serve all that wait by the time the entrance opens, the leader first; then hand over."""
        turns: list[Turn[W]] = []
        self._wait_for_company()
        give_way()
        try:
            with self._entrance():
                turns = self._gathered(own)
                self._settle(turns)
        except BaseException as error:  # noqa: BLE001 - it is everybody's error, and raised there
            turns = turns or self._gathered(own)
            for turn in turns:
                turn.error = error
        self._hand_over()
        for turn in turns[1:]:
            turn.ready.release()

    def _wait_for_company(self) -> None:
        with self._guard:
            if not self._pause or len(self._waiting) + 1 >= self._usual:
                return
            whole = self._whole = threading.Lock()
            whole.acquire()
        whole.acquire(timeout=self._pause)
        with self._guard:
            self._whole = None

    def _meet(self) -> None:
        if self._whole is not None and len(self._waiting) + 1 >= self._usual:
            self._whole.release()
            self._whole = None

    def _gathered(self, own: Turn[W]) -> list[Turn[W]]:
        with self._guard:
            turns = [own, *(self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST - 1)))]
            self._usual = len(turns)
            return turns

    def _hand_over(self) -> None:
        with self._guard:
            if self._waiting:
                heir = self._waiting.popleft()
                heir.leads = True
                heir.ready.release()
            else:
                self._led = False
