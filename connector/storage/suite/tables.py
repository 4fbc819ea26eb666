"""Promises about starting, loading and growing."""

# ruff: noqa: D102 - the name of a promise says it

from __future__ import annotations

from connector.catalog.model import Show
from connector.storage.contract import Store
from connector.storage.suite.ground import Ground, change, create, get, ids
from connector.storage.suite.world import catalog, entities, entity, field, reference


class TablePromises(Ground):
    """A catalog may grow; what is there stays."""

    def test_nothing_is_pending_after_an_upgrade(self, store: Store) -> None:
        assert store.pending(catalog()) == [] == store.upgrade(catalog())

    def test_a_catalog_may_be_taken_on_again(self, store: Store) -> None:
        store.adopt(catalog())
        assert ids(store) == [1, 2, 3, 4]

    def test_a_new_field_and_a_new_record_type_join_what_is_there(self, store: Store) -> None:
        grown = entities()
        source = entity("source", field("name", fold="text"), unique=(("name",),))
        shows = (*grown["lead"].shows, Show(name="source", path=("source_id", "name")))
        more = (field("city", fold="text"), reference("source_id", "source"))
        fields = [*grown["lead"].fields.values(), *more][3:]
        lead = entity("lead", *fields, shows=shows, owner=("user_id",), index=(("city",),))
        grown |= {"source": source, "lead": lead}
        store.upgrade(catalog(grown))
        store.adopt(catalog(grown))
        made = create(store, "source", name="Fair")
        change(store, city="Orléans", source_id=made["id"])
        row, old = get(store, "lead", 1) or {}, get(store, "lead", 2) or {}
        assert (row["title"], row["city"], row["source"], old["city"]) == ("Éclair", "Orléans", "Fair", None)
        assert ids(store, ("city", "eq", "orleans")) == [1] and store.pending(catalog(grown)) == []

    def test_loaded_ids_are_kept_and_new_ones_lie_beyond(self, store: Store) -> None:
        store.load({"status": [{"id": 500, "code": "far"}]}, 1)
        assert create(store, "status", code="next")["id"] > 500

    def test_records_may_be_loaded_in_any_order(self, store: Store) -> None:
        store.load({"activity": [{"id": 50, "lead_id": 60}], "lead": [{"id": 60, "title": "later"}]}, 1)
        assert (get(store, "activity", 50) or {})["lead_title"] == "later"

    def test_loading_makes_no_events(self, store: Store) -> None:
        assert store.feed(1).newest == 0
