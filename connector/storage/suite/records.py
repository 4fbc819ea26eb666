"""Promises about single records."""

# ruff: noqa: D102 - the name of a promise says it

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import Conflict, NotFound
from connector.storage.contract import Store
from connector.storage.suite.ground import Ground, change, create, get, ids, write
from connector.storage.suite.world import ADMIN, OTHER, RECORDS


class RecordPromises(Ground):
    """Rows come back as they were written, and rules of the tables hold."""

    def test_a_row_has_every_field_and_every_show(self, store: Store) -> None:
        row = get(store, "lead", 1)
        assert row is not None
        assert row.items() >= RECORDS["lead"][0].items()
        assert (row["email"], row["note"], row["status"], row["user_email"]) == (None, None, "todo", "ana@example.com")

    def test_keys_come_in_the_order_of_the_entity(self, store: Store) -> None:
        keys = list(get(store, "lead", 1) or {})
        assert keys[:4] == ["id", "created_at", "updated_at", "title"] and keys[-2:] == ["status", "user_email"]

    def test_a_show_goes_through_several_references(self, store: Store) -> None:
        assert (get(store, "activity", 1) or {})["lead_status"] == "todo"

    @pytest.mark.parametrize("record_id", [77, 0, -1, 2**63, 10**30, -(10**30)])
    def test_a_missing_record_is_none(self, store: Store, record_id: int) -> None:
        assert get(store, "lead", record_id) is None and ids(store, ("id", "eq", record_id)) == []
        assert store.transact(ADMIN, lambda tx: tx.get("lead", record_id), about=(("lead", record_id),))[0] is None

    def test_an_inserted_row_is_what_is_read_later(self, store: Store) -> None:
        made = create(store, title="New", status_id=2, amount=0.1, tags=["x"], custom={"a": {"b": 1}}, starred=False)
        assert get(store, "lead", made["id"]) == made
        assert (made["status"], made["phone"], made["user_email"]) == ("won", None, None)
        assert made["created_at"] == made["updated_at"]

    @pytest.mark.parametrize("amount", [0, 0.0001, 19.99, 155.34, -3, 99999999999.9999])
    def test_money_comes_back_exactly(self, store: Store, amount: float) -> None:
        made = create(store, amount=amount)
        assert made["amount"] == amount == (get(store, "lead", made["id"]) or {})["amount"]

    @pytest.mark.parametrize("title", ["", "'; DROP TABLE lead; --", "%s ? :v1", "日本語 🎉", "a\nb\tc\\", "x" * 5000])
    def test_text_comes_back_exactly(self, store: Store, title: str) -> None:
        made = create(store, title=title)
        assert ids(store, ("title", "eq", title)) == [made["id"]]
        assert (get(store, "lead", made["id"]) or {})["title"] == title

    @pytest.mark.parametrize("value", [True, False, None])
    def test_booleans_stay_booleans(self, store: Store, value: bool | None) -> None:
        made = create(store, starred=value)
        assert (get(store, "lead", made["id"]) or {})["starred"] is value

    def test_an_update_answers_the_row_as_it_stands(self, store: Store) -> None:
        row = store.transact(ADMIN, lambda tx: tx.update("lead", 1, {"status_id": 2, "user_id": None}))[0]
        assert (row["status"], row["user_email"], row["title"]) == ("won", None, "Éclair")
        assert get(store, "lead", 1) == row

    def test_an_update_sets_updated_at(self, store: Store) -> None:
        write(store, lambda tx: tx.update("lead", 1, {"title": "x"}), now="2027-01-01T00:00:00.000Z")
        assert (get(store, "lead", 1) or {})["updated_at"] == "2027-01-01T00:00:00.000Z"

    def test_an_update_that_differs_in_nothing_writes_nothing(self, store: Store) -> None:
        before = get(store, "lead", 1)
        assert change(store, title="Éclair", amount=155.34, tags=["a", "b"]) == ()
        assert get(store, "lead", 1) == before

    def test_reads_see_the_transactions_own_writes(self, store: Store) -> None:
        def work(tx: Any) -> Any:
            tx.update("lead", 1, {"title": "Own"})
            made = tx.insert("activity", {"lead_id": 1, "content": "x"})
            tx.update("status", 1, {"code": "open"})
            return tx.get("lead", 1)["title"], made["lead_title"], tx.get("lead", 1)["status"]

        assert store.transact(ADMIN, work)[0] == ("Own", "Own", "open")

    @pytest.mark.parametrize("move", ["update", "delete"])
    @pytest.mark.parametrize("record_id", [77, 10**30])
    def test_writing_what_is_not_there_is_not_found(self, store: Store, move: str, record_id: int) -> None:
        rest = [{"title": "x"}] if move == "update" else []
        with pytest.raises(NotFound):
            write(store, lambda tx: getattr(tx, move)("lead", record_id, *rest))

    def test_a_deleted_record_is_gone(self, store: Store) -> None:
        write(store, lambda tx: tx.delete("lead", 3))
        assert get(store, "lead", 3) is None and 3 not in ids(store)

    def test_what_is_still_referred_to_is_not_deleted(self, store: Store) -> None:
        with pytest.raises(Conflict) as caught:
            write(store, lambda tx: tx.delete("lead", 1))
        assert caught.value.code == "in_use" and get(store, "lead", 1)

    def test_ids_are_never_used_again(self, store: Store) -> None:
        first = create(store, title="a")["id"]
        write(store, lambda tx: tx.delete("lead", first))
        assert create(store, title="b")["id"] > first > 90

    @pytest.mark.parametrize("email", ["ana@example.com", " ANA@Example.com "])
    def test_a_broken_unique_rule_is_a_conflict(self, store: Store, email: str) -> None:
        with pytest.raises(Conflict) as caught:
            create(store, "user", email=email)
        assert (caught.value.code, caught.value.params) == ("already_exists", {"entity": "user", "fields": "email"})

    def test_an_update_may_break_a_unique_rule_too(self, store: Store) -> None:
        with pytest.raises(Conflict, match="already"):
            change(store, 2, entity="status", code="todo")

    def test_unique_rules_hold_within_an_account_only(self, store: Store) -> None:
        assert create(store, "user", OTHER, email="ben@example.com")["id"]
        assert create(store, "user")["id"] and create(store, "user")["id"]

    @pytest.mark.parametrize("user_id", [77, 9])
    def test_a_reference_leads_to_a_record_of_the_account(self, store: Store, user_id: int) -> None:
        with pytest.raises(Conflict) as caught:
            create(store, title="x", user_id=user_id)
        assert caught.value.code == "missing_reference"

    def test_an_unknown_field_is_a_mistake_of_the_caller(self, store: Store) -> None:
        with pytest.raises(LookupError, match="colour"):
            create(store, colour="red")
