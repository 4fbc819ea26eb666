"""The delivery worker: dispatch, claim, send, settle; as a thread of the server or as a process of its own.

Two threads speak to the storage, one event loop to the receivers. Each subscription has a lane with its own number of
requests under way, so that a dead receiver holds up nobody but itself.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from time import monotonic, time
from typing import Any

import uvloop

from connector.access.vault import Vault
from connector.errors import LeadwireError, Unavailable
from connector.events import messages
from connector.events.addresses import vetting
from connector.events.calls import Reply
from connector.events.dispatch import CatalogOf, Dispatcher
from connector.events.errands import Errands
from connector.events.health import Health
from connector.events.outbound import Sender
from connector.events.schedule import Clock, Verdict, stamp, steps, verdict
from connector.events.subscriptions import live
from connector.settings import Settings
from connector.storage.contract import Clause, Query, Row, Scope, Store

log = logging.getLogger(__name__)
IDLE = 0.25
"""Seconds between two looks at the log when there is nothing to do, so that an event leaves within a second."""
BUSY = 0.05
"""Seconds between two looks at the log when there is something to do, so that many events are taken at a time."""
QUIET = 0.5
"""Seconds between two looks at the queue when nothing was put into it here."""
PACE = 0.01
"""Seconds between two visits to the queue when there is much to do, so that results are written many at a time."""
TROUBLE = 1.0
"""Seconds to leave a storage alone that failed."""
MOST = 512
"""Deliveries that one lane takes at a time, at most."""
MARGIN = 2.0
"""Seconds a lease must outlast the longest request."""
UNREADABLE = 60.0
"""Seconds until a subscription whose secret cannot be opened is looked at again."""

Taken = tuple[Row, Row, messages.Target | str]
"""A delivery, its subscription, and where to send it (or why not)."""


@dataclass(slots=True)
class Queue:
    """A lane: what it holds, how many requests are under way, how many rows to take next."""

    place: messages.Target
    row: Row
    waiting: deque[tuple[Row, float]] = field(default_factory=deque)
    under_way: int = 0
    want: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A delivery that came back, or was given back unsent (no reply)."""

    delivery: Row
    subscription: Row
    result: Row
    attempt: Row | None = None
    judged: Verdict | None = None


class Worker:
    """Delivers until told to stop."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        catalog: CatalogOf,
        vault: Vault,
        *,
        clock: Clock | None = None,
    ) -> None:
        self._settings, self._store, self._vault = settings, store, vault
        self._schedule = steps(settings.delivery_schedule)
        self._clock = clock or Clock()
        self._dispatcher = Dispatcher(store, vault, catalog)
        self._health = Health(store, settings.disable_after)
        self._name = f"{socket.gethostname()}-{secrets.token_hex(4)}"
        self._lanes: dict[int, Queue] = {}
        self._done: list[Done] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()
        self._guard = threading.RLock()
        self._wake: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> threading.Thread:
        """Run in a thread of its own."""
        thread = threading.Thread(target=self.run, name="deliveries", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Deliver until `stop`; then finish what is under way and give back the rest."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._run())

    def stop(self) -> None:
        """Ask it to end. May be called from a signal handler or another thread."""
        self._stopping.set()
        with self._guard:
            if self._loop is not None and self._wake is not None:
                self._loop.call_soon_threadsafe(self._wake.set)

    async def _run(self) -> None:
        self._loop, self._wake = asyncio.get_running_loop(), asyncio.Event()
        sender = Sender(vetting(self._settings))
        dispatcher, queue = Errands("dispatcher"), Errands("queue")
        dispatching = self._loop.create_task(self._dispatching(dispatcher))
        try:
            while not self._stopping.is_set():
                await self._turn(queue, sender)
            await self._drain(queue)
            await dispatching
        finally:
            dispatcher.close()
            queue.close()
            await sender.close()
            with self._guard:
                # Nobody may call into a loop that is being closed.
                self._loop = None

    async def _dispatching(self, errands: Errands) -> None:
        """Turn events into deliveries, beside the sending of others."""
        assert self._wake is not None
        while not self._stopping.is_set():
            wait = IDLE
            try:
                look = await errands.do(self._dispatcher.round, stamp(self._clock.now()))
                if look.made:
                    self._wake.set()
                    wait = BUSY
                wait = 0 if look.more else wait
            except Exception as error:  # A worker outlives whatever the storage or one odd row does
                log.error("events wait: %s", error, exc_info=not isinstance(error, LeadwireError))
                wait = TROUBLE
            await asyncio.sleep(wait)

    async def _turn(self, errands: Errands, sender: Sender) -> None:
        assert self._wake is not None
        self._wake.clear()
        done, self._done = self._done, []
        # The lease counts from when the claim was asked for, however long the storage took.
        latest = monotonic() + self._settings.delivery_lease - self._settings.delivery_timeout - MARGIN
        try:
            taken = await errands.do(self._round, done, self._room())
        except Exception as error:  # A worker outlives whatever the storage or one odd row does
            log.error("deliveries wait: %s", error, exc_info=not isinstance(error, LeadwireError))
            self._done = done + self._done
            await self._pause(TROUBLE)
            return
        for row, subscription, place in taken:
            self._enqueue(row, subscription, place, latest)
        for lane in list(self._lanes.values()):
            self._advance(lane, sender)
        await self._pause(PACE if taken or self._done else QUIET)

    async def _pause(self, seconds: float) -> None:
        """Wait that long, less when there is something to do and the wait is a long one."""
        assert self._wake is not None
        if seconds <= PACE:
            await asyncio.sleep(seconds)
            return
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return

    def _room(self) -> dict[int, int]:
        """How many more rows each known lane takes: none while it still has enough."""
        return {key: lane.want if len(lane.waiting) < lane.want // 2 + 1 else 0 for key, lane in self._lanes.items()}

    def _round(self, done: list[Done], room: dict[int, int]) -> list[Taken]:
        """One visit to the storage: settle and claim. Runs in a thread of the queue."""
        moment = self._clock.now()
        now = stamp(moment)
        if done:
            self._settle(done, now)
        return self._claimed(now, stamp(moment, self._settings.delivery_lease), room)

    def _settle(self, done: list[Done], now: str) -> None:
        """Write down what came back; once it is written it is forgotten here, whatever fails afterwards."""
        self._store.settle([it.result for it in done], [it.attempt for it in done if it.attempt is not None])
        notes = [(it.subscription, it.judged, it.attempt) for it in done if it.attempt and it.judged]
        done.clear()
        self._health.note(notes, now)

    def _claimed(self, now: str, until: str, room: dict[int, int]) -> list[Taken]:
        """Deliveries that are due, for the lanes that have room, each with its subscription ready to send to."""
        first = self._settings.receiver_concurrency
        lanes = [replace(lane, most=room.get(lane.subscription_id, first)) for lane in self._store.due(now)]
        lanes = [lane for lane in lanes if lane.most > 0]
        if not lanes:
            return []
        claimed = self._store.claim(lanes, now, until, secrets.token_hex(12))
        rows = self._subscriptions({row["subscription_id"] for row in claimed})
        places = {key: self._place(row, now) for key, row in rows.items()}
        return [(row, rows[row["subscription_id"]], places[row["subscription_id"]]) for row in claimed]

    def _place(self, row: Row, now: str) -> messages.Target | str:
        """The subscription ready to send to, or the key of the sentence that says why it is not."""
        if not live(row, now):
            return "token_not_valid"
        try:
            return messages.target(self._vault, row, now)
        except Unavailable as error:
            log.error("subscription %s: %s", row["id"], error)
            return error.code

    def _subscriptions(self, ids: set[int]) -> dict[int, Row]:
        if not ids:
            return {}
        query = Query(entity="subscription", where=(Clause(path="id", op="in", value=sorted(ids)),), everywhere=True)
        return {row["id"]: row for row in self._store.read(Scope(account_id=0), lambda tx: tx.find(query))}

    def _enqueue(self, row: Row, subscription: Row, place: messages.Target | str, latest: float) -> None:
        if isinstance(place, str):
            # Without its key it may be sent another time; without a token it may not.
            state, wait = ("failed", 0.0) if place == "token_not_valid" else ("pending", UNREADABLE)
            self._done.append(self._unsent(row, subscription, state=state, error=place, wait=wait))
            return
        lane = self._lanes.get(subscription["id"])
        if lane is None:
            lane = self._lanes[subscription["id"]] = Queue(
                place, subscription, want=self._settings.receiver_concurrency
            )
        lane.place, lane.row = place, subscription
        lane.waiting.append((row, latest))

    def _advance(self, lane: Queue, sender: Sender) -> None:
        """Start what the lane has room for; what waited too long for its lease is given back unsent."""
        while lane.waiting and lane.under_way < self._settings.receiver_concurrency:
            row, latest = lane.waiting.popleft()
            if monotonic() > latest:
                self._done.append(self._unsent(row, lane.row))
                lane.want = self._settings.receiver_concurrency
                continue
            lane.under_way += 1
            task = asyncio.get_running_loop().create_task(self._deliver(lane, row, sender))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not lane.waiting and not lane.under_way:
            self._lanes.pop(lane.place.subscription_id, None)

    async def _deliver(self, lane: Queue, row: Row, sender: Sender) -> None:
        moment = self._clock.now()
        try:
            call = messages.call(lane.place, row, int(time()), self._settings.delivery_timeout)
            reply = await sender.send(call)
        except Exception:
            log.exception("delivery %s cannot be sent", row["message_id"])
            reply = Reply(error="internal")
        lane.under_way -= 1
        # A receiver that answers is given more at a time; one that does not is asked less.
        lane.want = min(lane.want * 2, MOST) if reply.ok and reply.seconds < 1 else self._settings.receiver_concurrency
        done = self._judged(lane, row, reply, stamp(moment))
        self._done.append(done)
        if done.judged is not None and done.judged.gone:
            self._give_back(lane)
        if not self._stopping.is_set():
            self._advance(lane, sender)
        if len(self._done) >= MOST or not lane.waiting:
            assert self._wake is not None
            self._wake.set()

    def _judged(self, lane: Queue, row: Row, reply: Reply, at: str) -> Done:
        moment = self._clock.now()
        judged = verdict(reply, row["attempts"], self._schedule, moment)
        result = self._result(row, judged.state, row["attempts"], stamp(moment, judged.delay))
        result |= {"last_status": reply.status, "last_error": judged.error}
        attempt = {
            "account_id": row["account_id"], "delivery_id": row["id"], "subscription_id": row["subscription_id"],
            "number": row["attempts"], "at": at, "milliseconds": round(reply.seconds * 1000), "status": reply.status,
            "error": judged.error, "answer": messages.excerpt(lane.place, reply.body), "worker": self._name,
            "request_id": row["request_id"], "created_at": at, "updated_at": at,
        }  # fmt: skip
        told = {"request_id": row["request_id"], "delivery": row["message_id"], "status": reply.status}
        log.info("delivery %s: %s", row["message_id"], reply.status or judged.error, extra=told)
        return Done(delivery=row, subscription=lane.row, result=result, attempt=attempt, judged=judged)

    def _result(self, row: Row, state: str, attempts: int, due_at: str) -> Row:
        return {
            "account_id": row["account_id"], "id": row["id"], "lease_token": row["lease_token"], "state": state,
            "attempts": attempts, "due_at": due_at, "last_status": None, "last_error": None,
            "settled_at": stamp(self._clock.now()),
        }  # fmt: skip

    def _unsent(
        self, row: Row, subscription: Row, *, state: str = "pending", error: str | None = None, wait: float = 0.0
    ) -> Done:
        """A delivery that was taken but not sent: the try does not count."""
        result = self._result(row, state, row["attempts"] - 1, stamp(self._clock.now(), wait))
        return Done(delivery=row, subscription=subscription, result=result | {"last_error": error})

    def _give_back(self, lane: Queue) -> None:
        """Hand what waits in a lane back to the queue."""
        self._done += [self._unsent(row, lane.row) for row, _ in lane.waiting]
        lane.waiting.clear()

    async def _drain(self, errands: Errands) -> None:
        """Finish what is under way, give back what is not, and write it down."""
        for lane in self._lanes.values():
            self._give_back(lane)
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=self._settings.delivery_timeout + MARGIN)
        done, self._done = self._done, []
        if done:
            results: list[Any] = [it.result for it in done]
            attempts = [it.attempt for it in done if it.attempt is not None]
            await errands.do(self._store.settle, results, attempts)
