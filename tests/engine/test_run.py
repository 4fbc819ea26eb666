"""One action: whole or not at all, merged into one event per record, told honestly in a dry run."""

import pytest

from connector.engine.run import Result, run_many
from connector.errors import LeadwireError, NotFound, Refused
from connector.storage.contract import Query
from tests.plugins.desk import Desk


def topics(result: Result) -> list[str]:
    return [topic for event in result.events for topic in event.topics]


def test_a_lead_moves_to_the_next_step_of_its_pipeline(desk: Desk) -> None:
    assert desk.act("next_step", lead_id=1).data["step_id"] == 22
    assert desk.read("lead", 1)["step_id"] == 22


def test_a_refused_action_changes_nothing_and_tells_no_one(desk: Desk) -> None:
    before = desk.read("lead", 3)
    with pytest.raises(Refused) as refused:
        desk.act("next_step", lead_id=3)
    assert refused.value.code == "last_step"
    assert refused.value.halt
    assert desk.read("lead", 3) == before
    assert desk.events() == []


def test_a_write_that_changes_nothing_emits_nothing(desk: Desk) -> None:
    desk.act("add_tag", lead_id=1, tag=["New"])
    told = len(desk.events())
    assert desk.act("add_tag", lead_id=1, tag=["New"]).events == ()
    assert len(desk.events()) == told


def test_all_writes_to_one_record_are_one_event_with_before_and_after(desk: Desk) -> None:
    result = desk.act("won", lead_id=1, amount=155.34)
    (event,) = [event for event in result.events if event.entity == "lead"]
    assert {"status_id", "amount", "closed_at"} <= set(event.changed)
    assert '"status":"todo"' in (event.before or "")
    assert '"status":"won"' in (event.after or "")
    assert '"amount":155.34' in (event.after or "")


def test_events_come_in_the_order_in_which_the_action_wished_them(desk: Desk) -> None:
    assert [event.entity for event in desk.act("standby", lead_id=1, days=3).events] == ["lead", "task"]


@pytest.mark.parametrize("given", [2, "2", "02", "ana@example.test", "ANA@EXAMPLE.TEST"])
def test_a_user_may_be_named_by_id_or_email(desk: Desk, given: object) -> None:
    assert desk.act("assign", lead_id=4, user_id=given).data["user_id"] == 2


@pytest.mark.parametrize("given", [99, "99", "nobody@example.test", "0"])
def test_a_user_who_does_not_exist_is_not_found_at_its_place(desk: Desk, given: object) -> None:
    with pytest.raises(NotFound) as missing:
        desk.act("assign", lead_id=4, user_id=given)
    assert missing.value.code == "user_not_found"
    assert [fault.pointer for fault in missing.value.faults] == ["/user_id"]


def test_a_user_who_exists_but_may_not_be_chosen_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        desk.act("assign", lead_id=4, user_id=5)
    assert refused.value.code == "user_inactive"
    assert "Dmitri" in refused.value.message("fr")


def test_a_lead_of_someone_else_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound) as missing:
        desk.as_user("ana@example.test").act("next_step", lead_id=3)
    assert missing.value.code == "lead_not_found"


def test_the_answer_shows_the_lead_that_the_call_gave_away(desk: Desk) -> None:
    ana = desk.as_user("ana@example.test")
    assert ana.act("assign", lead_id=1, user_id=3).data["user_email"] == "bruno@example.test"
    with pytest.raises(NotFound):
        ana.read("lead", 1)


def test_a_dry_run_goes_all_the_way_and_leaves_nothing(desk: Desk) -> None:
    result = desk.rehearse("standby", lead_id=1, days=3)
    assert result.dry_run
    assert result.data["status"] == "standby"
    assert [event.record_id for event in result.events] == [1, None]
    assert '"id":null' in (result.events[1].after or "")
    assert desk.read("lead", 1)["status"] == "todo"
    assert desk.events() == []


def test_absent_and_empty_inputs_leave_a_field_as_it_is_and_clear_empties_it(desk: Desk) -> None:
    kept = desk.act("update_lead", lead_id=1, city="Lyon", email="", phone=None).data
    assert (kept["city"], kept["email"], kept["phone"]) == ("Lyon", "claire@dupont.example", "+33 1 23 45 67 89")
    cleared = desk.act("update_lead", lead_id=1, clear=["city", "phone"]).data
    assert (cleared["city"], cleared["phone"]) == (None, None)


def test_deleting_a_lead_takes_what_hangs_on_it_and_tells_of_each(desk: Desk) -> None:
    result = desk.act("delete_lead", lead_id=1)
    assert {"lead.deleted", "task.deleted", "appointment.deleted", "activity.deleted"} <= set(topics(result))
    assert desk.count("task", lead_id="1") == 0
    with pytest.raises(NotFound):
        desk.read("lead", 1)


def test_leaving_standby_by_any_door_completes_its_reminder(desk: Desk) -> None:
    desk.act("update_lead", lead_id=2, status_id="todo")
    assert desk.read("task", 2)["done_at"] is not None
    assert desk.read("lead", 2)["remind_at"] is None


def test_data_that_looks_like_a_template_stays_text(desk: Desk) -> None:
    desk.act("update_lead", lead_id=1, title="{{ 7*7 }}")
    assert desk.act("duplicate_lead", lead_id=1).data["title"] == "{{ 7*7 }}"


def test_an_upsert_with_the_same_input_changes_nothing(desk: Desk) -> None:
    raw = {"title": "Ann", "email": "ann@example.test", "external_id": "A-1", "city": "Bonn"}
    first = desk.act("find_or_create_lead", **raw)
    again = desk.act("find_or_create_lead", **raw | {"email": "ANN@example.test"})
    assert (first.data["created"], again.data["created"]) == (True, False)
    assert first.data["lead"]["id"] == again.data["lead"]["id"]
    assert [event.entity for event in again.events if event.verb == "created"] == []


def test_an_upsert_that_repeats_itself_to_the_letter_emits_nothing(desk: Desk) -> None:
    raw = {"title": "Ann", "email": "ann@example.test", "external_id": "A-1", "tags": ["x"]}
    desk.act("find_or_create_lead", **raw)
    assert desk.act("find_or_create_lead", **raw).events == ()


def test_a_batch_answers_every_row_in_order_and_each_row_stands_alone(desk: Desk) -> None:
    rows = [{"lead_id": 1}, {"lead_id": 3}, {"lead_id": 999}, {}, {"lead_id": 2}] * 30
    answers = run_many(desk.catalog, desk.store, desk.scope, "next_step", rows)
    codes = [answer.code if isinstance(answer, LeadwireError) else "moved" for answer in answers[:5]]
    assert codes == ["moved", "last_step", "lead_not_found", "missing_parameter", "moved"]
    assert len(answers) == len(rows)
    assert desk.read("lead", 1)["step_id"] == 25


def test_random_assignment_reaches_active_users_only_and_more_than_one(desk: Desk) -> None:
    owners = {desk.act("assign_random", lead_id=1).data["user_id"] for _ in range(40)}
    assert owners == {1, 2, 3, 4}


def test_an_unknown_action_is_named(desk: Desk) -> None:
    with pytest.raises(NotFound, match="fly_to_moon"):
        desk.act("fly_to_moon")


def test_a_file_may_look_beyond_what_the_caller_sees_without_showing_it(desk: Desk) -> None:
    ana = desk.as_user("ana@example.test")
    assert ana.act("receive_lead", title="Again", phone="06.12.34.56.78").data["user_id"] == 3
    with pytest.raises(NotFound):
        ana.read("client", 1)


@pytest.mark.parametrize(("written", "kinds"), [("CALL", 0), ("Delivery", 1)])
def test_ensure_names_what_it_found_or_made(desk: Desk, written: str, kinds: int) -> None:
    before = desk.count("activity_type")
    found = desk.act("create_reminder", title="Call", activity_type=written).data
    assert found["activity_type"].lower() == written.lower()
    assert desk.count("activity_type") == before + kinds


@pytest.mark.parametrize(("login", "told"), [("bruno", ["bruno@example.test"]), ("", ["ada@example.test"])])
def test_whoever_becomes_responsible_is_told_once(desk: Desk, login: str, told: list[str]) -> None:
    desk.act("receive_lead", title="Stranger", login=login)
    rows = desk.store.read(desk.scope, lambda tx: tx.find(Query(entity="outbox")))
    assert [row["body"]["to"] for row in rows] == told
