"""Reading: filters, order, cursors, searches and drop-downs."""

import pytest

from connector.engine import lists
from connector.errors import CursorReset, Invalid, LeadwireError
from tests.plugins.desk import Desk


def ids(page: lists.Page) -> list[int]:
    return [row["id"] for row in page.data]


def leads(desk: Desk, filters: dict[str, str] | None = None, **how: object) -> lists.Page:
    return lists.records(desk.catalog, desk.store, desk.scope, desk.catalog.entities["lead"], filters or {}, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"status_id": "won"}, [3]),
        ({"status_id": "3"}, [3]),
        ({"user_id": "ana@example.test"}, [1, 2]),
        ({"email": "CLAIRE@dupont.example"}, [1]),
        ({"phone": "0033123456789"}, [1]),
        ({"tags": "VIP"}, [1]),
        ({"id[in]": "1,3,77"}, [1, 3]),
        ({"user_id": ""}, [8]),
        ({"title[contains]": "DOORS"}, [2]),
        ({"id[gt]": "6", "id[lte]": "7"}, [7]),
        ({"user_id": "nobody@example.test"}, []),
    ],
)
def test_a_filter_finds_what_it_says(desk: Desk, filters: dict[str, str], found: list[int]) -> None:
    assert ids(leads(desk, filters)) == found


@pytest.mark.parametrize("filters", [{"nope": "1"}, {"id": "x"}, {"id[like]": "1"}, {"id": "9" * 30}, {"starred": "2"}])
def test_a_filter_that_cannot_be_read_is_refused(desk: Desk, filters: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        leads(desk, filters)


@pytest.mark.parametrize("order", ["id", "-id", "title", "-amount", "amount", "-created_at", "user_id"])
def test_pages_through_a_cursor_hold_every_record_once(desk: Desk, order: str) -> None:
    seen, cursor, more = [], None, True
    while more:
        page = leads(desk, order=order, limit=3, cursor=cursor)
        seen += ids(page)
        cursor, more = page.cursor, page.has_more
    assert sorted(seen) == list(range(1, 9))
    assert seen == ids(leads(desk, order=order))


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "é", "a" * 500, "WzEsMl0"])
def test_a_broken_cursor_is_refused(desk: Desk, cursor: str) -> None:
    with pytest.raises(CursorReset):
        leads(desk, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_size_out_of_range_is_refused(desk: Desk, limit: int) -> None:
    with pytest.raises(Invalid):
        leads(desk, limit=limit)


def test_a_user_lists_only_their_own_leads(desk: Desk) -> None:
    assert ids(leads(desk.as_user("ana@example.test"))) == [1, 2]


def test_a_drop_down_gives_value_label_and_id_and_can_be_searched(desk: Desk) -> None:
    page = lists.choices(desk.catalog, desk.store, desk.scope, desk.catalog.entities["user"], q="lopez")
    assert page.data == [{"value": 2, "label": "Ana Lopez", "id": 2}]


def test_a_drop_down_goes_past_its_first_page(desk: Desk) -> None:
    first = lists.choices(desk.catalog, desk.store, desk.scope, desk.catalog.entities["lead"], limit=5)
    rest = lists.choices(
        desk.catalog, desk.store, desk.scope, desk.catalog.entities["lead"], limit=5, cursor=first.cursor
    )
    assert first.has_more
    assert ids(first) + ids(rest) == list(range(1, 9))


def test_a_search_that_misses_answers_an_empty_page(desk: Desk) -> None:
    page = lists.search(desk.catalog, desk.store, desk.scope, "find_lead", {"email": "no@example.test"})
    assert page.as_json() == {"data": [], "cursor": None, "has_more": False}


def test_an_unknown_search_is_refused(desk: Desk) -> None:
    with pytest.raises(LeadwireError, match="find_treasure"):
        lists.search(desk.catalog, desk.store, desk.scope, "find_treasure", {})


def search(desk: Desk, key: str, **how: object) -> lists.Page:
    return lists.search(desk.catalog, desk.store, desk.scope, key, {}, **how)  # type: ignore[arg-type]


def test_a_search_shows_numbers_beside_each_record(desk: Desk) -> None:
    before = {row["login"]: row["open"] for row in search(desk, "lead_statistics").data}
    desk.act("create_lead", title="New", user_id=2)
    desk.act("won", lead_id=1)
    found = {
        row["login"]: (row["open"] - before[row["login"]], row["processed"])
        for row in search(desk, "lead_statistics").data
    }
    assert found == {"ada": (0, 0), "ana": (1, 1), "bruno": (0, 0), "chloe": (0, 0)}


def test_numbers_count_only_what_the_caller_may_see(desk: Desk) -> None:
    desk.act("create_lead", title="New", user_id=2)
    found = {row["login"]: row["open"] for row in search(desk.as_user("bruno@example.test"), "lead_statistics").data}
    assert set(found.values()) == {0}


@pytest.mark.parametrize(("order", "first"), [("-login", "chloe"), (None, "ada")])
def test_an_order_may_go_before_the_files_own(desk: Desk, order: str | None, first: str) -> None:
    assert search(desk, "lead_statistics", order=order).data[0]["login"] == first
