"""Idempotency: the same call acts once, on every storage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event as Signal
from typing import Any

import pytest

from connector.access import idempotency
from connector.engine.examples import new_world, scope_of
from connector.engine.once import Answer, Task, once
from connector.engine.run import Result, run, run_many
from connector.errors import Conflict, Invalid, LeadwireError, Refused
from connector.storage.contract import Query, Scope, Transaction
from tests.plugins.desk import Desk, shipped
from tests.plugins.stores import KINDS, MakeStore


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, make_store: MakeStore) -> Desk:
    store = new_world(shipped(), lambda: make_store(request.param))
    return Desk(shipped(), store, scope_of(shipped(), None))


def call(desk: Desk, key: str | None, *, action: str = "create_lead", scope: Scope | None = None, **raw: Any) -> Result:
    asked = {"title": "Once", **raw} if action == "create_lead" else raw
    return run(desk.catalog, desk.store, replace(scope or desk.scope, key=key), action, asked)


def rows(desk: Desk) -> list[dict[str, Any]]:
    return desk.store.read(desk.scope, lambda tx: tx.find(Query(entity=idempotency.ENTITY)))


def test_the_same_key_acts_once_and_answers_the_same(desk: Desk) -> None:
    first, second = call(desk, "k"), call(desk, "k")
    assert (second.data, second.created, second.replayed) == (first.data, True, True)
    assert not first.replayed
    assert desk.count("lead", title="Once") == 1


def test_without_a_key_two_equal_calls_are_two_wishes(desk: Desk) -> None:
    assert call(desk, None).data["id"] != call(desk, None).data["id"]
    assert rows(desk) == []


def test_twenty_calls_at_once_with_one_key_act_once(desk: Desk) -> None:
    with ThreadPoolExecutor(20) as pool:
        done = list(pool.map(lambda _: call(desk, "k"), range(20)))
    assert len({result.data["id"] for result in done}) == 1
    assert sorted(result.replayed for result in done) == [False] + [True] * 19
    assert desk.count("lead", title="Once") == 1


@pytest.mark.parametrize("place", ["scope", "input"])
def test_the_key_is_taken_from_the_call_or_from_its_input(desk: Desk, place: str) -> None:
    asked = {"title": "Once"} | ({} if place == "scope" else {"idempotency_key": "k"})
    scope = replace(desk.scope, key="k" if place == "scope" else None)
    found = [run(desk.catalog, desk.store, scope, "create_lead", asked).data["id"] for _ in range(2)]
    assert found[0] == found[1]


def test_the_same_key_with_other_input_is_refused(desk: Desk) -> None:
    call(desk, "k")
    with pytest.raises(Invalid) as refused:
        call(desk, "k", title="Other")
    assert (refused.value.code, desk.count("lead", title="Other")) == ("idempotency_mismatch", 0)


def test_a_key_belongs_to_its_token_and_its_action(desk: Desk) -> None:
    first = call(desk, "k").data["id"]
    other = replace(desk.scope, token_id=77)
    assert call(desk, "k", scope=other).data["id"] != first
    assert not call(desk, "k", action="won", lead_id=first).replayed


def test_a_refusal_frees_the_key(desk: Desk) -> None:
    with pytest.raises(Refused):
        call(desk, "k", action="next_step", lead_id=3)
    assert rows(desk) == []
    desk.act("move_to_step", lead_id=3, step_id=21)
    assert not call(desk, "k", action="next_step", lead_id=3).replayed


def test_a_dry_run_uses_up_no_key(desk: Desk) -> None:
    desk = replace(desk, scope=replace(desk.scope, key="k"))
    desk.rehearse("create_lead", title="Once")
    assert not desk.act("create_lead", title="Once").replayed


def test_a_key_counts_for_a_day(desk: Desk) -> None:
    scope = replace(desk.scope, key="k")
    done = [
        run(desk.catalog, desk.store, scope, "create_lead", {"title": "Once"}, now=f"2026-03-{moment}.000Z").replayed
        for moment in ("01T08:00:00", "02T07:59:59", "02T08:00:01", "02T09:00:00")
    ]
    assert done == [False, True, False, True]


def test_a_token_may_have_equal_calls_answered_again(desk: Desk) -> None:
    scope = replace(desk.scope, window=5)
    done = [
        run(desk.catalog, desk.store, scope, "create_lead", {"title": title}, now=f"2026-03-01T08:00:{second}.000Z")
        for title, second in (("Once", "00"), ("Once", "04"), ("Other", "04"), ("Once", "06"))
    ]
    assert [result.replayed for result in done] == [False, True, False, False]


def test_a_batch_keeps_a_result_per_row(desk: Desk) -> None:
    asked = [{"title": "One"}, {"title": ""}, {"title": "Two"}, {"title": "Three", "idempotency_key": "own"}]
    scope = replace(desk.scope, key="k")
    first = run_many(desk.catalog, desk.store, scope, "create_lead", asked)
    second = run_many(desk.catalog, desk.store, scope, "create_lead", [*asked[:3], {"title": "Four"}, asked[3]])
    assert [type(item) for item in first] == [Result, Invalid, Result, Result]
    assert [outcome(item) for item in second] == [True, "missing_parameter", True, False, True]


def outcome(item: Result | LeadwireError) -> Any:
    return item.replayed if isinstance(item, Result) else item.code


def test_one_key_twice_in_a_batch_acts_once(desk: Desk) -> None:
    asked = [{"title": "Once", "idempotency_key": "k"}] * 3
    found = run_many(desk.catalog, desk.store, desk.scope, "create_lead", asked)
    assert [outcome(item) for item in found] == [False, True, True]


@pytest.mark.parametrize("key", ["x" * 256, 1.5, ["a", "b"], {"a": 1}, True])
def test_a_key_that_is_no_text_is_refused(desk: Desk, key: Any) -> None:
    with pytest.raises(Invalid) as refused:
        call(desk, None, idempotency_key=key)
    assert refused.value.faults[0].pointer == "/idempotency_key"


def test_a_call_that_waits_too_long_for_its_twin_is_told_to_come_again(make_store: MakeStore) -> None:
    store = new_world(shipped(), lambda: make_store("postgres"))
    scope = scope_of(shipped(), None)
    wish = idempotency.claim(scope, "slow", {}, "k")
    begun, enough = Signal(), Signal()

    def slow(tx: Transaction) -> Answer:
        tx.get("lead", 1)
        begun.set()
        enough.wait(20)
        return Answer(data={}, created=False, new=frozenset())

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(once, store, Task(scope=scope, work=slow, claim=wish))
        begun.wait(5)
        with pytest.raises(Conflict) as refused:
            once(store, Task(scope=scope, work=slow, claim=wish))
        enough.set()
        running.result()
    assert (refused.value.code, refused.value.retry_after) == ("idempotency_in_progress", 1)
