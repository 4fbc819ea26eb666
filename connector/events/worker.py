"""The delivery worker: dispatch, claim, send, settle; as a thread of the server or as a process of its own.

Three loops beside each other, each with a thread that speaks to the storage for it: one turns events into deliveries
and keeps what it has room for, one takes over what waits in the queue, one writes down what came back. The requests
themselves are made in the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic, time
from typing import Any

import uvloop

from connector.access.vault import Vault
from connector.errors import LeadwireError, Unavailable
from connector.events import callouts, messages
from connector.events.addresses import vetting
from connector.events.calls import Reply
from connector.events.dispatch import BATCH, CatalogOf, Dispatcher, Grant, Look
from connector.events.errands import Errands
from connector.events.health import Health
from connector.events.lanes import FIRST, Lane, Lanes, late
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
CROWDED = 0.25
"""Seconds that the log waits at most for lanes that have enough: what they have no room for costs a claim."""
QUIET = 0.5
"""Seconds between two looks at the queue when nothing is known to wait in it."""
PACE = 0.01
"""Seconds between two visits to the queue when there is much to do."""
GATHER = 0.05
"""Seconds for which results are gathered, so that they are written many at a time."""
TROUBLE = 1.0
"""Seconds to leave a storage alone that failed."""
TRIES = 3
"""How often an ending worker tries to write down its last results, before it leaves them to the end of their lease."""
MARGIN = 2.0
"""Seconds a lease must outlast the longest request."""
UNREADABLE = 60.0
"""Seconds until a subscription whose secret cannot be opened is looked at again."""

Taken = tuple[Row, Row]
"""A delivery and its subscription."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A delivery that came back, or was given back unsent (no attempt)."""

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
        self._lanes = Lanes(settings.receiver_concurrency)
        self._places = messages.Places(vault)
        self._done: list[Done] = []
        self._batch = FIRST
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = threading.Event()
        self._guard = threading.RLock()
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
            if self._loop is not None:
                self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        self._ended.set()
        self._waits.set()

    async def _run(self) -> None:
        self._ended, self._waits, self._came, self._over = (asyncio.Event() for _ in range(4))
        self._sender = Sender(vetting(self._settings))
        self._loop = asyncio.get_running_loop()
        if self._stopping.is_set():
            self._end()
        settling = asyncio.create_task(self._settling())
        try:
            await asyncio.gather(self._dispatching(), self._claiming())
            await self._drain()
        finally:
            # It writes down what is there by now, and ends.
            self._over.set()
            self._came.set()
            await settling
            await self._sender.close()
            with self._guard:
                # Nobody may call into a loop that is being closed.
                self._loop = None

    async def _dispatching(self) -> None:
        """Turn events into deliveries, beside the sending of others."""
        errands = Errands("dispatcher")
        while not self._ended.is_set():
            latest, grant = self._latest(), self._grant()
            look = await self._tried("events", errands.do(self._dispatcher.round, stamp(self._clock.now()), grant))
            if look is None:
                await self._pause(self._ended, TROUBLE)
                continue
            self._enqueue(look.taken, latest)
            if look.made > len(look.taken):
                self._lanes.spill(look.left)
                self._waits.set()
            await self._paced(look)
        errands.close()

    async def _paced(self, look: Look) -> None:
        """Look again at once while the log goes on, unless the lanes are full anyway."""
        self._batch = min(self._batch * 2, BATCH) if look.more else FIRST
        if not look.more:
            await self._pause(self._ended, BUSY if look.made else IDLE)
        end = monotonic() + CROWDED
        while (crowd := self._lanes.crowded()) and not self._ended.is_set():
            if monotonic() > end:
                # Nobody waits for these again before they have answered.
                for lane in crowd:
                    lane.quick = False
                return
            await asyncio.sleep(PACE / 2)

    def _grant(self) -> Grant:
        until = stamp(self._clock.now(), self._settings.delivery_lease)
        token = secrets.token_hex(12)
        return Grant(
            token=token,
            until=until,
            rooms=self._lanes.rooms(),
            first=FIRST,
            batch=min(self._batch, self._lanes.least()),
        )

    def _latest(self) -> float:
        """A lease counts from when it was asked for, however long the storage takes."""
        return monotonic() + self._settings.delivery_lease - self._settings.delivery_timeout - MARGIN

    async def _claiming(self) -> None:
        """Take over what waits in the queue: second tries, and what nobody had room for."""
        errands = Errands("claims")
        while not self._ended.is_set():
            self._waits.clear()
            latest = self._latest()
            taken = await self._tried("deliveries", errands.do(self._claimed, self._lanes.wanting()))
            self._enqueue(taken or [], latest)
            fetched = {subscription["id"] for _, subscription in taken or ()}
            for lane in self._lanes:
                lane.more = lane.row["id"] in fetched
            if taken:
                await self._pause(self._ended, PACE)
            else:
                await self._pause(self._waits, QUIET if taken is not None else TROUBLE)
        errands.close()

    async def _settling(self) -> None:
        """Write down what came back, many at a time; what cannot be written now is kept, and ends with its lease."""
        errands = Errands("results")
        tries = 0
        while tries < TRIES and (self._done or not self._over.is_set()):
            if not self._done:
                self._came.clear()
                await self._came.wait()
            if not self._over.is_set():
                await self._pause(self._over, GATHER)
            done, self._done = self._done, []
            if done and await self._tried("results", errands.do(self._settle, done)) is None:
                self._done = done + self._done
                tries += self._over.is_set()
                await asyncio.sleep(TROUBLE)
        errands.close()

    async def _tried(self, what: str, work: Coroutine[Any, Any, Any]) -> Any:
        """What came of it; None when the storage failed, or one odd row did: a worker outlives that."""
        try:
            return await work
        except Exception as error:
            log.error("%s wait: %s", what, error, exc_info=not isinstance(error, LeadwireError))
            return None

    async def _pause(self, event: asyncio.Event, seconds: float) -> None:
        """Wait that long, less when it happens or the worker is to end."""
        if not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), seconds)

    def _settle(self, done: list[Done]) -> bool:
        """Once it is written it is forgotten here, whatever fails afterwards."""
        self._store.settle([it.result for it in done], [it.attempt for it in done if it.attempt is not None])
        notes = [(it.subscription, it.judged, it.attempt) for it in done if it.attempt and it.judged]
        done.clear()
        self._health.note(notes, stamp(self._clock.now()))
        return True

    def _claimed(self, room: dict[int, int]) -> list[Taken]:
        """Deliveries that are due, for the lanes that have room, each with its subscription."""
        moment, first = self._clock.now(), self._settings.receiver_concurrency
        now = stamp(moment)
        lanes = [replace(lane, most=room.get(lane.subscription_id, first)) for lane in self._store.due(now)]
        lanes = [lane for lane in lanes if lane.most > 0]
        if not lanes:
            return []
        until = stamp(moment, self._settings.delivery_lease)
        claimed = self._store.claim(lanes, now, until, secrets.token_hex(12))
        rows = self._subscriptions({row["subscription_id"] for row in claimed})
        return [(row, rows[row["subscription_id"]]) for row in claimed]

    def _subscriptions(self, ids: set[int]) -> dict[int, Row]:
        if not ids:
            return {}
        query = Query(entity="subscription", where=(Clause(path="id", op="in", value=sorted(ids)),), everywhere=True)
        return {row["id"]: row for row in self._store.read(Scope(account_id=0), lambda tx: tx.find(query))}

    def _enqueue(self, taken: list[Taken], latest: float) -> None:
        """Put deliveries into their lanes, and start what those have room for."""
        now = stamp(self._clock.now())
        for row, subscription in taken:
            if not live(subscription, now):
                # Without a token it may not be sent; without its key it may be another time.
                self._finish(self._unsent(row, subscription, state="failed", error="token_not_valid"))
                continue
            try:
                place = self._places.of(subscription, now)
            except Unavailable as error:
                log.error("subscription %s: %s", subscription["id"], error)
                self._finish(self._unsent(row, subscription, error=error.code, wait=UNREADABLE))
                continue
            self._advance(self._lanes.add(row, subscription, place, latest))

    def _advance(self, lane: Lane) -> None:
        """Start another task if the lane has room for one; each makes one request after the other."""
        if self._lanes.free(lane) and not self._ended.is_set():
            lane.under_way += 1
            task = asyncio.get_running_loop().create_task(self._carry(lane))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, lane: Lane) -> None:
        """Deliver what waits in a lane until there is nothing left; what waited too long is given back unsent."""
        while lane.waiting and not self._ended.is_set():
            row, latest = lane.waiting.popleft()
            if late(latest):
                self._finish(self._unsent(row, lane.row))
                self._lanes.shrink(lane)
                continue
            done = await self._delivered(lane, row)
            self._finish(done)
            if done.judged is not None and done.judged.gone:
                self._give_back(lane)
            if lane.low:
                self._waits.set()
        lane.under_way -= 1

    async def _delivered(self, lane: Lane, row: Row) -> Done:
        answer = ""
        try:
            if row["style"] == callouts.STYLE:
                call = callouts.request(self._vault, row, self._settings.delivery_timeout)
                keys = callouts.keys(call)
            else:
                call = messages.call(lane.place, row, int(time()), self._settings.delivery_timeout)
                keys = []
            reply = await self._sender.send(call)
            answer = messages.excerpt(lane.place, reply.body, keys)
        except Exception:
            log.exception("delivery %s cannot be sent", row["message_id"])
            reply = Reply(error="internal")
        self._lanes.learn(lane, reply)
        return self._judged(lane, row, reply, answer)

    def _judged(self, lane: Lane, row: Row, reply: Reply, answer: str) -> Done:
        moment = self._clock.now()
        judged = verdict(reply, row["attempts"], self._schedule, moment)
        now, at = stamp(moment), stamp(moment, -reply.seconds)
        result = _result(row, judged.state, row["attempts"], stamp(moment, judged.delay) if judged.delay else now, now)
        result |= {"last_status": reply.status, "last_error": judged.error}
        attempt = {
            "account_id": row["account_id"], "delivery_id": row["id"], "subscription_id": row["subscription_id"],
            "number": row["attempts"], "at": at, "milliseconds": round(reply.seconds * 1000), "status": reply.status,
            "error": judged.error, "answer": answer, "worker": self._name,
            "request_id": row["request_id"], "created_at": at, "updated_at": at,
        }  # fmt: skip
        if log.isEnabledFor(logging.INFO):
            told = {"request_id": row["request_id"], "delivery": row["message_id"], "status": reply.status}
            log.info("delivery %s: %s", row["message_id"], reply.status or judged.error, extra=told)
        return Done(subscription=lane.row, result=result, attempt=attempt, judged=judged)

    def _unsent(
        self, row: Row, subscription: Row, *, state: str = "pending", error: str | None = None, wait: float = 0.0
    ) -> Done:
        """A delivery that was taken but not sent: the try does not count."""
        moment = self._clock.now()
        result = _result(row, state, row["attempts"] - 1, stamp(moment, wait), stamp(moment))
        return Done(subscription=subscription, result=result | {"last_error": error})

    def _finish(self, done: Done) -> None:
        self._done.append(done)
        self._came.set()

    def _give_back(self, lane: Lane) -> None:
        """Hand what waits in a lane back to the queue."""
        for row in self._lanes.emptied(lane):
            self._finish(self._unsent(row, lane.row))

    async def _drain(self) -> None:
        """Give back what is not under way, and finish what is."""
        for lane in self._lanes:
            self._give_back(lane)
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=self._settings.delivery_timeout + MARGIN)


def _result(row: Row, state: str, attempts: int, due_at: str, now: str) -> Row:
    return {
        "account_id": row["account_id"], "id": row["id"], "lease_token": row["lease_token"], "state": state,
        "attempts": attempts, "due_at": due_at, "last_status": None, "last_error": None, "settled_at": now,
    }  # fmt: skip
