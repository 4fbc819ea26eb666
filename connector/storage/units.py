"""Units of work: what `transact`, `transact_many` and `read` mean, whatever the backend underneath."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from connector.errors import LeadwireError, StorageFull, Unavailable
from connector.storage.contract import Event, Job, Outcome, Scope, Transaction
from connector.storage.journal import Draft, number, stamp
from connector.storage.records import Records
from connector.storage.work import Session, Work

T = TypeVar("T")
Run = Callable[["Unit"], tuple[T, list[Draft]]]
FAILURES = (StorageFull, Unavailable)
"""What goes wrong with the storage itself, and so with every job of a batch."""


class Unit(Session, Protocol):
    """A session that writes: it can undo a part of itself."""

    def savepoint(self) -> None:
        """Remember this point."""

    def undo(self) -> None:
        """Go back to the remembered point and forget it."""

    def release(self) -> None:
        """Keep what was done since the remembered point and forget it."""


class Again(Exception):
    """The database gave the work up for another's sake; it may be run again."""


@dataclass(frozen=True, slots=True)
class Done:
    """A job of a batch that went well: its result, and how many events it made."""

    result: Any
    events: int


class Units:
    """The part of a Store that runs work; a backend brings `_write` and `_session`."""

    seats = 1
    """How many threads of a process this store serves best at a time."""

    _records: Records | None = None

    def _known(self) -> Records:
        if self._records is None:
            raise RuntimeError("The store has no catalog yet; call adopt first.")
        return self._records

    def _write(self, scope: Scope, now: str, run: Run[T], commit: bool) -> tuple[T, list[Draft], int | None]:
        """Run in one transaction, publish the drafts last, COMMIT; answers the number of the last event."""
        raise NotImplementedError

    def _reading(self, scope: Scope, run: Callable[[Session], T]) -> T:
        """Run with a session that does not write."""
        raise NotImplementedError

    def transact(
        self, scope: Scope, work: Callable[[Transaction], T], *, about: Sequence[tuple[str, int]] = (),
        commit: bool = True, now: str | None = None, seed: int | None = None,
    ) -> tuple[T, tuple[Event, ...]]:  # fmt: skip
        """Run `work` in one transaction: its records, their events, all or nothing."""
        records, moment = self._known(), now or stamp()
        chance = _seed() if seed is None else seed

        def run(unit: Unit) -> tuple[T, list[Draft]]:
            inside = Work(unit, records, scope, moment, chance)
            if about:
                inside.hold(about)
            return work(inside), inside.drafts(dry=not commit)

        result, drafts, last = self._write(scope, moment, run, commit)
        return result, number(drafts, scope, moment, last)

    def transact_many(self, scope: Scope, jobs: Sequence[Job]) -> list[Outcome | Exception]:
        """Run jobs in one COMMIT with a savepoint each; an answer per job, in order."""
        records, moment = self._known(), stamp()

        def run(unit: Unit) -> tuple[list[Done | Exception], list[Draft]]:
            if not unit.exclusive:
                Work(unit, records, scope, moment, 0).hold(key for job in jobs for key in job.about)
            drafts: list[Draft] = []
            return [_attempt(unit, Work(unit, records, scope, moment, _seed()), job, drafts) for job in jobs], drafts

        try:
            answers, drafts, last = self._write(scope, moment, run, True)
        except FAILURES:
            return [self._alone(scope, job) for job in jobs]
        events = iter(number(drafts, scope, moment, last))
        return [
            Outcome(result=answer.result, events=tuple(next(events) for _ in range(answer.events)))
            if isinstance(answer, Done)
            else answer
            for answer in answers
        ]

    def read(self, scope: Scope, work: Callable[[Transaction], T]) -> T:
        """Run read-only `work` without a write lock."""
        records = self._known()
        return self._reading(scope, lambda session: work(Work(session, records, scope, stamp(), _seed())))

    def _alone(self, scope: Scope, job: Job) -> Outcome | Exception:
        try:
            result, events = self.transact(scope, job.work, about=job.about)
        except LeadwireError as error:
            return error
        return Outcome(result=result, events=events)


def _attempt(unit: Unit, work: Work, job: Job, drafts: list[Draft]) -> Done | Exception:
    """One job between savepoints. What fails in the job is its answer; what fails in the storage fails them all."""
    unit.savepoint()
    try:
        work.hold(job.about)
        result = job.work(work)
        made = work.drafts()
        unit.release()
    except (Again, *FAILURES):
        raise
    except Exception as error:  # noqa: BLE001 - any mistake of a job is that job's answer
        unit.undo()
        return error
    drafts.extend(made)
    return Done(result, len(made))


def _seed() -> int:
    return random.getrandbits(48)
