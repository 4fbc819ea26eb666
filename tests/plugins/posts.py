"""A post office to test deliveries with: the demo world in a store of each kind, an admin, and workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from connector.access import tokens
from connector.access.tokens import Caller
from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.engine.run import run
from connector.engine.world import load_world
from connector.events import subscriptions
from connector.events.schedule import Clock, stamp
from connector.events.subscriptions import Wish
from connector.events.worker import Worker
from connector.settings import TABLE, Settings, load
from connector.storage.contract import Clause, Query, Row, Scope, Store
from connector.web.house import House
from tests.plugins.desk import shipped
from tests.plugins.receivers import Receiver
from tests.plugins.stores import KINDS, MakeStore

QUICK = {
    "LEADWIRE_DATABASE_URL": "memory:",
    "LEADWIRE_OUTBOUND_ALLOW": "127.0.0.0/8",
    "LEADWIRE_DELIVERY_SCHEDULE": "0.1,0.2,0.4,0.8",
    "LEADWIRE_DELIVERY_TIMEOUT": "2",
    "LEADWIRE_DELIVERY_LEASE": "6",
}


@dataclass
class Post:
    """Leads are made here, subscriptions too; what becomes of them is read from the store."""

    catalog: Catalog
    store: Store
    vault: Vault
    settings: Settings
    caller: Caller
    workers: list[tuple[Worker, threading.Thread]] = field(default_factory=list)
    secrets: dict[int, str] = field(default_factory=dict)

    def with_settings(self, **given: Any) -> Post:
        return replace(self, settings=replace(self.settings, **given))

    def as_user(self, email: str) -> Post:
        user = next(user for user in self.catalog.world["user"] if user["email"] == email)
        secret, _ = tokens.issue(self.store, 1, user["id"], "test")
        return replace(self, caller=tokens.authenticate(self.store, secret))

    def subscribe(self, receiver: Receiver, trigger: str = "new_lead", **given: Any) -> Row:
        wish = Wish(trigger=trigger, target_url=given.pop("url", receiver.url()), **given)
        row, secret = subscriptions.create(self.catalog, self.store, self.vault, self.caller, wish)
        if secret is not None:
            self.secrets[row["id"]] = secret
        return row

    def act(self, key: str, **raw: Any) -> dict[str, Any]:
        return run(self.catalog, self.store, self.caller.scope, key, raw).data

    def leads(self, count: int) -> list[int]:
        return [self.act("create_lead", title=f"Lead {number}")["id"] for number in range(count)]

    def work(self, clock: Clock | None = None) -> Worker:
        worker = Worker(self.settings, self.store, lambda *_: self.catalog, self.vault, clock=clock)
        self.workers.append((worker, worker.start()))
        return worker

    def rest(self) -> None:
        while self.workers:
            worker, thread = self.workers.pop()
            worker.stop()
            thread.join(20)
            assert not thread.is_alive()

    def rows(self, entity: str, **equal: Any) -> list[Row]:
        where = tuple(Clause(path=name, op="eq", value=value) for name, value in equal.items())
        return self.store.read(Scope(account_id=1), lambda tx: tx.find(Query(entity=entity, where=where)))

    def read(self, row: Row) -> Row:
        return self.rows("subscription", id=row["id"])[0]

    def until(self, met: Callable[[], Any], patience: float = 40) -> None:
        end = time.monotonic() + patience
        while not met():
            assert time.monotonic() < end, "it did not come about in time"
            time.sleep(0.02)

    def settled(self, count: int, **equal: Any) -> list[Row]:
        """The deliveries, once so many of them are no longer pending."""
        self.until(lambda: len([it for it in self.rows("delivery", **equal) if it["state"] != "pending"]) >= count)
        return self.rows("delivery", **equal)


def opened(store: Store, url: str = "memory:") -> Post:
    """The demo world in that empty store, and its first admin."""
    catalog = shipped()
    store.upgrade(catalog)
    store.adopt(catalog)
    load_world(catalog, store)
    secret, _ = tokens.issue(store, 1, 1, "test")
    settings = load({**QUICK, "LEADWIRE_DATABASE_URL": url})
    return Post(catalog, store, Vault(["key of the tests"]), settings, tokens.authenticate(store, secret))


@pytest.fixture(params=KINDS)
def post(request: pytest.FixtureRequest, make_store: MakeStore) -> Iterator[Post]:
    """A post office on each storage."""
    made = opened(make_store(request.param))
    yield made
    made.rest()


@pytest.fixture
def quick_post(make_store: MakeStore) -> Iterator[Post]:
    """A post office in memory, for what does not depend on the storage."""
    made = opened(make_store("memory"))
    yield made
    made.rest()


def housed(house: House) -> Post:
    """The post office of a house that is spoken to over HTTP."""
    secret, _ = tokens.issue(house.store, 1, 1, "test")
    names = {row.variable: row.name for row in TABLE}
    quick = {names[key]: getattr(load(QUICK), names[key]) for key in QUICK if key != "LEADWIRE_DATABASE_URL"}
    settings = replace(house.settings, **quick)
    caller = tokens.authenticate(house.store, secret)
    return Post(house.catalog, house.store, house.vault, settings, caller)


@pytest.fixture
def house_post(house: House) -> Iterator[Post]:
    """The post office of the house."""
    made = housed(house)
    yield made
    made.rest()


def now() -> str:
    return stamp(Clock().now())
