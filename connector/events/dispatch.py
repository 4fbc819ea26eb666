"""The dispatcher: from events to deliveries, for the subscriptions that live when it looks, each event exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from time import monotonic
from typing import Any

import orjson

from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.errors import LeadwireError
from connector.events import signing
from connector.events.feeds import Feed, filled, trigger
from connector.events.messages import Parameter, body, parameters
from connector.events.subscriptions import ENTITY, PROVIDER, delivery_of, feed_of, live, settled, sight
from connector.storage.contract import Backlog, Clause, Event, EventQuery, Query, Row, Scope, Store

log = logging.getLogger(__name__)
BATCH = 500
"""Events of one feed per transaction."""
STRIDE = 10_000
"""Events that are passed over at a time, at most."""
SILENCE = 0.7
"""Seconds for which an account is left alone where nobody listened at the last look."""
FEEDBACK = "lead_status_changed"
"""The trigger that a lead's provider is told of."""
URL_FIELD = "provider_webhook_url"
NAMED = f'"{URL_FIELD}":"'
"""How the body of an event begins to name one."""
Page = Callable[[Scope, tuple[str, ...], str | None], Sequence[Event]]
Match = tuple[Row, Event, Feed]
CatalogOf = Callable[[int, int | None], Catalog]
"""The catalog of an account with custom fields of that version."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look at the log: how many deliveries were made, and whether more waits already."""

    made: int = 0
    more: bool = False


class Pages:
    """The events of one batch, each question asked once. It ends where the first page that is full ends."""

    def __init__(self, store: Store, backlog: Backlog) -> None:
        self.upto = backlog.newest
        self._store, self._after, self._newest = store, backlog.dispatched, backlog.newest
        self._seen: dict[Any, Sequence[Event]] = {}

    def read(self, scope: Scope, topics: tuple[str, ...], value: str | None) -> Sequence[Event]:
        """The events on these topics that the scope may see; more than `upto` may count of them."""
        key = (scope.owner, topics, value)
        if key not in self._seen:
            query = EventQuery(topics=topics, after=self._after, value=value, limit=BATCH)
            found = self._store.events(scope, query)
            if len(found) == BATCH:
                self.upto = min(self.upto, found[-1].seq)
            self._seen[key] = [event for event in found if event.seq <= self._newest]
        return self._seen[key]


class Dispatcher:
    """Turns the log into deliveries. Keeps compiled feeds, and where nobody listens; holds no other state."""

    def __init__(self, store: Store, vault: Vault, catalog: CatalogOf) -> None:
        self._store, self._vault, self._catalog = store, vault, catalog
        self._feeds: dict[Any, Feed | None] = {}
        self._silent: dict[int, float] = {}

    def round(self, now: str) -> Look:
        """Dispatch one batch of every account that has something to do, and is not silent."""
        moment = monotonic()
        self._silent = {account: end for account, end in self._silent.items() if end > moment}
        waiting = [backlog for backlog in self._store.backlogs() if backlog.account_id not in self._silent]
        looks = [self._batch(backlog, now) for backlog in waiting]
        return Look(sum(look.made for look in looks), any(look.more for look in looks))

    def _batch(self, backlog: Backlog, now: str) -> Look:
        near = replace(backlog, newest=min(backlog.newest, backlog.dispatched + STRIDE))
        pages = Pages(self._store, near)
        rows = [row for row in self._subscriptions(near, pages.read) if live(row, now)]
        if not rows and near == backlog:
            self._silent[backlog.account_id] = monotonic() + SILENCE
        matches = [match for row in rows for match in self._matches(row, pages.read)]
        fresh = sorted((match for match in matches if match[1].seq <= pages.upto), key=lambda match: match[1].seq)
        extras = {row["id"]: parameters(self._vault, row) for row in {row["id"]: row for row, _, _ in fresh}.values()}
        deliveries = [deliverable(row, extras[row["id"]], event, feed, now) for row, event, feed in fresh]
        moved = self._store.dispatch(near, pages.upto, deliveries)
        return Look(len(deliveries), pages.upto < backlog.newest) if moved else Look()

    def _subscriptions(self, near: Backlog, page: Page) -> list[Row]:
        rows = self._listening(near.account_id)
        # The bodies are searched where they are: most name no provider, and are not worth being read here.
        named = self._providers(near.account_id, page) if self._store.mentions(near, NAMED) else set()
        wanted = named - {row["target_url"] for row in rows if row["kind"] == PROVIDER}
        for url in wanted:
            settled(self._store, self._vault, near.account_id, _provider(near.account_id, url))
        return self._listening(near.account_id) if wanted else rows

    def _listening(self, account_id: int) -> list[Row]:
        query = Query(entity=ENTITY, where=(Clause(path="state", op="in", value=["active", "paused"]),))
        return self._store.read(Scope(account_id=account_id), lambda tx: tx.find(query))

    def _providers(self, account_id: int, page: Page) -> set[str]:
        """The addresses that leads of this batch name as their provider's."""
        if FEEDBACK not in self._catalog(account_id, None).triggers:
            return set()
        events = page(Scope(account_id=account_id), self._feedback(account_id).topics, None)
        return {url for event in events if (url := _url(event)) is not None}

    def _feedback(self, account_id: int) -> Feed:
        catalog = self._catalog(account_id, None)
        key = (catalog.version, account_id, "feedback")
        if key not in self._feeds:
            self._feeds[key] = filled(
                catalog, self._store, Scope(account_id=account_id), trigger(catalog, FEEDBACK), {}
            )
        feed = self._feeds[key]
        assert feed is not None
        return feed

    def _matches(self, row: Row, page: Page) -> Iterator[Match]:
        feed = self._feed(row)
        if feed is None:
            return
        for event in page(sight(row), feed.topics, feed.value):
            if (feed.wants is None or feed.wants(event)) and _meant(row, event):
                yield row, event, feed

    def _feed(self, row: Row) -> Feed | None:
        """Its feed; None when the catalog no longer has it or its filter names what is gone."""
        if row["kind"] == PROVIDER:
            return self._feedback(row["account_id"])
        catalog = self._catalog(row["account_id"], row.get("custom_version"))
        key = (catalog.version, row["account_id"], row["id"], row["updated_at"], sight(row).owner)
        if key not in self._feeds:
            if len(self._feeds) > 10_000:
                self._feeds.clear()
            self._feeds[key] = self._made(catalog, row)
        return self._feeds[key]

    def _made(self, catalog: Catalog, row: Row) -> Feed | None:
        try:
            return feed_of(catalog, self._store, row)
        except LeadwireError as error:
            log.warning("subscription %s matches nothing: %s", row["id"], error)
            return None


def deliverable(row: Row, extra: Sequence[Parameter], event: Event, feed: Feed, now: str) -> Row:
    """The delivery of an event to a subscription; its body is made here, once."""
    message = signing.message_id(row["id"], event.seq)
    text = body(row["style"], extra, message, row["trigger"], feed.item(event))
    return delivery_of(row, event.seq, text, now, event.request_id)


def _url(event: Event) -> str | None:
    """The provider's address in an event, without reading the body of those that have none."""
    if event.after is None or NAMED not in event.after:
        return None
    found: str | None = orjson.loads(event.after).get(URL_FIELD)
    return found or None


def _meant(row: Row, event: Event) -> bool:
    """A provider hears only of the leads that name its address."""
    return bool(row["kind"] != PROVIDER or _url(event) == row["target_url"])


def _provider(account_id: int, url: str) -> Row:
    same = sha256(orjson.dumps([account_id, PROVIDER, url])).hexdigest()
    return {"trigger": FEEDBACK, "target_url": url, "filter": {}, "style": "flat", "parameters": None, "kind": PROVIDER,
            "user_id": None, "token_id": None, "fingerprint": same}  # fmt: skip
