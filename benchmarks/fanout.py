"""Webhook fan-out: the product's worker beside a bare concurrent sender of the same bytes, to one loopback receiver."""

from __future__ import annotations

import asyncio
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import aiohttp
import uvloop

from benchmarks import databases
from benchmarks.report import Goal, Table
from connector.access import tokens
from connector.access.vault import Vault
from connector.catalog.load import SHIPPED, load
from connector.engine.run import run_many
from connector.engine.world import load_world
from connector.events import subscriptions
from connector.events.subscriptions import Wish
from connector.settings import load as load_settings
from connector.settings import publish
from connector.storage import open as open_store
from connector.storage.contract import Clause, Query, Scope

EVENTS, UNDER_WAY, GOAL = 10_000, 64, 0.4
KEY = "key of the benchmark"
SPAWN = multiprocessing.get_context("spawn")


class Sink(asyncio.Protocol):
    """Answers 200 to every request and counts the ids."""

    def __init__(self, ids: set[bytes], times: list[float]) -> None:
        self.ids, self.times, self.got = ids, times, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Take every whole request there is."""
        self.got += data
        while (end := self.got.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.got[:end]).lower()
            length = int(_header(head, b"content-length"))
            if len(self.got) < end + 4 + length:
                return
            del self.got[: end + 4 + length]
            self.ids.add(_header(head, b"webhook-id"))
            self.times.append(time.monotonic())
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b": ")[2].partition(b"\r\n")[0]


def receive(pipe: Connection) -> None:
    """Serve; for each number received, tell how many seconds so many ids took, first to last."""

    async def serve() -> None:
        ids: set[bytes] = set()
        times: list[float] = []
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Sink(ids, times), "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        while wanted := await loop.run_in_executor(None, pipe.recv):
            while len(ids) < wanted:
                await asyncio.sleep(0.01)
            pipe.send((times[-1] - times[0], len(times)))
            ids.clear()
            times.clear()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())


async def bare(url: str, bodies: list[tuple[str, bytes]]) -> None:
    """Send them with so many requests under way, no signature, nothing written down."""
    queue = iter(bodies)

    async def one(session: aiohttp.ClientSession) -> None:
        for message, body in queue:
            headers = {"webhook-id": message, "Content-Type": "application/json"}
            async with session.post(url, data=body, headers=headers) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=UNDER_WAY)) as session:
        await asyncio.gather(*(one(session) for _ in range(UNDER_WAY)))


def send_bare(url: str, bodies: list[tuple[str, bytes]]) -> None:
    """The bare sender, in a process of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bare(url, bodies))


def compare(store: str, rounds: int) -> tuple[Table, list[Goal]]:
    """Both senders in turn, each in a process of its own, with the very bytes that the product stored."""
    table = Table(
        f"{store}: {EVENTS:,} events to one receiver, {UNDER_WAY} under way", ("sender", "events/s", "x bare")
    )
    ours, theirs = [], []
    with ExitStack() as stack:
        url = stack.enter_context(databases.databases(store))("fanout")
        pipe, theirs_end = SPAWN.Pipe()
        receiver = SPAWN.Process(target=receive, args=(theirs_end,), daemon=True)
        receiver.start()
        target = f"http://127.0.0.1:{pipe.recv()}/hook"
        house = _House(url, target)
        for _ in range(rounds):
            house.fill()
            ours.append(_timed(pipe, house.deliver))
            bodies = house.bodies()
            theirs.append(_timed(pipe, lambda bodies=bodies: _bare(target, bodies)))  # type: ignore[misc]
        pipe.send(0)
        receiver.join(10)
        house.store.close()
    rate, base = median(ours), median(theirs)
    table.add("aiohttp, bare", base, 1.0)
    table.add("leadwire worker", rate, rate / base)
    return table, [Goal(f"{store}, webhook fan-out / bare sender", rate / base, GOAL)]


def _timed(pipe: Connection, send: Callable[[], Callable[[], None]]) -> float:
    end = send()
    pipe.send(EVENTS)
    seconds, came = pipe.recv()
    end()
    if came != EVENTS:
        raise RuntimeError(f"{came} requests for {EVENTS} events")
    return (EVENTS - 1) / float(seconds)


def _bare(target: str, bodies: list[tuple[str, bytes]]) -> Callable[[], None]:
    process = SPAWN.Process(target=send_bare, args=(target, bodies))
    process.start()
    return process.join


class _House:
    """A database with one subscription, filled and delivered round by round."""

    def __init__(self, url: str, target: str) -> None:
        self.catalog, self.store = load([SHIPPED]), open_store(url)
        self.store.upgrade(self.catalog)
        self.store.adopt(self.catalog)
        load_world(self.catalog, self.store)
        secret, _ = tokens.issue(self.store, 1, 1, "benchmark")
        self.caller = tokens.authenticate(self.store, secret)
        publish(load_settings(database_url=url, secret_key=KEY, outbound_allow="127.0.0.0/8", log_level="WARNING",
                              receiver_concurrency=str(UNDER_WAY)))  # fmt: skip
        wish = Wish(trigger="new_lead", target_url=target)
        subscriptions.create(self.catalog, self.store, Vault([KEY]), self.caller, wish)
        self.done = 0

    def fill(self) -> None:
        """Write the events of a round."""
        rows = [{"title": "A lead", "email": f"lead{number}@example.test"} for number in range(200)]
        for _ in range(EVENTS // len(rows)):
            run_many(self.catalog, self.store, self.caller.scope, "create_lead", rows)

    def deliver(self) -> Callable[[], None]:
        """Start a worker; what to call to stop it."""
        worker = subprocess.Popen([sys.executable, "-m", "connector.cli", "worker"])

        def end() -> None:
            worker.terminate()
            worker.wait(30)

        return end

    def bodies(self) -> list[tuple[str, bytes]]:
        """What the worker has just sent."""
        beyond = (Clause(path="id", op="gt", value=self.done),)
        rows = self.store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity="delivery", where=beyond)))
        self.done = max(row["id"] for row in rows)
        return [(row["message_id"], row["body"].encode()) for row in rows]
