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

    def ask(self, number: int) -> Future[int]:
        """Ask from a thread of its own."""
        return self.pool.submit(self.group.run, number)

    def ask_behind(self, first: int, *others: int) -> list[Future[int]]:
        """Have the others come while the first is served; all are let go on then."""
        self.open.clear()
        asked = [self.ask(first)]
        until(lambda: self.served, 5)
        asked += [self.ask(number) for number in others]
        until(lambda: len(self.group._waiting) == len(others), 5)
        self.open.set()
        return asked


def results(asked: Sequence[Future[int]]) -> list[int]:
    return [each.result(ENDLESS) for each in asked]


def test_who_comes_meanwhile_is_served_together() -> None:
    hall = Hall()
    assert results(hall.ask_behind(1, 2, 3, 4, 5)) == [2, 4, 6, 8, 10]
    assert hall.served == [[1], [2, 3, 4, 5]]


def test_a_mistake_hits_its_company_and_nobody_later() -> None:
    hall = Hall()
    first, *others = hall.ask_behind(1, 0, 2)
    assert [type(each.exception(ENDLESS)) for each in others] == [ZeroDivisionError] * 2
    assert results([first, hall.ask(3)]) == [2, 6]


def test_a_closed_entrance_is_everybody_s_error() -> None:
    first, *others = Hall().ask_behind(13, 1, 2)
    assert results([first]) == [26]
    assert [type(each.exception(ENDLESS)) for each in others] == [Unavailable] * 2


def test_who_has_waited_enough_goes_away() -> None:
    hall = Hall()
    hall.open.clear()
    first = hall.ask(1)
    until(lambda: hall.served, 5)
    with pytest.raises(Late):
        hall.group.run(2, 0.05)
    hall.open.set()
    assert results([first, hall.ask(3)]) == [2, 6] and hall.served == [[1], [3]]


def test_those_who_were_together_are_waited_for_and_the_rest_is_not() -> None:
    hall = Hall(pause=1.0)
    results(hall.ask_behind(1, 2, 3))
    one = hall.ask(4)
    time.sleep(0.1)
    assert len(hall.served) == 2  # it waits for the second
    results([one, hall.ask(5)])
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
