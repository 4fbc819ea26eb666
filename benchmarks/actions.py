"""One action per request: the product beside the hand-written endpoint, and fairness between worker processes."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from benchmarks import databases, floor, load, servers
from benchmarks.report import Goal, Table

TOKEN = "lw_benchmark"
CONNECTIONS = (1, 16, 64)
FLOOR_THREADS = {("sqlite", 1): 1, ("sqlite", 4): 1, ("postgres", 1): 2, ("postgres", 4): 2}
"""Blocking threads per worker that served the hand-written endpoint best when all of 1, 2 and 4 were tried."""
RATIO_GOAL = 0.6
SPREAD_GOAL = 6.0


@dataclass(slots=True)
class Target:
    """One side of the comparison: where it listens, what is asked of it, and what its answers must have left behind."""

    name: str
    url: str
    server: servers.Server
    path: str
    leads: list[int]
    events: str
    """SQL that counts the events of the action."""
    good: int = 0
    rounds: dict[int, list[Sample]] = field(default_factory=dict)

    def requests(self) -> load.Request:
        """Requests that each change a lead: no two amounts are alike, and each has an idempotency key of its own."""
        numbers, dice = itertools.count(self.good * 3 + 1), random.Random(self.good)

        def request() -> bytes:
            number = next(numbers)
            return load.post(self.path, self.server.token, _body(number, dice.choice(self.leads)), f"call-{number}")

        return request

    def load(self, connections: int, seconds: float) -> Sample:
        """One load, checked: every answer is 2xx, and rows = answers."""
        before = self.server.cpu()
        result = load.run(self.server.port, connections, seconds, self.requests())
        cpu = 1000 * (self.server.cpu() - before) / len(result.times)
        if result.good != len(result.times):
            raise RuntimeError(f"{self.name} answered {result.answers}: {result.refusals}")
        self.good += result.good
        self.check()
        return Sample(result.rate, result.percentile(0.5), result.percentile(0.99), cpu)

    def check(self) -> None:
        """Refuse to go on unless activities and events are as many as answers."""
        found = {
            "activities": _count(self.url, "SELECT count(*) FROM activity WHERE content LIKE 'phone: Call %'"),
            "events": _count(self.url, self.events),
        }
        if set(found.values()) != {self.good}:
            raise RuntimeError(f"{self.name} gave {self.good} good answers but left {found}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One load in figures: requests per second, milliseconds, CPU milliseconds per request."""

    rate: float
    p50: float
    p99: float
    cpu: float


def compare(store: str, workers: int, rounds: int, seconds: float) -> tuple[Table, list[Goal]]:
    """Both sides in turn at each number of connections; ratios are product / hand-written, of medians."""
    table = Table(
        f"{store}, {workers} worker(s) each: product beside the hand-written endpoint",
        ("connections", "req/s", "by hand", "ratio", "p50 ms", "ratio", "p99 ms", "ratio", "CPU ms", "ratio"),
    )
    goals = []
    with ExitStack() as stack:
        new = stack.enter_context(databases.databases(store))
        ours, theirs = _ours(stack, new("product"), workers), _theirs(stack, new("floor"), store, workers)
        _measure((theirs, ours), rounds, seconds)
        for connections in CONNECTIONS:
            mine, base = _medians(ours.rounds[connections]), _medians(theirs.rounds[connections])
            table.add(connections, mine.rate, base.rate, *_ratios(mine, base))
            if connections == 16:
                name = f"{store}, {workers} worker(s), 16 connections: rate / by hand"
                goals.append(Goal(name, mine.rate / base.rate, RATIO_GOAL))
    return table, goals


def fairness(rounds: int, seconds: float) -> tuple[Table, list[Goal]]:
    """Four workers writing one SQLite file at 64 connections: nobody starves (p99 / p50), nobody is refused."""
    table = Table(
        "sqlite, 4 workers, 64 connections, one file",
        ("side", "req/s", "p50 ms", "p99 ms", "p99 / p50"),
    )
    with ExitStack() as stack:
        new = stack.enter_context(databases.databases("sqlite"))
        sides = _theirs(stack, new("floor"), "sqlite", 4), _ours(stack, new("product"), 4)
        _measure(sides, rounds, seconds, connections=(64,))
        for side in sides:
            mine = _medians(side.rounds[64])
            table.add(side.name, mine.rate, mine.p50, mine.p99, mine.p99 / mine.p50)
    spread = mine.p99 / mine.p50
    return table, [Goal("sqlite, 4 workers, 64 connections: p99 / p50", spread, SPREAD_GOAL, at_most=True)]


def _measure(
    targets: tuple[Target, ...], rounds: int, seconds: float, connections: tuple[int, ...] = CONNECTIONS
) -> None:
    for target in targets:
        target.load(16, 1.0)
    for count, _, target in itertools.product(connections, range(rounds), targets):
        target.rounds.setdefault(count, []).append(target.load(count, seconds))


def _ours(stack: ExitStack, url: str, workers: int) -> Target:
    server = stack.enter_context(servers.product(url, TOKEN, workers=workers))
    leads = list(_create_leads(server))
    events = "SELECT count(*) FROM event WHERE entity = 'activity' AND verb = 'created'"
    return Target("product", url, server, "/api/v1/actions/qualify", leads, events)


def _create_leads(server: servers.Server) -> Iterator[int]:
    for n in range(1, floor.LEADS + 1):
        body = {"title": f"Lead {n}", "email": f"lead{n}@example.test", "phone": f"+336000{n:05}", "city": "Lyon"}
        status, answer = load.once(server.port, load.post("/api/v1/actions/create_lead", server.token, body))
        if status not in (200, 201):
            raise RuntimeError(f"create_lead answered {status}: {answer!r}")
        yield json.loads(answer)["id"]


def _theirs(stack: ExitStack, url: str, store: str, workers: int) -> Target:
    threads = FLOOR_THREADS[store, workers]
    server = stack.enter_context(servers.hand_written(url, workers=workers, threads=threads))
    leads = list(range(1, floor.LEADS + 1))
    return Target("by hand", url, server, "/qualify", leads, "SELECT count(*) FROM event")


def _body(n: int, lead: int) -> dict[str, object]:
    return {
        "lead_id": lead, "amount": n / 4, "probability": n % 101, "starred": n % 2 == 0,
        "channel": "phone", "happened_at": "2026-03-01T09:00:00Z", "note": f"Call {n}: asked for a quote.",
    }  # fmt: skip


def _medians(samples: list[Sample]) -> Sample:
    pick: Callable[[str], float] = lambda name: median(getattr(sample, name) for sample in samples)  # noqa: E731
    return Sample(pick("rate"), pick("p50"), pick("p99"), pick("cpu"))


def _ratios(mine: Sample, base: Sample) -> Iterator[float]:
    yield mine.rate / base.rate
    for name in ("p50", "p99", "cpu"):
        yield getattr(mine, name)
        yield getattr(mine, name) / getattr(base, name)


def _count(url: str, statement: str) -> int:
    return int(databases.rows(url, statement)[0][0])
