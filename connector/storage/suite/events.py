"""Promises about the log."""

# ruff: noqa: D102 - the name of a promise says it

from __future__ import annotations

import threading
from typing import Any

import orjson
import pytest

from connector.storage.contract import Backlog, EventQuery, Scope, Store
from connector.storage.suite.ground import Ground, change, create, write
from connector.storage.suite.world import ADMIN, ANA, BEN, OTHER


def page(store: Store, *topics: str, scope: Scope = ADMIN, **options: Any) -> list[int]:
    """The numbers of a page of the log."""
    return [event.seq for event in store.events(scope, EventQuery(topics=topics, **options))]


class EventPromises(Ground):
    """Every committed change is one event, numbered without a hole; pages are cut from the index of topics."""

    def test_a_new_store_has_an_empty_log(self, store: Store) -> None:
        state = store.feed(1)
        assert (state.newest, state.oldest, page(store, "lead.created")) == (0, 0, [])
        assert int(state.feed, 16) and state.feed == store.feed(2).feed

    def test_an_event_says_what_changed(self, store: Store) -> None:
        (event,) = change(store, status_id=2, amount=7, title="Éclair")
        before, after = orjson.loads(event.before or ""), orjson.loads(event.after or "")
        assert (event.verb, event.changed, event.topics) == (
            "updated", ("amount", "status_id"), ("lead.updated", "lead.amount", "lead.status_id"))  # fmt: skip
        assert (before["status"], after["status"], after["amount"], after["user_email"]) == (
            "todo", "won", 7, "ana@example.com")  # fmt: skip
        assert (event.seq, event.account_id, event.actor_id, event.origin, event.record_id) == (1, 1, 1, "api", 1)

    def test_an_event_says_what_changed_inside_an_object(self, store: Store) -> None:
        change(store, custom={"size": "small", "kept": 1, "Not A Key": 1})
        (event,) = change(store, custom={"area": 2, "kept": 1, "Not A Key": 2})
        assert event.changed == ("custom", "custom.area", "custom.size")
        assert event.topics[1:] == ("lead.custom", "lead.custom.area", "lead.custom.size")
        assert (page(store, "lead.custom.area"), page(store, "lead.custom.kept")) == ([event.seq], [event.seq - 1])

    def test_a_created_and_a_deleted_record_are_events(self, store: Store) -> None:
        made = create(store, title="x")
        write(store, lambda tx: tx.delete("lead", made["id"]))
        first, last = store.events(ADMIN, EventQuery(topics=("lead.created", "lead.deleted"), after=0))
        assert (first.before, first.verb, last.after, last.verb) == (None, "created", None, "deleted")
        assert orjson.loads(first.after or "")["id"] == orjson.loads(last.before or "")["id"] == made["id"]

    def test_the_events_of_a_transaction_are_the_events_of_the_log(self, store: Store) -> None:
        made = write(store, lambda tx: [tx.update("lead", n, {"title": "x"}) for n in (3, 1, 2)])
        assert [event.record_id for event in made] == [3, 1, 2]
        assert tuple(store.events(ADMIN, EventQuery(topics=("lead.title",), after=0))) == made

    def test_a_text_is_found_in_the_events_of_a_backlog_only(self, store: Store) -> None:
        for title in ("x", "100%_Éclair", "y"):
            create(store, title=title)

        def seen(first: int, last: int, text: str = "0%_É") -> bool:
            return store.mentions(Backlog(account_id=1, dispatched=first, newest=last), text)

        assert [seen(0, 3), seen(1, 2), seen(0, 1), seen(2, 3), seen(0, 3, "0__É")] == [True, True, False, False, False]

    def test_a_reserved_place_comes_first(self, store: Store) -> None:
        def work(tx: Any) -> None:
            tx.touch("lead", 2)
            tx.update("lead", 1, {"title": "x"})
            tx.update("lead", 2, {"title": "y"})
            tx.touch("lead", 3)

        assert [event.record_id for event in write(store, work)] == [2, 1]

    def test_all_writes_to_a_record_are_one_event(self, store: Store) -> None:
        def work(tx: Any) -> None:
            tx.update("lead", 1, {"title": "x", "amount": 1})
            tx.update("lead", 1, {"title": "y", "amount": 155.34})

        (event,) = write(store, work)
        assert event.changed == ("title",) and orjson.loads(event.after or "")["title"] == "y"

    def test_what_ends_where_it_began_is_no_event(self, store: Store) -> None:
        assert write(store, lambda tx: [tx.update("lead", 1, {"title": t}) for t in ("x", "Éclair")]) == ()
        assert write(store, lambda tx: tx.delete("lead", tx.insert("lead", {})["id"])) == ()

    def test_a_created_and_changed_record_is_one_creation(self, store: Store) -> None:
        (event,) = write(store, lambda tx: tx.update("lead", tx.insert("lead", {})["id"], {"title": "x"}))
        assert event.verb == "created" and orjson.loads(event.after or "")["title"] == "x"

    def test_secrets_never_enter_events(self, store: Store) -> None:
        assert change(store, note="hush") == ()
        (event,) = change(store, note="quiet", title="x")
        assert event.changed == ("title",) and "note" not in orjson.loads(event.after or "")

    def test_tables_of_the_code_make_no_events(self, store: Store) -> None:
        assert write(store, lambda tx: tx.insert("outbox", {"kind": "call", "body": {"a": 1}})) == ()

    def test_a_body_is_stored_once_and_never_changes(self, store: Store) -> None:
        (event,) = change(store, title="x")
        change(store, 1, entity="status", code="renamed")
        assert store.events(ADMIN, EventQuery(topics=("lead.title",)))[0].after == event.after

    def test_pages_go_both_ways(self, store: Store) -> None:
        for n in range(6):
            change(store, title=str(n))
        assert page(store, "lead.title", after=0, limit=2) == [1, 2]
        assert page(store, "lead.title", after=2, limit=9) == [3, 4, 5, 6]
        assert page(store, "lead.title", limit=2) == [6, 5]
        assert page(store, "lead.title", before=5, limit=2) == [4, 3]
        assert page(store, "lead.title", after=10**30) == [] == page(store, "lead.title", after=6)
        assert [] == page(store, "lead.amount") == page(store)

    def test_topics_are_one_or_the_other_but_an_event_comes_once(self, store: Store) -> None:
        change(store, title="x", amount=1)
        create(store, title="y")
        change(store, amount=2)
        assert page(store, "lead.title", "lead.amount", after=0) == [1, 3]
        assert page(store, "lead.updated", "lead.created", "lead.amount", limit=2) == [3, 2]

    @pytest.mark.parametrize(
        ("field", "value", "text"),
        [("status_id", 2, "2"), ("starred", False, "false"), ("size", "large", "large")],
    )
    def test_a_new_value_selects_events(self, store: Store, field: str, value: Any, text: str) -> None:
        change(store, **{field: value})
        change(store, 2, title="other", status_id=None, starred=True, size="small")
        assert page(store, f"lead.{field}", value=text) == [1] == page(store, f"lead.{field}", value=text, scope=ANA)
        assert page(store, f"lead.{field}", value="?") == []

    def test_an_event_belongs_to_the_owner_at_its_time(self, store: Store) -> None:
        change(store, title="x")
        change(store, user_id=3)
        change(store, title="y")
        assert page(store, "lead.updated", scope=ANA, after=0) == [1]
        assert page(store, "lead.updated", scope=BEN, after=0) == [2, 3]

    def test_a_deleted_record_belonged_to_its_last_owner(self, store: Store) -> None:
        def work(tx: Any) -> None:
            tx.delete("activity", 1)
            tx.delete("lead", 1)

        write(store, work)
        assert page(store, "lead.deleted", "activity.deleted", scope=ANA, after=0) == [1, 2]
        assert page(store, "lead.deleted", "activity.deleted", scope=BEN) == []

    def test_accounts_have_logs_of_their_own(self, store: Store) -> None:
        change(store, title="x")
        (event,) = change(store, 90, OTHER, title="y")
        assert event.seq == 1 and page(store, "lead.title", scope=OTHER) == [1] and store.feed(2).newest == 1

    def test_old_events_are_forgotten_but_their_numbers_are_not(self, store: Store) -> None:
        for year in (2025, 2026, 2027):
            write(store, lambda tx: tx.update("lead", 1, {"title": tx.now}), now=f"{year}-01-01T00:00:00.000Z")
        assert (store.forget("2026-06-01"), store.feed(1).oldest, page(store, "lead.title", after=0)) == (2, 3, [3])
        assert (store.forget("2028-01-01"), store.feed(1).newest, store.feed(1).oldest) == (1, 3, 4)
        assert change(store, title="x")[0].seq == 4

    def test_racing_writers_leave_no_hole_and_no_double(self, store: Store) -> None:
        def write_many(scope: Scope, record_id: int) -> None:
            for n in range(15):
                change(store, record_id, scope, title=f"{record_id}-{n}")

        seen: list[int] = []
        threads = [threading.Thread(target=write_many, args=(ADMIN, n)) for n in (1, 2, 3, 4)]
        for thread in threads:
            thread.start()
        while len(seen) < 60 and (any(t.is_alive() for t in threads) or page(store, "lead.title", after=len(seen))):
            seen += page(store, "lead.title", after=seen[-1] if seen else 0)
        assert seen == list(range(1, 61)) and store.feed(1).newest == 60
