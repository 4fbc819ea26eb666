"""When to try again, and a clock that jumps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connector.events.calls import Reply
from connector.events.schedule import Clock, retry_after, steps, verdict

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SCHEDULE = steps("5,30,300,1800,7200,18000,36000,50400,72000,86400")


def judged(reply: Reply, attempts: int = 1, chance: float = 0.0):  # type: ignore[no-untyped-def]
    return verdict(reply, attempts, SCHEDULE, NOW, lambda: chance)


def test_yes_is_delivered() -> None:
    assert {judged(Reply(status=status)).state for status in (200, 201, 202, 204, 299)} == {"delivered"}


@pytest.mark.parametrize("status", [199, 300, 302, 400, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status: int) -> None:
    assert judged(Reply(status=status)).state == "pending"


def test_gone_is_the_end() -> None:
    assert (judged(Reply(status=410)).state, judged(Reply(status=410)).gone) == ("failed", True)


def test_a_yes_that_was_cut_short_is_no_yes() -> None:
    assert judged(Reply(status=200, error="answer_cut_short")).error == "answer_cut_short"


def test_waits_follow_the_schedule_with_jitter_and_end() -> None:
    assert [judged(Reply(status=500), attempts).delay for attempts in (1, 2, 10)] == [5, 30, 86400]
    assert judged(Reply(status=500), chance=1.0).delay == 6
    assert judged(Reply(status=500), 11).state == "failed"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("wish", "delay"),
    [
        ("3", 5), ("60", 60), ("-1", 5), ("1000000000", 3600), ("9" * 30, 5), ("soon", 5), ("", 5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90), (format_datetime(NOW - timedelta(days=1)), 5),
    ],
)  # fmt: skip
def test_retry_after_is_obeyed_within_reason(status: int, wish: str, delay: float) -> None:
    assert judged(Reply(status=status, headers={"retry-after": wish})).delay == delay


def test_retry_after_of_other_answers_means_nothing() -> None:
    assert judged(Reply(status=500, headers={"Retry-After": "60"})).delay == 5


def test_a_date_without_zone_is_no_retry_after() -> None:
    assert retry_after("Sun, 01 Mar 2026 09:00:30 -0000", NOW) is None


def test_a_schedule_of_no_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        steps("5,-1")
    assert steps("") == ()


@pytest.mark.parametrize("jump", [86_400, -3_600])
def test_a_jump_of_the_wall_clock_moves_ours_slowly(jump: float) -> None:
    wall, passed = [1_000_000.0], [0.0]
    clock = Clock(lambda: wall[0], lambda: passed[0])
    start = clock.now()
    wall[0], passed[0] = 1_000_000.0 + 100 + jump, 100.0
    assert timedelta(seconds=99) <= clock.now() - start <= timedelta(seconds=101)
    wall[0], passed[0] = 1_000_000.0 + 1e7 + jump, 1e7
    assert clock.now().timestamp() == pytest.approx(wall[0])
