"""A desk with the demo world, a mail server on loopback and a postroom whose clock the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from typing import Any

import pytest

from connector.access.vault import Vault
from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Catalog
from connector.engine.run import run
from connector.engine.world import load_world
from connector.events.addresses import Vetting, networks
from connector.events.mailboxes import ways
from connector.events.post import Postroom
from connector.events.schedule import Clock
from connector.settings import load as load_settings
from connector.storage.contract import Query, Row, Scope, Store
from tests.plugins.mailservers import MailServer

ADMIN = Scope(account_id=1, actor_id=1)
SCHEDULE = "5,30"


class Hands(Clock):
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        # A little ahead of the storage, which stamps what is queued with its own time.
        self.moment = datetime.now(UTC) + timedelta(seconds=60)

    def now(self) -> datetime:
        return self.moment


@cache
def catalog() -> Catalog:
    """The shipped catalog."""
    return load([SHIPPED])


@dataclass
class Desk:
    """The demo world in a store, and short words for mail."""

    store: Store
    clock: Hands = field(default_factory=Hands)
    vault: Vault = field(default_factory=lambda: Vault(["test"]))

    def act(self, key: str, scope: Scope = ADMIN, **raw: Any) -> dict[str, Any]:
        """Run an action."""
        return run(catalog(), self.store, scope, key, raw).data

    def change(self, entity: str, record_id: int, **values: Any) -> None:
        """Change a record, past all actions."""
        self.store.transact(ADMIN, lambda tx: tx.update(entity, record_id, values))

    def rows(self, entity: str) -> list[Row]:
        """All records of an entity."""
        return self.store.read(ADMIN, lambda tx: tx.find(Query(entity=entity)))

    def email(self, record_id: int) -> Row:
        """An e-mail."""
        return next(row for row in self.rows("email") if row["id"] == record_id)

    def connect(self, server: MailServer, mailbox: int = 1, **values: Any) -> None:
        """Have a mailbox send through that server."""
        self.change("mailbox", mailbox, **{"host": "localhost", "port": server.port, "security": "none", **values})

    def send(self, **raw: Any) -> int:
        """Queue an e-mail to lead 1; its id."""
        given = {"lead_id": 1, "subject": "Your quote", "content": "Dear {{ lead.first_name }}", **raw}
        return int(self.act("send_email", **given)["id"])

    def postroom(self, **options: Any) -> Postroom:
        """A worker for this store."""
        urls = {name: options.pop(name, "") for name in ("mail_url", "mail_from")}
        settings = load_settings({}, delivery_schedule=SCHEDULE, **urls)
        out = ways(settings, self.vault, Vetting(allow=networks("127.0.0.1/32, ::1/128")))
        return Postroom(settings, self.store, catalog, out, clock=self.clock, **options)

    def work(self, room: Postroom, later: float = 0) -> None:
        """Let a worker do all that is due so many seconds later."""
        self.clock.moment += timedelta(seconds=later)
        while room.turn():
            room.drain()


@pytest.fixture
def mail_desk(store: Store) -> Iterator[Desk]:
    """The desk, on each kind of store in turn."""
    yield seated(store)


@pytest.fixture
def quick_desk(make_store: Callable[[str], Store]) -> Desk:
    """The desk, in memory."""
    return seated(make_store("memory"))


def seated(store: Store) -> Desk:
    """A desk with the demo world in this empty store."""
    store.upgrade(catalog())
    store.adopt(catalog())
    load_world(catalog(), store)
    return Desk(store)


def read(content: bytes | str | None) -> EmailMessage:
    """A mail as a mail program reads it."""
    assert isinstance(content, bytes)
    found = message_from_bytes(content, policy=default)
    assert isinstance(found, EmailMessage)
    return found
