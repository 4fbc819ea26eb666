"""Fault cases 31 and 32: an upgrade killed half way, and old and new code on one database."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from connector.catalog.model import Catalog
from connector.errors import CatalogError
from connector.storage import open as open_store
from connector.storage import upgrade
from connector.storage.contract import Store
from connector.storage.suite.ground import change, create, get, ids
from connector.storage.suite.world import catalog, entities, entity, field, prepare

SPAWN = multiprocessing.get_context("spawn")
GROWTH = ["add activity.color", "add activity.shape", "create table nest"]


def larger() -> Catalog:
    """The catalog of a later release: two more fields and one more record type."""
    made = entities()
    fields = [*list(made["activity"].fields.values())[3:], field("color"), field("shape")]
    return catalog(made | {"activity": entity("activity", *fields), "nest": entity("nest", field("title"))})


@pytest.fixture
def old(url: str) -> Iterator[Store]:
    store = prepare(open_store(url))
    yield store
    store.close()


def die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def upgrade_and_die(url: str, after: int) -> None:
    """Be killed after so many statements that change a table."""
    done = iter(range(after))
    make = upgrade._apply

    def until_then(*given: Any) -> Any:
        if next(done, None) is None:
            die()
        return make(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upgrade, "_apply", until_then)
        open_store(url).upgrade(larger())


@pytest.mark.parametrize("after", [0, 1, 2])
def test_31_an_upgrade_that_was_killed_half_way_is_done_by_the_next_start(url: str, old: Store, after: int) -> None:
    child = SPAWN.Process(target=upgrade_and_die, args=(url, after))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert set(GROWTH) <= set(old.pending(larger()))
    assert change(old, title="in between")
    assert set(GROWTH) <= set(old.upgrade(larger()))
    old.adopt(larger())
    assert create(old, "nest", title="x")["id"]
    assert old.pending(larger()) == []


def test_32_old_code_goes_on_beside_new_code(url: str, old: Store) -> None:
    new = open_store(url)
    new.upgrade(larger())
    new.adopt(larger())
    mine = create(old, "activity", content="of the old", lead_id=1)
    yours = create(new, "activity", content="of the new", lead_id=1, color="red")
    assert (get(new, "activity", mine["id"]) or {})["color"] is None
    assert (get(old, "activity", yours["id"]) or {})["content"] == "of the new"
    assert ids(old, entity="activity") == ids(new, entity="activity")
    assert old.feed(1).newest == new.feed(1).newest == 2
    new.close()


def test_32_code_that_is_too_old_refuses_to_start(url: str, old: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "VERSION", upgrade.VERSION - 1)
    with pytest.raises(CatalogError, match="newer Leadwire"):
        old.upgrade(catalog())
    assert change(old, title="x")
