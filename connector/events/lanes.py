"""What a worker has taken: a lane per subscription, each with its own number of requests under way.

So a dead receiver holds up nobody but itself, and is given no more than it can lose.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from time import monotonic

from connector.events.calls import Reply
from connector.events.messages import Target
from connector.storage.contract import Row

MOST = 1024
"""Deliveries that one lane holds at a time, at most."""
FIRST = 64
"""Deliveries that a lane is given at once when it had none: it may turn out that its receiver is dead."""
KNOWN = 10_000
"""Lanes that are kept in mind when they are empty."""


@dataclass(slots=True)
class Lane:
    """What waits for a receiver, how many requests are under way, and how much it may hold."""

    place: Target
    row: Row
    want: int
    waiting: deque[tuple[Row, float]] = field(default_factory=deque)
    under_way: int = 0
    more: bool = False
    """Whether the queue may hold more for it."""
    quick: bool = True
    """Whether its receiver answers, as far as is known."""

    @property
    def low(self) -> bool:
        """Whether it is time to fetch more."""
        return self.more and len(self.waiting) * 2 < self.want

    @property
    def room(self) -> int:
        """How many more it takes."""
        return max(0, self.want - len(self.waiting))


class Lanes:
    """All lanes of a worker. Belongs to its event loop."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._lanes: dict[int, Lane] = {}

    def __iter__(self) -> Iterator[Lane]:
        return iter(list(self._lanes.values()))

    def add(self, row: Row, subscription: Row, place: Target, latest: float) -> Lane:
        """Put a delivery into its lane; it must be under way by `latest`."""
        lane = self._lanes.get(place.subscription_id)
        if lane is None:
            self._forget()
            lane = self._lanes[place.subscription_id] = Lane(place, subscription, FIRST)
        lane.place, lane.row = place, subscription
        lane.waiting.append((row, latest))
        return lane

    def rooms(self) -> dict[int, int]:
        """How many more each lane takes; of lanes that are not there, `FIRST`."""
        return {key: lane.room for key, lane in self._lanes.items()}

    def wanting(self) -> dict[int, int]:
        """As `rooms`, but nothing for lanes that still have enough: it is better to take many at a time."""
        return {key: room if room > self._lanes[key].want // 2 else 0 for key, room in self.rooms().items()}

    def crowded(self) -> list[Lane]:
        """The lanes of receivers that answer, and that have more than enough here or in the queue."""
        return [it for it in self._lanes.values() if it.quick and (it.more or len(it.waiting) * 2 > it.want)]

    def least(self) -> int:
        """How many more each of the receivers that answer can be given."""
        return min((max(FIRST, lane.room) for lane in self._lanes.values() if lane.quick), default=MOST)

    def free(self, lane: Lane) -> bool:
        """Whether one more request may be made."""
        return bool(lane.waiting) and lane.under_way < self._concurrency

    def learn(self, lane: Lane, reply: Reply) -> None:
        """A receiver that answers is given more at a time; one that does not is asked less."""
        lane.quick = reply.ok and reply.seconds < 1
        lane.want = min(lane.want * 2, MOST) if lane.quick else self._concurrency

    def spill(self, subscriptions: Collection[int]) -> None:
        """More of these waits in the queue."""
        for key in subscriptions:
            if key in self._lanes:
                self._lanes[key].more = True

    def shrink(self, lane: Lane) -> None:
        """It had more than it could use in time."""
        lane.want, lane.quick = self._concurrency, False

    def emptied(self, lane: Lane) -> list[Row]:
        """Take out what waits."""
        rows = [row for row, _ in lane.waiting]
        lane.waiting.clear()
        return rows

    def _forget(self) -> None:
        """Drop the lanes that have nothing to do, once they are many."""
        if len(self._lanes) >= KNOWN:
            self._lanes = {key: lane for key, lane in self._lanes.items() if lane.waiting or lane.under_way}


def late(latest: float) -> bool:
    """Whether the lease would not outlast a request that begins now."""
    return monotonic() > latest
