"""Company: who comes meanwhile is served together, nobody is left behind, and nobody waits for those who stay away."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

import pytest

from connector.errors import Unavailable
from connector.group import Group, Late, Turn
from tests.plugins.server import until

ENDLESS = 60.0


class Hall:
    """A group that doubles numbers, and remembers who was served together; it can be held up."""

    def __init__(self, pause: float = 0) -> None:
        self.served: list[list[int]] = []
        self.open = threading.Event()
        self.open.set()
        self.group: Group[int] = Group(self.entrance, self.settle, pause)
        self.pool = ThreadPoolExecutor(16)

    @contextmanager
    def entrance(self) -> Iterator[None]:
        """Closed for thirteen."""
        if self.served[-1:] == [[13]]:
            raise Unavailable
        yield

    def settle(self, turns: Sequence[Turn[int]]) -> None:
        """Zero cannot be served, and takes its company with it."""
        self.served.append(sorted(turn.work for turn in turns))
        self.open.wait(ENDLESS)
        for turn in turns:
            turn.answer = turn.work * 2 // min(1, turn.work)

    def ask(self, *numbers: int) -> list[Future[int]]:
        """Each from a thread of its own; all are waiting in the end."""
        asked = [self.pool.submit(self.group.run, number) for number in numbers]
        until(lambda: len(self.group._waiting) + 1 >= len(numbers), 5)
        return asked


def results(asked: Sequence[Future[int]]) -> list[int]:
    return [each.result(ENDLESS) for each in asked]


def test_who_comes_meanwhile_is_served_together() -> None:
    hall = Hall()
    hall.open.clear()
    first = hall.ask(1)
    until(lambda: hall.served, 5)
    others = hall.ask(2, 3, 4, 5)
    until(lambda: len(hall.group._waiting) == 4, 5)
    hall.open.set()
    assert results([*first, *others]) == [2, 4, 6, 8, 10] and hall.served == [[1], [2, 3, 4, 5]]


def test_a_mistake_hits_its_company_and_nobody_later() -> None:
    hall = Hall()
    hall.open.clear()
    first = hall.ask(1)
    until(lambda: hall.served, 5)
    others = hall.ask(0, 2)
    until(lambda: len(hall.group._waiting) == 2, 5)
    hall.open.set()
    assert results(first) == [2]
    for each in others:
        with pytest.raises(ZeroDivisionError):
            each.result(ENDLESS)
    assert results(hall.ask(3)) == [6]


def test_a_closed_entrance_is_everybody_s_error() -> None:
    hall = Hall()
    hall.open.clear()
    first = hall.ask(13)
    until(lambda: hall.served, 5)
    others = hall.ask(1, 2)
    until(lambda: len(hall.group._waiting) == 2, 5)
    hall.open.set()
    assert results(first) == [26]
    assert [type(each.exception(ENDLESS)) for each in others] == [Unavailable] * 2


def test_who_has_waited_enough_goes_away() -> None:
    hall = Hall()
    hall.open.clear()
    first = hall.ask(1)
    until(lambda: hall.served, 5)
    with pytest.raises(Late):
        hall.group.run(2, 0.05)
    hall.open.set()
    assert results([*first, *hall.ask(3)]) == [2, 6] and hall.served == [[1], [3]]


def test_those_who_were_together_are_waited_for_and_the_rest_is_not() -> None:
    hall = Hall(pause=1.0)
    hall.open.clear()
    first = hall.ask(1)
    until(lambda: hall.served, 5)
    others = hall.ask(2, 3)
    until(lambda: len(hall.group._waiting) == 2, 5)
    hall.open.set()
    results([*first, *others])

    one = hall.pool.submit(hall.group.run, 4)
    time.sleep(0.1)
    assert len(hall.served) == 2  # it waits for the second
    results([one, hall.pool.submit(hall.group.run, 5)])
    assert hall.served[2:] == [[4, 5]]

    assert took(lambda: hall.group.run(6)) >= 1.0  # nobody came
    assert took(lambda: hall.group.run(7)) < 0.9  # so nobody is expected
    assert hall.served[3:] == [[6], [7]]


def took(work: Callable[[], object]) -> float:
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def test_many_threads_are_all_served_once() -> None:
    served = list[int]()

    def settle(turns: Sequence[Turn[int]]) -> None:
        served.extend(turn.work for turn in turns)
        for turn in turns:
            turn.answer = -turn.work

    group: Group[int] = Group(nullcontext, settle, 0.001)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(group.run, range(3000)))
    assert answers == [-number for number in range(3000)] and sorted(served) == list(range(3000))
