"""The gate lets writers in one by one, in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from connector.pace import Line
from connector.storage.gate import Gate


def waiting(line: Line, count: int) -> bool:
    """Whether that many wait."""
    return len(line._waiting) == count


def until(met: Callable[[], bool]) -> None:
    """Wait a little for something to come true."""
    for _ in range(2000):
        if met():
            return
        threading.Event().wait(0.001)


def test_a_line_serves_in_order_of_arrival() -> None:
    line, served = Line(), list[int]()

    def stand(number: int) -> None:
        line.acquire(5)
        served.append(number)
        line.release()

    line.acquire(0)
    threads = [threading.Thread(target=stand, args=(number,)) for number in range(5)]
    for place, thread in enumerate(threads):
        thread.start()
        until(lambda place=place: waiting(line, place + 1))  # type: ignore[misc]
    line.release()
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3, 4]


def test_who_loses_patience_leaves_the_line() -> None:
    line = Line()
    assert line.acquire(0) and not line.acquire(0.01)
    line.release()
    assert line.acquire(0)


@pytest.mark.parametrize("patient", [True, False])
def test_two_gates_of_a_file_exclude_each_other(tmp_path: Path, patient: bool) -> None:
    one, two = Gate(str(tmp_path / "db")), Gate(str(tmp_path / "db"))
    order: list[str] = []

    def enter() -> None:
        two.acquire()
        order.append("two")
        two.release()

    one.acquire()
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join(timeout=0.05)
    order.append("one")
    one.release()
    thread.join()
    one.close()
    two.close()
    assert order == ["one", "two"]


def test_a_gate_without_a_file_still_excludes_threads() -> None:
    gate = Gate(None)
    gate.acquire()
    gate.release()
    gate.acquire()
