"""Work that is done once: run under its claim, or answered with what it came to before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from connector.access.idempotency import Claim, Taken, first, keep, kept, met, take
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
    """A unit of work and on whose behalf, the records to lock before it, the claim under which it is done once."""

    scope: Scope
    work: Callable[[Transaction], Answer]
    about: tuple[tuple[str, int], ...] = ()
    claim: Claim | None = None


def once(store: Store, task: Task, *, now: str | None = None, seed: int | None = None) -> Outcome | Kept:
    """Do it in a transaction of its own; or the kept result, where its claim is taken."""
    wish = task.claim
    if wish is None:
        answer, events = store.transact(task.scope, task.work, about=task.about, now=now, seed=seed)
        return Outcome(result=answer, events=events)
    work = _claimed(task, wish)
    for _ in range(ATTEMPTS):
        try:
            answer, events = store.transact(task.scope, work, now=now, seed=seed)
            return Outcome(result=answer, events=events)
        except LeadwireError as error:
            if not isinstance(reason := met(error), Taken):
                raise reason from error
        found = kept(store, task.scope, wish, now)
        if found is not None:
            return Kept(**found)
    raise Conflict("idempotency_in_progress", retry_after=1)


def once_each(store: Store, tasks: Sequence[Task]) -> list[Outcome | Kept | Exception]:
    """Do them in one COMMIT, each whole or not at all; an answer per task, in order."""
    return [_settled(store, task, found) for task, found in zip(tasks, try_each(store, tasks), strict=True)]


def try_each(store: Store, tasks: Sequence[Task], *, hurried: bool = False) -> list[Outcome | Exception]:
    """The same, but Taken is the answer where a claim is; for `hurried` see `Store.transact_many`."""
    jobs = [
        Job(scope=task.scope, work=_kept(task, task.claim), about=task.about, first=first(task.claim))
        if task.claim
        else Job(scope=task.scope, work=task.work, about=task.about)
        for task in tasks
    ]
    answers = store.transact_many(jobs, hurried=hurried)
    return [met(found) if isinstance(found, LeadwireError) else found for found in answers]


def _settled(store: Store, task: Task, found: Outcome | Exception) -> Outcome | Kept | Exception:
    if not isinstance(found, Taken):
        return found
    try:
        return once(store, task)
    except LeadwireError as error:
        return error


def _claimed(task: Task, wish: Claim) -> Callable[[Transaction], Answer]:
    """The work behind its claim: the key's row is written before anything is read, so a second call waits here."""
    rest = _kept(task, wish)

    def work(tx: Transaction) -> Answer:
        take(tx, wish)
        tx.hold(task.about)
        return rest(tx)

    return work


def _kept(task: Task, wish: Claim) -> Callable[[Transaction], Answer]:
    """The work, and what it comes to kept under its claim."""

    def work(tx: Transaction) -> Answer:
        answer = task.work(tx)
        keep(tx, wish, {"data": answer.data, "created": answer.created})
        return answer

    return work
