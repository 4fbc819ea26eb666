"""Promises about transactions."""

# ruff: noqa: D102 - the name of a promise says it

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import orjson
import pytest

from connector.errors import Conflict, NotFound, Refused
from connector.storage.contract import EventQuery, Job, Outcome, Query, Scope, Store
from connector.storage.suite.ground import Ground, change, create, find, get, ids, where, write
from connector.storage.suite.world import ADMIN, ANA, BEN, OTHER


class UnitPromises(Ground):
    """Whole or not at all, alone and in batches."""

    def test_work_gets_its_moment_and_its_chance(self, store: Store) -> None:
        seen = store.transact(ADMIN, lambda tx: (tx.now, tx.seed, tx.scope), now="2026-01-02T00:00:00.000Z", seed=7)[0]
        assert seen == ("2026-01-02T00:00:00.000Z", 7, ADMIN)

    def test_a_failing_work_leaves_nothing(self, store: Store) -> None:
        def work(tx: Any) -> None:
            tx.update("lead", 1, {"title": "x"})
            tx.insert("lead", {"title": "y"})
            tx.delete("lead", 3)
            raise Refused("no")

        with pytest.raises(Refused):
            write(store, work)
        assert ids(store) == [1, 2, 3, 4] and (get(store, "lead", 1) or {})["title"] == "Éclair"
        assert store.feed(1).newest == 0

    def test_a_dry_run_shows_its_events_and_leaves_nothing(self, store: Store) -> None:
        def work(tx: Any) -> None:
            made = tx.insert("lead", {"title": "new"})
            tx.insert("activity", {"lead_id": made["id"]})
            tx.update("lead", 1, {"title": "x"})

        lead, activity, updated = write(store, work, commit=False)
        assert [event.seq for event in (lead, activity, updated)] == [0, 0, 0]
        assert (lead.record_id, activity.record_id, updated.record_id) == (None, None, 1)
        assert orjson.loads(activity.after or "")["lead_id"] is None and '"id":null' in (lead.after or "")
        assert ids(store) == [1, 2, 3, 4] and store.feed(1).newest == 0 and change(store, title="x")[0].seq == 1

    def test_missing_records_are_skipped_by_about(self, store: Store) -> None:
        assert store.transact(ADMIN, lambda tx: tx.get("lead", 77), about=(("lead", 77), ("lead", 1)))[0] is None

    def test_jobs_are_whole_or_not_at_all_each(self, store: Store) -> None:
        def failing(tx: Any) -> None:
            tx.update("lead", 2, {"title": "half"})
            raise Refused("no")

        jobs = [
            Job(scope=ADMIN, work=lambda tx: tx.update("lead", 2, {"title": "first"})["title"], about=(("lead", 2),)),
            Job(scope=ADMIN, work=failing, about=(("lead", 2),)),
            Job(scope=ADMIN, work=lambda tx: tx.insert("status", {"code": "todo"})),
            Job(scope=ADMIN, work=lambda tx: tx.update("lead", 1, {"title": "last"})["title"], about=(("lead", 1),)),
        ]
        first, second, third, last = store.transact_many(jobs)
        assert isinstance(second, Refused) and isinstance(third, Conflict)
        assert isinstance(first, Outcome) and isinstance(last, Outcome)
        assert (first.result, last.result) == ("first", "last")
        assert [event.seq for event in (*first.events, *last.events)] == [1, 2] and store.feed(1).newest == 2
        assert (get(store, "lead", 2) or {})["title"] == "first"

    def test_a_job_sees_what_the_jobs_before_it_did(self, store: Store) -> None:
        def more(tx: Any) -> Any:
            return tx.update("lead", 1, {"score": tx.get("lead", 1)["score"] + 1})["score"]

        answers = store.transact_many([Job(scope=ADMIN, work=more)] * 3)
        assert [getattr(answer, "result", answer) for answer in answers] == [3.5, 4.5, 5.5]

    def test_jobs_may_be_of_different_users_and_accounts(self, store: Store) -> None:
        def job(scope: Scope, lead: int) -> Job:
            work = lambda tx: tx.update("lead", lead, {"title": "new"})["id"]  # noqa: E731
            return Job(scope=scope, work=work, about=(("lead", lead),))

        mine = replace(ANA, origin="manual", request_id="r")
        answers = store.transact_many([job(ADMIN, 2), job(OTHER, 90), job(mine, 1), job(BEN, 4), job(OTHER, 1)])
        events = [event for answer in answers if isinstance(answer, Outcome) for event in answer.events]
        assert [(event.account_id, event.seq, event.actor_id, event.origin, event.request_id) for event in events] == [
            (1, 1, 1, "api", None), (2, 1, 9, "api", None), (1, 2, 2, "manual", "r"),
        ]  # fmt: skip
        assert [type(answer) for answer in answers[3:]] == [NotFound, NotFound]
        for scope, told in ((ADMIN, [events[2], events[0]]), (OTHER, [events[1]])):
            assert store.events(scope, EventQuery(topics=("lead.updated",))) == told

    def test_a_job_finds_what_it_is_about_as_the_jobs_before_it_left_it(self, store: Store) -> None:
        def tell(tx: Any) -> Any:
            row = tx.get("lead", 2)
            return row and (row["title"], row["status"], row["user_email"])

        def change_status(tx: Any) -> None:
            tx.update("status", 1, {"code": "open"})

        def change_title(tx: Any) -> None:
            tx.update("lead", 2, {"title": "Newer"})

        def remove(tx: Any) -> None:
            tx.delete("activity", 2)
            tx.delete("lead", 2)

        about = (("lead", 2),)
        jobs = [Job(scope=ADMIN, work=work, about=about) for work in (tell, change_status, tell, change_title, tell)]
        jobs += [Job(scope=BEN, work=tell, about=about), Job(scope=ANA, work=tell, about=about)]
        jobs += [Job(scope=ADMIN, work=work, about=about) for work in (remove, tell)]
        seen = [getattr(answer, "result", answer) for answer in store.transact_many(jobs)]
        last = ("Newer", "open", "ben@example.com")
        assert seen == [("Brise", "todo", last[2]), None, ("Brise", *last[1:]), None, last, last, None, None, None]

    def test_what_a_job_writes_first_goes_with_it(self, store: Store) -> None:
        def refused(tx: Any) -> None:
            raise Refused("no")

        def late(tx: Any) -> None:
            tx.update("lead", 1, {"title": "half"})
            raise Refused("no")

        def fine(tx: Any) -> Any:
            return tx.update("lead", 2, {"title": "done"})["title"]

        def job(work: Any, slot: str) -> Job:
            return Job(
                scope=ADMIN, work=work, about=(("lead", 1),), first=("idempotency", {"slot": slot, "content": "x"})
            )

        def slots() -> list[str]:
            return sorted(row["slot"] for row in find(store, "idempotency"))

        answers = store.transact_many([job(fine, "a"), job(refused, "b"), job(fine, "c")])
        assert [type(answer) for answer in answers] == [Outcome, Refused, Outcome] and slots() == ["a", "c"]
        answers = store.transact_many([job(refused, "b"), job(late, "d"), job(fine, "e")])
        assert [type(answer) for answer in answers] == [Refused, Refused, Outcome] and slots() == ["a", "c", "e"]
        answers = store.transact_many([job(fine, "f"), job(fine, "a")])
        assert [type(answer) for answer in answers] == [Outcome, Conflict] and slots() == ["a", "c", "e", "f"]
        assert (get(store, "lead", 1) or {})["title"] == "Éclair" and (get(store, "lead", 2) or {})["title"] == "done"

    def test_what_is_noted_is_kept_with_the_rest_and_amended_by_a_unique_field(self, store: Store) -> None:
        def kept(slot: str) -> Any:
            found = store.read(
                ADMIN, lambda tx: tx.find(Query(entity="idempotency", where=where(("slot", "eq", slot))))
            )
            return [(row["content"], row["result"]) for row in found]

        def again(tx: Any) -> None:
            tx.note("idempotency", {"slot": "b", "content": "z"})
            tx.get("lead", 4)

        def work(tx: Any) -> None:
            tx.note("idempotency", {"slot": "a", "content": "x"})
            tx.note("idempotency", {"slot": "b", "content": "y"})
            tx.amend("idempotency", "slot", "a", {"result": {"n": 1}})

        write(store, work)
        assert (kept("a"), kept("b")) == ([("x", {"n": 1})], [("y", None)])
        with pytest.raises(Conflict) as clash:
            write(store, again)
        assert clash.value.params["entity"] == "idempotency" and kept("b") == [("y", None)]

    def test_no_jobs_no_answers(self, store: Store) -> None:
        assert store.transact_many([]) == []

    def test_racing_changes_of_one_record_are_all_counted(self, store: Store) -> None:
        def more(tx: Any) -> None:
            tx.update("lead", 1, {"score": tx.get("lead", 1)["score"] + 1})

        _race(lambda: [store.transact(ADMIN, more, about=(("lead", 1),)) for _ in range(10)])
        assert (get(store, "lead", 1) or {})["score"] == 42.5

    def test_an_update_without_about_locks_too(self, store: Store) -> None:
        _race(lambda: [change(store, 1, title=f"{threading.get_ident()} {n}") for n in range(5)])
        events = store.feed(1).newest
        assert events == 20

    def test_racing_finds_with_a_lock_create_once(self, store: Store) -> None:
        mine = Query(entity="lead", where=where(("email", "eq", "New@x.example")), lock=True)

        def find_or_create(tx: Any) -> None:
            if not tx.find(mine):
                tx.insert("lead", {"email": "new@X.example"})

        _race(lambda: store.transact(ADMIN, find_or_create))
        assert len(ids(store, ("email", "eq", "new@x.example"))) == 1

    def test_a_find_with_a_lock_keeps_out_creations_by_other_ways(self, store: Store) -> None:
        mine = Query(entity="lead", where=where(("email", "eq", "new@x.example")), lock=True)
        other = threading.Thread(target=lambda: create(store, email="new@x.example"))

        def work(tx: Any) -> tuple[int, int]:
            first = len(tx.find(mine))
            other.start()
            other.join(timeout=0.2)
            return first, len(tx.find(mine))

        found = store.transact(ADMIN, work)[0]
        other.join()
        assert found == (0, 0) and len(ids(store, ("email", "eq", "new@x.example"))) == 1

    def test_a_lock_that_was_waited_for_shows_the_newest_row(self, store: Store) -> None:
        seen: list[Any] = []
        other = threading.Thread(
            target=lambda: seen.append(store.transact(ADMIN, lambda tx: tx.get("lead", 1), about=(("lead", 1),))[0])
        )

        def work(tx: Any) -> None:
            made = tx.insert("status", {"code": "fresh"})
            tx.update("lead", 1, {"title": "Newest", "status_id": 2, "user_id": 3})
            tx.update("lead", 2, {"status_id": made["id"]})
            other.start()
            other.join(timeout=0.2)

        store.transact(ADMIN, work)
        other.join()
        found = [(row["title"], row["status"], row["user_email"]) for row in seen]
        assert found == [("Newest", "won", "ben@example.com")]

    def test_crossing_writers_both_come_through(self, store: Store) -> None:
        def both(order: tuple[int, int], title: str) -> None:
            write(store, lambda tx: [tx.update("lead", record_id, {"title": title}) for record_id in order])

        def cross(order: tuple[int, int]) -> None:
            for n in range(8):
                both(order, f"{order} {n}")

        threads = [threading.Thread(target=cross, args=(order,)) for order in ((1, 2), (2, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.feed(1).newest == 32


def _race(work: Any, racers: int = 4) -> None:
    threads = [threading.Thread(target=work) for _ in range(racers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
