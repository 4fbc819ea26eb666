"""Units of work: what `transact`, `transact_many` and `read` mean, whatever the backend underneath."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, TypeVar

from connector.errors import LeadwireError, Locked, StorageFull, Unavailable
from connector.storage.contract import Clause, Event, Job, Outcome, Query, Row, Scope, Transaction
from connector.storage.journal import Draft, number, stamp
from connector.storage.records import Records
from connector.storage.values import storable
from connector.storage.work import Key, Session, Work

T = TypeVar("T")
Run = Callable[["Unit"], tuple[T, list[Draft]]]
Attempt = Callable[["Unit", Work, Job, list[Draft]], "Done | Exception"]
FAILURES = (StorageFull, Unavailable)
"""What goes wrong with the storage itself, and so with every job of a batch."""


class Unit(Session, Protocol):
    """A session that writes: it can undo a part of itself."""

    def intact(self) -> bool:
        """Whether the transaction can go on after an error."""

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

    def _write(
        self, account_id: int, now: str, run: Run[T], *, commit: bool = True, hurried: bool = False
    ) -> tuple[T, list[Draft], int | None]:
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

        result, drafts, last = self._write(scope.account_id, moment, run, commit=commit)
        return result, number(drafts, moment, last)

    def transact_many(self, jobs: Sequence[Job], *, hurried: bool = False) -> list[Outcome | Exception]:
        """Run jobs in one COMMIT per account; an answer per job, in order."""
        answers: dict[int, Outcome | Exception] = {}
        for account_id in dict.fromkeys(job.scope.account_id for job in jobs):
            places = [place for place, job in enumerate(jobs) if job.scope.account_id == account_id]
            answers |= zip(places, self._answers(account_id, [jobs[place] for place in places], hurried), strict=True)
        return [answers[place] for place in range(len(jobs))]

    def _answers(self, account_id: int, jobs: Sequence[Job], hurried: bool) -> list[Outcome | Exception]:
        """First as if all went well, as they mostly do; then each so that it can fail alone; then each alone."""
        error: Exception
        for attempt in (_hoped, _attempted)[: len(jobs)]:
            try:
                return self._together(account_id, jobs, attempt, hurried)
            except Exception as found:  # noqa: BLE001 - whose mistake it is shows in the next attempt
                error = found
            if isinstance(error, Unavailable) and not isinstance(error, Locked):
                return [error] * len(jobs)  # a COMMIT that broke off may have been one: nothing is done twice
            if hurried and isinstance(error, FAILURES):
                break
        alone = hurried or len(jobs) == 1
        return [error] * len(jobs) if alone else list(self._one_by_one(account_id, jobs))

    def _together(
        self, account_id: int, jobs: Sequence[Job], attempt: Attempt, hurried: bool
    ) -> list[Outcome | Exception]:
        records, moment = self._known(), stamp()

        def run(unit: Unit) -> tuple[list[Done | Exception], list[Draft]]:
            ahead: dict[Key, Row] = {}
            works = [Work(unit, records, job.scope, moment, _seed(), ahead) for job in jobs]
            if attempt is _hoped:
                _claim(unit, works, jobs)
            if len(jobs) > 1 and not unit.exclusive:
                ahead |= _locked(unit, records, jobs)
            drafts: list[Draft] = []
            return [attempt(unit, work, job, drafts) for work, job in zip(works, jobs, strict=True)], drafts

        answers, drafts, last = self._write(account_id, moment, run, hurried=hurried)
        events = iter(number(drafts, moment, last))
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

    def _one_by_one(self, account_id: int, jobs: Sequence[Job]) -> Iterator[Outcome | Exception]:
        """Each in a COMMIT of its own; once the storage is busy for one, it is for the rest."""
        busy: Exception | None = None
        for job in jobs:
            found = busy or self._answers(account_id, [job], hurried=False)[0]
            if isinstance(found, Unavailable) and not isinstance(found, Locked):
                busy = found
            yield found


def _claim(unit: Unit, works: Sequence[Work], jobs: Sequence[Job]) -> None:
    """Write what the jobs write first, in one order: two batches never wait for each other in a circle."""
    for work, job in sorted(zip(works, jobs, strict=True), key=lambda pair: repr(pair[1].first)):
        if job.first:
            work.note(*job.first)
    unit.flush()


def _locked(unit: Unit, records: Records, jobs: Sequence[Job]) -> dict[Key, Row]:
    """The rows that the jobs are about, locked in one order, so that two batches never wait for each other."""
    keys = sorted({key for job in jobs for key in job.about if storable(key[1])})
    found: dict[Key, Row] = {}
    for entity, group in groupby(keys, key=lambda key: key[0]):
        ids = [record_id for _, record_id in group]
        query = Query(entity=entity, where=(Clause(path="id", op="in", value=ids),), lock=True, scoped=False)
        found |= {(entity, row["id"]): row for row in unit.find(records[entity], query, None)}
    return found


def _done(unit: Unit, work: Work, job: Job, drafts: list[Draft]) -> Done:
    """One job among others. What fails in it fails them all."""
    work.hold(job.about)
    result = job.work(work)
    made = work.drafts()
    drafts.extend(made)
    return Done(result, len(made))


def _hoped(unit: Unit, work: Work, job: Job, drafts: list[Draft]) -> Done | Exception:
    """One job that will go well, or be refused before it has written anything; else it fails them all."""
    work.wrote = False
    try:
        return _done(unit, work, job, drafts)
    except LeadwireError as error:
        if work.wrote or not unit.intact() or isinstance(error, FAILURES):
            raise
        if job.first:
            work.withdraw(*job.first)
        return error


def _attempted(unit: Unit, work: Work, job: Job, drafts: list[Draft]) -> Done | Exception:
    """One job between savepoints. What fails in the job is its answer; what fails in the storage fails them all."""
    unit.savepoint()
    made: list[Draft] = []
    try:
        _claim(unit, [work], [job])
        done = _done(unit, work, job, made)
        unit.release()
    except (Again, *FAILURES):
        raise
    except Exception as error:  # noqa: BLE001 - any mistake of a job is that job's answer
        unit.undo()
        return error
    drafts.extend(made)
    return done


def _seed() -> int:
    return random.getrandbits(48)
