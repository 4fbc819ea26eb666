"""Promises about who sees what."""

# ruff: noqa: D102 - the name of a promise says it

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import NotFound
from connector.storage.contract import Query, Scope, Store
from connector.storage.suite.ground import Ground, create, get, ids, where, write
from connector.storage.suite.world import ADMIN, ANA, BEN, OTHER


class SightPromises(Ground):
    """A scope sees its account, and with an owner only what that owner owns."""

    @pytest.mark.parametrize(("scope", "expected"), [(ADMIN, [1, 2, 3, 4]), (ANA, [1, 4]), (BEN, [2]), (OTHER, [90])])
    def test_a_find_shows_what_the_scope_may_see(self, store: Store, scope: Scope, expected: list[int]) -> None:
        assert ids(store, scope=scope) == expected
        assert store.read(scope, lambda tx: tx.count(Query(entity="lead"))) == len(expected)

    @pytest.mark.parametrize(("scope", "seen"), [(ADMIN, True), (ANA, True), (BEN, False), (OTHER, False)])
    @pytest.mark.parametrize("entity", ["lead", "activity"])
    def test_a_get_shows_what_the_scope_may_see(self, store: Store, scope: Scope, entity: str, seen: bool) -> None:
        assert (get(store, entity, 1, scope) is not None) == seen
        found = store.transact(scope, lambda tx: tx.get(entity, 1), about=((entity, 1),))[0]
        assert (found is not None) == seen

    def test_ownership_goes_through_references(self, store: Store) -> None:
        assert ids(store, entity="activity", scope=ANA) == [1]
        assert ids(store, entity="activity", scope=BEN, lock=True) == [2]

    def test_what_nobody_owns_is_seen_by_all(self, store: Store) -> None:
        assert ids(store, entity="status", scope=BEN) == [1, 2]

    @pytest.mark.parametrize(("move", "rest"), [("update", [{"title": "x"}]), ("delete", [])])
    @pytest.mark.parametrize("scope", [BEN, OTHER])
    def test_what_is_not_seen_is_not_written(self, store: Store, move: str, rest: Any, scope: Scope) -> None:
        before = get(store, "lead", 4)
        with pytest.raises(NotFound):
            write(store, lambda tx: getattr(tx, move)("lead", 4, *rest), scope)
        assert get(store, "lead", 4) == before

    def test_rules_look_beyond_the_owner_but_not_beyond_the_account(self, store: Store) -> None:
        query = Query(entity="lead", scoped=False)
        rows, one = store.read(BEN, lambda tx: (tx.find(query), tx.get("lead", 1, scoped=False)))
        assert [row["id"] for row in rows] == [1, 2, 3, 4] and one
        assert store.read(OTHER, lambda tx: tx.get("lead", 1, scoped=False)) is None

    def test_looking_beyond_shows_nothing_to_the_scope(self, store: Store) -> None:
        def work(tx: Any) -> Any:
            tx.get("lead", 1, scoped=False)
            tx.find(Query(entity="lead", scoped=False))
            return tx.get("lead", 1)

        assert store.read(BEN, work) is None

    def test_what_rules_have_read_they_may_write(self, store: Store) -> None:
        write(store, lambda tx: tx.get("lead", 1, scoped=False) and tx.update("lead", 1, {"title": "By rule"}), BEN)
        assert (get(store, "lead", 1) or {})["title"] == "By rule"

    def test_a_record_given_away_may_still_be_shown_by_that_call(self, store: Store) -> None:
        def work(tx: Any) -> Any:
            tx.update("lead", 1, {"user_id": 3})
            return tx.get("lead", 1)

        assert store.transact(ANA, work)[0]["user_id"] == 3
        assert get(store, "lead", 1, ANA) is None and get(store, "lead", 1, BEN)

    def test_a_token_is_found_over_all_accounts(self, store: Store) -> None:
        made = create(store, "api_token", OTHER, name="t", hash="abc", user_id=9, scopes=["read"], kind="api")
        query = Query(entity="api_token", where=where(("hash", "eq", "abc")), everywhere=True)
        rows = store.read(ADMIN, lambda tx: tx.find(query))
        assert rows == [made] and (made["account_id"], made["user_email"]) == (2, "ana@example.com")
        assert ids(store, entity="api_token") == []
