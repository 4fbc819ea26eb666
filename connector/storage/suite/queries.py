"""Promises about finding."""

# ruff: noqa: D102 - the name of a promise says it

from __future__ import annotations

from typing import Any

import pytest

from connector.storage.contract import AnyOf, Clause, Member, Order, Outer, Query, Store
from connector.storage.suite.ground import Ground, by, create, find, ids, where
from connector.storage.suite.world import ADMIN

CLAUSES: list[tuple[tuple[str, str, Any], list[int]]] = [
    (("title", "eq", "a\0b"), []), (("title", "contains", "\0"), []), (("amount", "gt", 10**30), []),
    (("id", "eq", 2), [2]), (("id", "eq", "2"), [2]), (("id", "eq", "x"), []), (("id", "gt", 2), [3, 4]),
    (("title", "eq", "BRISE "), [2, 4]), (("title", "eq", "eclair"), [1]), (("title", "ne", "brise"), [1, 3]),
    (("title", "in", ["ECLAIR", "ardoise", None]), [1, 3]), (("title", "in", []), []),
    (("title", "contains", "RIS"), [2, 4]), (("title", "contains", "100%"), []),
    (("title", "contains", ""), [1, 2, 3, 4]),
    (("phone", "eq", "06 12 34 56 78"), [1]), (("phone", "eq", "none"), []), (("phone", "contains", "call me"), []),
    (("phone", "eq", None), [2, 4]), (("phone", "ne", None), [1, 3]), (("phone", "ne", "0612345678"), [2, 3, 4]),
    (("email", "eq", "info@brise.EXAMPLE"), [2]), (("email", "in", ["info@brise.example"]), [2]),
    (("amount", "eq", 155.34), [1]), (("amount", "gte", 20), [1, 2]), (("amount", "lt", 20.0001), [2]),
    (("score", "eq", 2.5), [1]), (("score", "lte", 2), []), (("amount", "gt", None), []),
    (("starred", "eq", True), [1]), (("starred", "eq", False), [2]), (("starred", "ne", True), [2, 3, 4]),
    (("starred", "in", [True, False]), [1, 2]), (("remind_at", "lt", "2026-02-15"), [2]),
    (("tags", "contains", "b"), [1, 2]), (("tags", "contains", ","), []), (("tags", "eq", None), [4]),
    (("user_id", "eq", None), [3]), (("user_id", "in", [2]), [1, 4]), (("user", "eq", 3), [2]),
    (("user.is_active", "eq", True), [1, 4]), (("user.is_active", "ne", True), [2, 3]),
    (("user.email", "eq", "ANA@example.com"), [1, 4]), (("user.name", "contains", "be"), [2]),
    (("user.nicknames", "contains", "ETE "), [1, 4]), (("user.nicknames", "contains", "et"), []),
    (("status", "eq", "todo"), [1, 2]), (("status.title", "eq", None), [4]), (("status_id.code", "in", ["won"]), [3]),
]  # fmt: skip

ORDERS: list[tuple[tuple[str, ...], list[int]]] = [
    ((), [1, 2, 3, 4]), (("-id",), [4, 3, 2, 1]), (("title",), [3, 2, 4, 1]), (("-title",), [1, 4, 2, 3]),
    (("amount",), [3, 4, 2, 1]), (("-amount",), [1, 2, 4, 3]), (("remind_at", "-id"), [4, 3, 2, 1]),
    (("user.name",), [3, 1, 4, 2]), (("status", "-title"), [4, 1, 2, 3]), (("-starred", "title"), [1, 2, 3, 4]),
]  # fmt: skip


MEMBERS: list[tuple[tuple[str, str, str, Any], list[int]]] = [
    (("size", "text", "eq", "LARGE"), [1]), (("size", "text", "in", ["small", "Large"]), [1, 2]),
    (("size", "text", "ne", "large"), [2, 3, 4]), (("size", "text", "contains", "arg"), [1]),
    (("size", "text", "eq", None), [3, 4]), (("size", "text", "ne", None), [1, 2]), (("size", "number", "gte", 0), []),
    (("area", "number", "eq", 2.5), [1]), (("area", "number", "gt", 2), [1, 2]), (("area", "number", "in", [10]), [2]),
    (("area", "number", "eq", None), [3, 4]), (("area", "text", "eq", "many"), [3]),
    (("hot", "boolean", "eq", True), [1]),
    (("hot", "boolean", "ne", True), [2, 3, 4]), (("hot", "number", "eq", 1), []),
    (("day", "text", "lt", "2026-02"), [1]),
    (("more", "list", "contains", "DOOR"), [1]), (("more", "list", "eq", None), [2, 3, 4]),
    (("a.b", "number", "eq", 1), [4]), (("k", "number", "eq", 10**30), []),
]  # fmt: skip
"""Values inside the object field `custom`, and the leads where the comparison holds."""

CUSTOM: dict[int, dict[str, Any]] = {
    1: {"size": "Large", "area": 2.5, "hot": True, "day": "2026-01-31", "more": ["Blind", "Door"]},
    2: {"size": "small", "area": 10, "hot": False, "day": "2026-02-01", "more": "Door"},
    3: {"area": "many"},
    4: {"a.b": 1},
}

INSIDE: list[tuple[Member, bool, list[int]]] = [
    (Member("area", "number"), False, [3, 4, 1, 2]), (Member("area", "number"), True, [2, 1, 4, 3]),
    (Member("size", "text"), False, [3, 4, 1, 2]), (Member("hot", "boolean"), True, [1, 2, 4, 3]),
]  # fmt: skip


class QueryPromises(Ground):
    """`where`, `order`, pages and counts mean the same everywhere."""

    def test_each_clause_finds_what_it_says(self, store: Store, subtests: pytest.Subtests) -> None:
        for clause, expected in CLAUSES:
            with subtests.test(str(clause)):
                assert ids(store, clause) == expected

    def test_clauses_look_inside_object_fields(self, store: Store, subtests: pytest.Subtests) -> None:
        _fill(store)
        for (key, kind, op, value), expected in MEMBERS:
            clause = Clause(path="custom", op=op, value=value, member=Member(key, kind))  # type: ignore[arg-type]
            with subtests.test(str(clause)):
                assert ids(store, clause) == expected

    def test_orders_look_inside_object_fields(self, store: Store, subtests: pytest.Subtests) -> None:
        _fill(store)
        for member, falling, expected in INSIDE:
            order = (Order(path="custom", member=member, descending=falling),)
            with subtests.test(str(order)):
                assert ids(store, order=order) == expected
        first = (Order(path="custom", member=Member("area", "number")),)
        assert ids(store, order=first, after=(2.5, 1)) == [2] and ids(store, order=first, after=(None, 3)) == [4, 1, 2]

    def test_clauses_must_all_hold(self, store: Store) -> None:
        assert ids(store, ("title", "eq", "brise"), ("user_id", "eq", 2)) == [4]

    def test_any_needs_one_group(self, store: Store) -> None:
        groups = AnyOf(groups=(where(("id", "eq", 3)), where(("title", "eq", "brise"), ("user_id", "eq", 2))))  # type: ignore[arg-type]
        assert ids(store, groups) == [3, 4]
        assert ids(store, groups, ("id", "gt", 3)) == [4]

    @pytest.mark.parametrize("groups", [(), ((),)])
    def test_any_of_nothing_finds_nothing(self, store: Store, groups: Any) -> None:
        assert ids(store, AnyOf(groups=groups)) == []

    def test_a_path_goes_through_several_references(self, store: Store) -> None:
        assert ids(store, ("lead.user.is_active", "eq", True), entity="activity") == [1]
        assert ids(store, ("lead.status", "eq", "todo"), entity="activity") == [1, 2]

    def test_an_unknown_path_is_a_mistake_of_the_caller(self, store: Store) -> None:
        with pytest.raises(LookupError, match="colour"):
            ids(store, ("user.colour", "eq", 1))

    def test_each_order_sorts_nulls_first_and_ties_by_id(self, store: Store, subtests: pytest.Subtests) -> None:
        for order, expected in ORDERS:
            with subtests.test(str(order)):
                assert ids(store, order=by(*order)) == expected

    @pytest.mark.parametrize("size", [1, 3])
    def test_pages_by_key_give_every_row_once(self, store: Store, size: int, subtests: pytest.Subtests) -> None:
        for order, expected in ORDERS:
            with subtests.test(str(order)):
                assert _paged(store, order, size) == expected

    @pytest.mark.parametrize("after", [("x", "y"), (None, None), (10**30, 10**30), ([], {})])
    def test_a_mark_that_no_row_left_breaks_nothing(self, store: Store, after: tuple[Any, ...]) -> None:
        assert set(ids(store, order=by("amount"), after=after)) <= {1, 2, 3, 4}

    @pytest.mark.parametrize(("descending", "expected"), [(False, [1, 3, 2]), (True, [2, 3, 1])])
    def test_an_order_may_count_records(self, store: Store, descending: bool, expected: list[int]) -> None:
        mine = (Clause(path="user_id", op="eq", value=Outer()), Clause(path="status", op="eq", value="todo"))
        create(store, title="more", user_id=2, status_id=1)
        assert ids(store, entity="user", order=(Order(count="lead", where=mine, descending=descending),)) == expected

    def test_a_limit_holds(self, store: Store) -> None:
        assert ids(store, limit=2) == [1, 2] and ids(store, limit=0) == []

    @pytest.mark.parametrize(("clauses", "expected"), [((), 4), ((("user.is_active", "eq", True),), 2)])
    def test_a_count_counts_what_a_find_finds(self, store: Store, clauses: Any, expected: int) -> None:
        query = Query(entity="lead", where=where(*clauses))
        assert store.read(ADMIN, lambda tx: tx.count(query)) == expected

    def test_a_locking_find_finds_the_same(self, store: Store) -> None:
        active = where(("user.is_active", "eq", True))
        query = Query(entity="lead", where=active, order=by("-title"), limit=1, lock=True)
        rows = store.transact(ADMIN, lambda tx: tx.find(query))[0]
        assert [(row["id"], row["user_email"]) for row in rows] == [(1, "ana@example.com")]


def _fill(store: Store) -> None:
    """Give the leads values inside their object field."""
    for record_id, custom in CUSTOM.items():
        store.transact(ADMIN, lambda tx, id=record_id, custom=custom: tx.update("lead", id, {"custom": custom}))  # type: ignore[misc]


def _paged(store: Store, order: tuple[str, ...], size: int) -> list[int]:
    """All ids, page by page."""
    found: list[int] = []
    after = None
    while rows := find(store, order=by(*order), limit=size, after=after):
        found += [row["id"] for row in rows]
        after = (*(_value(rows[-1], path.removeprefix("-")) for path in order), rows[-1]["id"])
    return found


def _value(row: Any, path: str) -> Any:
    return {"user.name": {2: "ana", 3: "Ben"}.get(row.get("user_id"))}.get(path, row.get(path))
