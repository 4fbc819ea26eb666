"""Work that is done once: run under its claim, or answered with what it came to before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connector.access.idempotency import Claim, Taken, keep, kept, take
from connector.errors import Conflict, LeadwireError
from connector.storage.contract import Job, Outcome, Scope, Store, Transaction

ATTEMPTS = 3
"""How often a claim is tried whose row runs out, or is rolled back, just when it is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the work inside the transaction hands out."""

    data: dict[str, Any]
    created: bool
    new: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the same call came to before."""

    data: dict[str, Any]
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A unit of work, the records to lock before it, and the claim under which it is done once."""

    work: Callable[[Transaction], Answer]
    about: tuple[tuple[str, int], ...] = ()
    claim: Claim | None = None


def once(store: Store, scope: Scope, task: Task, *, now: str | None = None, seed: int | None = None) -> Outcome | Kept:
    """Do it in a transaction of its own; or the kept result, where its claim is taken."""
    wish = task.claim
    if wish is None:
        answer, events = store.transact(scope, task.work, about=task.about, now=now, seed=seed)
        return Outcome(result=answer, events=events)
    work = _claimed(task, wish)
    for _ in range(ATTEMPTS):
        try:
            answer, events = store.transact(scope, work, now=now, seed=seed)
            return Outcome(result=answer, events=events)
        except Taken:
            found = kept(store, scope, wish, now)
            if found is not None:
                return Kept(**found)
    raise Conflict("idempotency_in_progress", retry_after=1)


def once_each(store: Store, scope: Scope, tasks: Sequence[Task]) -> list[Outcome | Kept | LeadwireError]:
    """Do them in one COMMIT, each whole or not at all; an answer per task, in order."""
    jobs = [Job(work=_claimed(task, task.claim) if task.claim else task.work, about=task.about) for task in tasks]
    outcomes = store.transact_many(scope, jobs) if jobs else []
    return [_settled(store, scope, task, found) for task, found in zip(tasks, outcomes, strict=True)]


def _settled(store: Store, scope: Scope, task: Task, found: Outcome | Exception) -> Outcome | Kept | LeadwireError:
    if isinstance(found, Outcome | LeadwireError):
        return found
    if not isinstance(found, Taken):
        raise found
    try:
        return once(store, scope, task)
    except LeadwireError as error:
        return error


def _claimed(task: Task, wish: Claim) -> Callable[[Transaction], Answer]:
    """The work behind its claim: the key's row is written before anything is read, so a second call waits here."""

    def work(tx: Transaction) -> Answer:
        row = take(tx, wish)
        tx.hold(task.about)
        answer = task.work(tx)
        keep(tx, row, {"data": answer.data, "created": answer.created})
        return answer

    return work
