"""Tables grow with the catalog, and by nothing but growing."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.model import Catalog, Field
from connector.errors import CatalogError
from connector.storage import upgrade
from connector.storage.contract import Store
from connector.storage.sqlite import SqliteStore
from connector.storage.suite.ground import create, get, ids
from connector.storage.suite.world import ADMIN, catalog, entities, entity, field, prepare, reference
from tests.plugins.stores import MakeStore


@pytest.fixture(params=["sqlite", "postgres"])
def grown(request: pytest.FixtureRequest, make_store: MakeStore) -> Iterator[Store]:
    yield prepare(make_store(request.param))


def with_lead(*changed: Field, drop: str = "", **options: Any) -> Catalog:
    """The catalog with other fields of a lead."""
    made = entities()
    fields = {**made["lead"].fields, **{item.name: item for item in changed}}
    fields.pop(drop, None)
    shows = tuple(show for show in made["lead"].shows if show.path[0] in fields)
    own = {"shows": shows, "owner": ("user_id",), "index": (("remind_at",),), **options}
    return catalog(made | {"lead": entity("lead", *list(fields.values())[3:], **own)})


def grow(store: Store, larger: Catalog) -> list[str]:
    """Upgrade and take on a catalog; what was done."""
    done = store.upgrade(larger)
    store.adopt(larger)
    return done


def upgraded(store: Store, done: list[list[str]]) -> None:
    """Upgrade, and note what was done."""
    done.append(store.upgrade(catalog()))


def test_a_first_upgrade_says_what_it_made(make_store: MakeStore) -> None:
    store = make_store("sqlite")
    done = set(store.upgrade(catalog()))
    assert done >= {"create table lead", "create table event", "create index uq_user_email_fold"}


def test_what_is_pending_is_what_an_upgrade_does(grown: Store) -> None:
    larger = with_lead(field("city"), field("zip"), index=(("city",),))
    expected = grown.pending(larger)
    assert expected[:2] == ["add lead.city", "add lead.zip"] and "create index ix_lead_city" in expected
    assert grown.upgrade(larger) == expected and grown.pending(larger) == []


def test_an_added_field_gets_its_default_in_old_records(grown: Store) -> None:
    grow(grown, with_lead(field("stars", "money", default=2.5), field("open", "boolean", default=True)))
    row = get(grown, "lead", 1) or {}
    assert (row["stars"], row["open"], create(grown, title="x")["stars"]) == (2.5, True, None)


def test_a_field_that_comes_to_fold_is_folded_in_old_records(grown: Store) -> None:
    made = entities()
    made["activity"] = entity("activity", field("content", fold="text"), reference("lead_id", "lead"))
    grow(grown, catalog(made))
    assert ids(grown, ("content", "eq", "CALL "), entity="activity") == [1]


def test_a_list_that_comes_to_fold_is_folded_item_by_item(grown: Store) -> None:
    grow(grown, with_lead(field("tags", "list", fold="text")))
    assert ids(grown, ("tags", "contains", " B")) == [1, 2]


def test_a_reference_may_be_added(grown: Store) -> None:
    grow(grown, with_lead(reference("parent_id", "lead")))
    made = create(grown, parent_id=1)
    assert ids(grown, ("parent.title", "eq", "eclair")) == [made["id"]]


def test_record_types_may_refer_to_each_other(grown: Store) -> None:
    pair = {"nest": entity("nest", reference("egg_id", "egg")), "egg": entity("egg", reference("nest_id", "nest"))}
    grow(grown, catalog(entities() | pair))
    nest = create(grown, "nest")
    assert create(grown, "egg", nest_id=nest["id"])["nest_id"] == nest["id"]


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: with_lead(field("amount")), ("schemas/entities/lead.json#/fields/properties/amount", "money", "text")),
        (lambda: with_lead(drop="phone"), ("schemas/entities/lead.json", "phone", "DROP COLUMN phone")),
        (lambda: with_lead(reference("status_id", "user")), ("status_id", "was status and is now user")),
        (lambda: catalog({k: v for k, v in entities().items() if k != "activity"}), ("activity.json", "DROP TABLE")),
    ],
    ids=["another type", "a dropped field", "another target", "a dropped record type"],
)
def test_what_is_not_growth_is_refused_with_the_way_out(grown: Store, other: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(CatalogError) as caught:
        grown.upgrade(other())
    assert all(word in str(caught.value) for word in words)
    assert grown.pending(catalog()) == [] and get(grown, "lead", 1)


def test_the_way_out_of_a_dropped_field_works(make_store: MakeStore) -> None:
    store = prepare(make_store("sqlite"))
    assert isinstance(store, SqliteStore)
    with sqlite3.connect(store.path) as connection:
        connection.execute("DROP INDEX ix_lead_remind_at")
        connection.execute("ALTER TABLE lead DROP COLUMN remind_at")
    connection.close()
    smaller = with_lead(drop="remind_at", index=())
    assert grow(store, smaller) == [] and ids(store) == [1, 2, 3, 4] and store.pending(smaller) == []


def test_a_unique_rule_that_records_break_is_refused(grown: Store) -> None:
    with pytest.raises(CatalogError, match="uq_lead_title_fold"):
        grown.upgrade(with_lead(unique=(("title",),)))
    assert grown.pending(catalog()) == []


def test_a_unique_rule_that_is_gone_no_longer_holds(grown: Store) -> None:
    made = entities()
    made["status"] = entity("status", field("code"), field("title"))
    assert grow(grown, catalog(made)) == ["drop index uq_status_code"]
    assert create(grown, "status", code="todo")["id"]


def test_the_key_of_a_table_of_leadwire_is_no_record_type(make_store: MakeStore) -> None:
    with pytest.raises(CatalogError, match=r"entities/event\.json.*Choose another"):
        make_store("sqlite").upgrade(catalog(entities() | {"event": entity("event", field("x"))}))


def test_a_database_of_newer_code_is_refused(grown: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "VERSION", 0)
    with pytest.raises(CatalogError, match="newer Leadwire"):
        grown.upgrade(catalog())


def test_an_upgrade_that_breaks_half_way_leaves_nothing(grown: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    larger = with_lead(field("city"), field("zip"))
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "_remember", lambda *given: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            grown.upgrade(larger)
    assert grown.pending(larger) == ["add lead.city", "add lead.zip"] == grow(grown, larger)


def test_ids_are_not_used_again_after_an_upgrade(grown: Store) -> None:
    last = create(grown, title="x")["id"]
    grown.transact(ADMIN, lambda tx: tx.delete("lead", last))
    grow(grown, with_lead(reference("parent_id", "lead")))
    assert create(grown, title="y")["id"] > last


def test_starting_at_once_makes_the_tables_once(tmp_path: Path) -> None:
    stores = [SqliteStore(str(tmp_path / "store.db")) for _ in range(4)]
    done: list[list[str]] = []
    threads = [threading.Thread(target=run) for run in (partial(upgraded, store, done) for store in stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert sorted(map(bool, done)) == [False, False, False, True]
