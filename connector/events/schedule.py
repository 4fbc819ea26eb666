"""When to try again: pure functions from what a receiver said to what becomes of the delivery."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import Literal

from connector.events.calls import Reply

JITTER = 0.2
"""Up to this share is added to every wait, so that what failed together does not come back together."""
LONGEST_WISH = 3600.0
"""A Retry-After counts up to an hour, or twice the step where that is longer."""
CATCH_UP = 0.01
"""The worker's clock closes a gap to the wall clock at this rate, so that a jump never makes a thousand retries due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of a delivery: done, to be tried again after `delay` seconds, or given up."""

    state: Literal["delivered", "pending", "failed"]
    delay: float = 0.0
    error: str | None = None
    gone: bool = False


def steps(text: str) -> tuple[float, ...]:
    """The waits of a schedule such as `5,30,300`; ValueError when one is no number of seconds."""
    found = tuple(float(part) for part in text.replace(",", " ").split())
    if any(wait < 0 for wait in found):
        raise ValueError(f"{text!r} has a negative wait.")
    return found


def verdict(
    reply: Reply, attempts: int, schedule: tuple[float, ...], now: datetime, chance: Callable[[], float] = random.random
) -> Verdict:
    """Judge the reply to that attempt (the first is 1)."""
    if reply.ok:
        return Verdict(state="delivered")
    error = reply.error or _refusal(reply.status or 0)
    if error == "receiver_gone":
        return Verdict(state="failed", error=error, gone=True)
    if attempts > len(schedule):
        return Verdict(state="failed", error=error)
    step = schedule[attempts - 1]
    return Verdict(state="pending", error=error, delay=_wait(step, reply, now) * (1 + JITTER * chance()))


def _refusal(status: int) -> str:
    if status == 410:
        return "receiver_gone"
    return "redirected" if 300 <= status < 400 else "receiver_refused"


def _wait(step: float, reply: Reply, now: datetime) -> float:
    """The step of the schedule, or longer where the receiver asks for it within reason."""
    if reply.status not in (429, 503):
        return step
    wish = retry_after(next((v for k, v in reply.headers.items() if k.lower() == "retry-after"), ""), now)
    return step if wish is None else max(step, min(wish, max(2 * step, LONGEST_WISH)))


def retry_after(text: str, now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, as a number or a date; None where it makes no sense."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) < 20:
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError):
        return None


class Clock:
    """Time that only moves on: the wall clock at start plus what has passed, drifting slowly towards the wall clock."""

    def __init__(self, wall: Callable[[], float] = time, passed: Callable[[], float] = monotonic) -> None:
        self._wall, self._passed = wall, passed
        self._base, self._start = wall(), passed()

    def now(self) -> datetime:
        """The present moment."""
        elapsed = self._passed() - self._start
        most = CATCH_UP * elapsed
        gap = self._wall() - (self._base + elapsed)
        return datetime.fromtimestamp(self._base + elapsed + max(-most, min(gap, most)), UTC)


def stamp(moment: datetime, seconds: float = 0.0) -> str:
    """A moment so many seconds later, as rows write it."""
    return f"{(moment + timedelta(seconds=seconds)).isoformat(timespec='milliseconds')[:-6]}Z"
