"""Feed pages over HTTP: a page of a very long log beside the same page of a short one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from benchmarks import databases, load, servers
from benchmarks.actions import TOKEN
from benchmarks.report import Goal, Table

SHORT = 1_000
PAGE, POLLS, ROUNDS = 50, 60, 5
RARE = 100
"""Events of the rare topic, in the short log and in the long one."""
GOAL = 1.2

SPREAD = """
WITH RECURSIVE n(seq) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT seq + 1 FROM n WHERE seq < ?),
place AS (SELECT seq, CASE WHEN seq % ? = 0 THEN ? WHEN seq % 2 = 0 THEN ? ELSE ? END AS model FROM n)
"""
"""Numbers, each with the number of the event that it repeats: a rare one now and then, else one of two kinds."""
EVENTS = f"""INSERT INTO event
  (account_id, seq, at, actor_id, origin, entity, record_id, verb, changed, before, after)
{SPREAD} SELECT m.account_id, place.seq, m.at, m.actor_id, m.origin, m.entity, m.record_id, m.verb, m.changed,
  m.before, m.after FROM place JOIN event m ON m.account_id = 1 AND m.seq = place.model"""  # noqa: S608
TOPICS = f"""INSERT INTO event_topic (account_id, topic, seq, owner_id, value)
{SPREAD} SELECT m.account_id, m.topic, place.seq, m.owner_id, m.value
  FROM place JOIN event_topic m ON m.account_id = 1 AND m.seq = place.model"""  # noqa: S608
COLUMNS = "account_id, topic, seq, owner_id, value"
SORTED = (f"INSERT INTO event_topic ({COLUMNS}) SELECT {COLUMNS} FROM fresh_topic", "DELETE FROM fresh_topic")  # noqa: S608
"""On SQLite index rows gather before they are sorted in; the few of the models are sorted in at once."""


@dataclass(frozen=True, slots=True)
class Log:
    """A served log of a known length."""

    server: servers.Server
    oldest: int
    newest: int
    feed: str
    """What its cursors begin with."""

    def page(self, key: str, seq: int) -> bytes:
        """The request for the page after that event."""
        return load.get(f"/api/v1/triggers/{key}?after={self.feed}.{seq}&limit={PAGE}", self.server.token)


Ask = Callable[[bytes], tuple[float, bytes]]
Poll = Callable[[Log, random.Random], bytes]

POLLED: dict[str, tuple[int, Poll]] = {
    "rare topic": (PAGE, lambda log, dice: log.page("lead_deleted", log.oldest)),
    "any place": (PAGE, lambda log, dice: log.page("new_lead", dice.randrange(log.oldest, log.newest - 4 * PAGE))),
    "the tail": (PAGE, lambda log, dice: log.page("new_lead", log.newest - 4 * PAGE)),
    "nothing new": (0, lambda log, dice: log.page("new_lead", log.newest)),
    "newest first": (PAGE, lambda log, dice: load.get(f"/api/v1/triggers/new_lead?limit={PAGE}", log.server.token)),
}
"""What is asked for, and how many items it must bring."""


def compare(store: str, events: int) -> tuple[Table, list[Goal]]:
    """Each kind of page from both logs in turn, one server thread each, so that one connection serves all polls."""
    table = Table(
        f"{store}: a feed page, {events:,} events beside {SHORT:,} (medians of polls 46 to {POLLS}, ms)",
        ("page", "long log", "short log", "ratio", "first poll", "50th / first"),
    )
    goals = []
    with ExitStack() as stack:
        new = stack.enter_context(databases.databases(store))
        logs = [_served(stack, new(f"log{length}"), length) for length in (events, SHORT)]
        lines = [stack.enter_context(load.line(log.server.port)) for log in logs]
        for name, (items, poll) in POLLED.items():
            rounds = [_polls(logs, lines, poll, items) for _ in range(ROUNDS)]
            long, short = (median(median(found[side][45:]) for found in rounds) for side in (0, 1))
            first = rounds[0][0][0]
            table.add(name, long, short, long / short, first, long / first)
            goals.append(Goal(f"{store}, feed page, {name}: long / short log", long / short, GOAL, at_most=True))
    return table, goals


def _polls(logs: list[Log], lines: list[Ask], poll: Poll, items: int) -> tuple[list[float], list[float]]:
    """Milliseconds of polls of both logs in turn, on one connection each; every poll must bring so many items."""
    dice = random.Random(items)
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(POLLS):
        for log, ask, found in zip(logs, lines, times, strict=True):
            seconds, body = ask(poll(log, dice))
            found.append(1000 * seconds)
            if len(json.loads(body)["data"]) != items:
                raise RuntimeError(f"a page of {len(json.loads(body)['data'])} items, not of {items}")
    return times


def _served(stack: ExitStack, url: str, length: int) -> Log:
    server = stack.enter_context(servers.product(url, TOKEN, threads=1))
    models = list(_models(server, url))
    newest = int(databases.rows(url, "SELECT max(seq) FROM event WHERE account_id = 1")[0][0])
    span = (newest + 1, newest + length, max(length // RARE, 1), *models)
    databases.rows(url, EVENTS, span)
    databases.rows(url, TOPICS, span)
    databases.rows(url, "UPDATE feed SET seq = ? WHERE account_id = 1", (newest + length,))
    databases.settle(url)
    _, answer = load.once(server.port, load.get("/api/v1/triggers/new_lead?limit=1", TOKEN))
    feed = json.loads(answer)["cursor"].rpartition(".")[0]
    return Log(server, newest, newest + length, feed)


def _models(server: servers.Server, url: str) -> Iterator[int]:
    """Real events to repeat: a lead deleted (the rare one), a lead created, an activity created."""
    lead = _act(server, "create_lead", {"title": "A lead", "email": "lead@example.test", "city": "Lyon"})
    _act(server, "add_activity", {"lead_id": lead, "activity_id": "Call", "content": "Called back."})
    _act(server, "delete_lead", {"lead_id": lead})
    for statement in SORTED if url.startswith("sqlite") else ():
        databases.rows(url, statement)
    for topic in ("lead.deleted", "lead.created", "activity.created"):
        yield int(databases.rows(url, "SELECT max(seq) FROM event_topic WHERE topic = ?", (topic,))[0][0])


def _act(server: servers.Server, key: str, body: dict[str, object]) -> int:
    status, answer = load.once(server.port, load.post(f"/api/v1/actions/{key}", server.token, body))
    if status not in (200, 201):
        raise RuntimeError(f"{key} answered {status}: {answer!r}")
    return int(json.loads(answer)["id"])
