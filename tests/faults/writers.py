"""Processes that write and poll through the engine, for the tests of the feed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier, Event
from typing import Any, TypeVar

from connector import storage
from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog
from connector.engine.run import run
from connector.events.feeds import page
from connector.storage.contract import Event as Change
from connector.storage.contract import Scope, Store, Transaction

T = TypeVar("T")
ADMIN = Scope(account_id=1, actor_id=1)
FEED = "new_lead"


class Undone(Exception):
    """A writer changes its mind: its transaction is rolled back."""


class Lingering:
    """A store whose transactions stay open for a while between their last write and their COMMIT."""

    def __init__(self, store: Store, dice: random.Random, longest: float) -> None:
        self.store, self.dice, self.longest = store, dice, longest

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def transact(self, scope: Scope, work: Callable[[Transaction], T], **options: Any) -> tuple[T, tuple[Change, ...]]:
        """As the store's own, but slow to commit, and now and then rolled back."""
        pause, undo = self.dice.random() * self.longest, self.dice.random() < 0.05

        def slowly(tx: Transaction) -> T:
            result = work(tx)
            time.sleep(pause)
            if undo:
                raise Undone
            return result

        return self.store.transact(scope, slowly, **options)


def open_store(url: str) -> tuple[Catalog, Store]:
    """The shipped catalog and the store at that address, as a server process opens them."""
    catalog, store = load([SHIPPED]), storage.open(url)
    store.adopt(catalog)
    return catalog, store


def write(url: str, number: int, leads: int, longest: float, start: Barrier, out: Queue[list[int]]) -> None:
    """Create leads one transaction each; report the seqs that were committed."""
    catalog, store = open_store(url)
    slow: Any = Lingering(store, random.Random(number), longest)
    start.wait(60)
    out.put([seq for n in range(leads) for seq in _create(catalog, slow, f"Writer {number}, lead {n}")])
    store.close()


def _create(catalog: Catalog, store: Store, title: str) -> Sequence[int]:
    try:
        made = run(catalog, store, ADMIN, "create_lead", {"title": title})
    except Undone:
        return ()
    return [event.seq for event in made.events if "lead.created" in event.topics]


def poll(url: str, cursor: str, start: Barrier, done: Event, out: Queue[list[int]]) -> None:
    """Poll the feed from that cursor until the writers are done and a page is empty; report the ids, as they came."""
    catalog, store = open_store(url)
    polled: list[int] = []
    start.wait(60)
    while True:
        last = done.is_set()
        found = page(catalog, store, ADMIN, FEED, {}, after=cursor, limit=50)
        polled += [item["id"] for item in found.data]
        cursor = found.cursor or cursor
        if last and not found.data:
            break
    out.put(polled)
    store.close()
