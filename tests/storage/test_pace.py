"""Few threads compute at a time; those that wait step aside, and nobody is held up for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from connector.pace import PATIENCE, Line, aside, give_way, seated

ENDLESS = 60.0


def in_threads(count: int, work: Callable[[], object]) -> None:
    """Run it that many times side by side; errors are raised here."""
    with ThreadPoolExecutor(count) as pool:
        for future in [pool.submit(work) for _ in range(count)]:
            future.result(ENDLESS)


def test_one_computes_while_the_others_wait() -> None:
    line, inside, most = Line(), [0], [0]

    def work() -> None:
        for _ in range(20):
            with seated(line):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    in_threads(8, work)
    assert most == [1]
    assert not line.wanted() and line.acquire(0)


def test_who_steps_aside_is_replaced_and_sits_down_again() -> None:
    line, met = Line(), threading.Barrier(2, timeout=ENDLESS)

    def work() -> None:
        with seated(line), aside():
            met.wait()  # both are inside: with one seat only because each has left it

    in_threads(2, work)
    assert line.acquire(0)


def test_who_gives_way_lets_those_who_wait_go_first() -> None:
    line, order = Line(), list[str]()
    sitting, waiting = threading.Event(), threading.Event()

    def first() -> None:
        with seated(line):
            sitting.set()
            waiting.wait(ENDLESS)
            while not line.wanted():
                time.sleep(0.001)
            give_way()
            order.append("first")

    def second() -> None:
        sitting.wait(ENDLESS)
        waiting.set()
        with seated(line):
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(first), pool.submit(second)]:
            future.result(ENDLESS)
    assert order == ["second", "first"]


def test_a_slow_one_holds_nobody_up_for_long() -> None:
    line, done = Line(), threading.Event()

    def slow() -> None:
        with seated(line):
            assert done.wait(ENDLESS)

    def quick() -> None:
        with seated(line):
            done.set()

    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(slow)
        while line.acquire(0):
            line.release()
        begun = time.monotonic()
        pool.submit(quick).result(ENDLESS)
        held.result(ENDLESS)
    assert time.monotonic() - begun >= PATIENCE / 2
