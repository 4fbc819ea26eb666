"""Feeds: two views of one log, nothing skipped, nothing twice."""

import pytest

from connector.engine.lists import Page
from connector.errors import CursorReset, LeadwireError, Malformed
from connector.events import feeds, samples
from connector.storage import open as open_store
from tests.plugins.desk import Desk, shipped


def poll(desk: Desk, key: str, after: str | None = None, limit: int | None = None, **filters: str) -> Page:
    return feeds.page(desk.catalog, desk.store, desk.scope, key, filters, after=after, limit=limit)


def fill(desk: Desk, count: int) -> None:
    for number in range(count):
        desk.act("create_lead", title=f"Lead {number}")


def test_without_a_cursor_the_newest_come_first(desk: Desk) -> None:
    fill(desk, 3)
    assert [item["title"] for item in poll(desk, "new_lead").data] == ["Lead 2", "Lead 1", "Lead 0"]


def test_a_cursor_yields_every_item_once_oldest_first(desk: Desk) -> None:
    start = poll(desk, "new_lead").cursor
    fill(desk, 25)
    seen, more = [], True
    while more:
        page = poll(desk, "new_lead", after=start, limit=10)
        seen += [item["title"] for item in page.data]
        start, more = page.cursor, page.has_more
    assert seen == [f"Lead {number}" for number in range(25)]
    assert poll(desk, "new_lead", after=start).data == []


def test_the_last_twenty_minutes_are_all_there_for_pollers_that_read_one_page(desk: Desk) -> None:
    fill(desk, 130)
    assert len(poll(desk, "new_lead").data) == 130
    assert len(poll(desk, "new_lead", limit=100).data) == 100


def test_an_empty_page_still_has_a_cursor_and_it_never_goes_back(desk: Desk) -> None:
    first = poll(desk, "lead_deleted").cursor
    fill(desk, 2)
    second = poll(desk, "lead_deleted", after=first).cursor
    assert first and second
    assert int(second.rsplit(".", 1)[1]) > int(first.rsplit(".", 1)[1])


def test_a_filter_by_the_new_value_keeps_the_others_out(desk: Desk) -> None:
    desk.act("won", lead_id=1)
    desk.act("lost", lead_id=2)
    assert [item["lead_id"] for item in poll(desk, "lead_status_changed", status_id="won").data] == [1]
    assert [item["status_before"] for item in poll(desk, "lead_status_changed").data] == ["standby", "todo"]


def test_a_create_fires_no_change_but_tells_of_its_owner(desk: Desk) -> None:
    desk.act("create_lead", title="T", user_id=3)
    assert poll(desk, "lead_status_changed").data == []
    assert [item["user_id"] for item in poll(desk, "lead_assigned").data] == [3]


def test_a_deleted_lead_stays_in_the_feeds_that_told_of_it(desk: Desk) -> None:
    made = desk.act("create_lead", title="Short-lived").data["id"]
    desk.act("delete_lead", lead_id=made)
    assert [item["lead_id"] for item in poll(desk, "new_lead").data] == [made]
    assert [item["title"] for item in poll(desk, "lead_deleted").data] == ["Short-lived"]


def test_a_user_polls_only_what_was_theirs_at_the_time(desk: Desk) -> None:
    desk.act("won", lead_id=1)
    desk.act("won", lead_id=4)
    assert [item["lead_id"] for item in poll(desk.as_user("ana@example.test"), "lead_status_changed").data] == [1]


@pytest.mark.parametrize("cursor", ["", "x", "v1.zz.1", "v2.0123456789abcdef.1", "v1.0123456789abcdef.-1"])
def test_a_cursor_that_cannot_be_read_is_malformed(desk: Desk, cursor: str) -> None:
    with pytest.raises(Malformed):
        poll(desk, "new_lead", after=cursor)


def test_a_cursor_of_another_database_or_of_the_future_asks_for_a_reset(desk: Desk) -> None:
    own = poll(desk, "new_lead").cursor or ""
    for cursor in ("v1.0123456789abcdef.0", own.rsplit(".", 1)[0] + ".99"):
        with pytest.raises(CursorReset):
            poll(desk, "new_lead", after=cursor)


def test_a_cursor_older_than_the_log_names_the_oldest_that_works(desk: Desk) -> None:
    start = poll(desk, "new_lead").cursor
    fill(desk, 2)
    desk.store.forget("2999-01-01T00:00:00.000Z")
    with pytest.raises(LeadwireError) as expired:
        poll(desk, "new_lead", after=start)
    assert expired.value.status == 410
    assert poll(desk, "new_lead", after=str(expired.value.params["oldest"])).data == []


@pytest.mark.parametrize("key", sorted(shipped().triggers))
def test_the_sample_of_every_trigger_has_the_keys_of_its_schema(key: str) -> None:
    sample = samples.sample(shipped(), key, lambda: open_store("memory:"))
    assert list(sample) == list(shipped().triggers[key].output["properties"])
