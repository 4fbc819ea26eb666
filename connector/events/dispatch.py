"""The dispatcher: from events to deliveries, for the subscriptions that live when it looks, each event exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from time import monotonic
from typing import Any

import orjson

from connector.access.vault import Vault
from connector.catalog.model import Catalog
from connector.errors import LeadwireError
from connector.events import callouts, signing
from connector.events.feeds import Feed, filled, trigger
from connector.events.messages import Parameter, body, parameters
from connector.events.subscriptions import CALLS, ENTITY, PROVIDER, delivery_of, feed_of, live, settled, sight
from connector.storage.contract import Backlog, Clause, Event, EventQuery, Query, Row, Scope, Store

log = logging.getLogger(__name__)
BATCH = 500
"""Events of one feed per transaction."""
STRIDE = 10_000
"""Events that are passed over at a time, at most."""
SILENCE = 0.7
"""Seconds for which an account is left alone where nobody listened at the last look."""
LISTENING = ("active", "paused")
"""States of a subscription in which deliveries are made for it."""
FEEDBACK = "lead_status_changed"
"""The trigger that a lead's provider is told of."""
URL_FIELD = "provider_webhook_url"
NAMED = f'"{URL_FIELD}":"'
"""How the body of an event begins to name one."""
Page = Callable[[Scope, tuple[str, ...], str | None], Sequence[Event]]
Match = tuple[Row, Event, Feed]
CatalogOf = Callable[[int, int | None], Catalog]
"""The catalog of an account with custom fields of that version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a worker that looks at the log may keep for itself: it need not come back to claim what it has just made."""

    token: str
    until: str
    rooms: Mapping[int, int]
    """How many deliveries it takes per subscription."""
    first: int
    """How many of a subscription that is not named there."""
    batch: int = BATCH
    """Events of one feed that it looks at."""


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look at the log: how many deliveries were made, whether more waits already, what is taken."""

    made: int = 0
    more: bool = False
    taken: Sequence[tuple[Row, Row]] = ()
    """Deliveries under the lease of the grant, each with its subscription."""
    left: frozenset[int] = frozenset()
    """Subscriptions of which some are left to the queue."""


class Pages:
    """The events of one batch, each question asked once. It ends where the first page that is full ends."""

    def __init__(self, store: Store, backlog: Backlog, size: int) -> None:
        self.upto = backlog.newest
        self._store, self._after, self._newest, self._size = store, backlog.dispatched, backlog.newest, size
        self._seen: dict[Any, Sequence[Event]] = {}

    def read(self, scope: Scope, topics: tuple[str, ...], value: str | None) -> Sequence[Event]:
        """The events on these topics that the scope may see; more than `upto` may count of them."""
        key = (scope.owner, topics, value)
        if key not in self._seen:
            query = EventQuery(topics=topics, after=self._after, value=value, limit=self._size)
            found = self._store.events(scope, query)
            if len(found) == self._size:
                self.upto = min(self.upto, found[-1].seq)
            self._seen[key] = [event for event in found if event.seq <= self._newest]
        return self._seen[key]


class Dispatcher:
    """Turns the log into deliveries. Keeps compiled feeds, and where nobody listens; holds no other state."""

    def __init__(self, store: Store, vault: Vault, catalog: CatalogOf) -> None:
        self._store, self._vault, self._catalog = store, vault, catalog
        self._feeds: dict[Any, Feed | None] = {}
        self._silent: dict[int, float] = {}
        self._calls_next = 0.0

    def round(self, now: str, grant: Grant) -> Look:
        """Dispatch one batch of every account that has something to do, and is not silent; and what actions call."""
        moment = monotonic()
        self._silent = {account: end for account, end in self._silent.items() if end > moment}
        waiting = [backlog for backlog in self._store.backlogs() if backlog.account_id not in self._silent]
        looks = [self._batch(backlog, now, grant) for backlog in waiting]
        taken = [each for look in looks for each in look.taken]
        left = frozenset().union(*(look.left for look in looks))
        called = self._called(moment, now)
        made = called + sum(look.made for look in looks)
        return Look(made, any(look.more for look in looks) or called == callouts.PAGE, taken, left)

    def _called(self, moment: float, now: str) -> int:
        """Queue what actions call; a look now and then is enough, unless there is much."""
        if moment < self._calls_next:
            return 0
        called = callouts.queue(self._store, self._vault, now)
        self._calls_next = moment + (SILENCE / 2 if called < callouts.PAGE else 0)
        return called

    def _batch(self, backlog: Backlog, now: str, grant: Grant) -> Look:
        near = replace(backlog, newest=min(backlog.newest, backlog.dispatched + STRIDE))
        pages = Pages(self._store, near, grant.batch)
        rows = [row for row in self._listening(near.account_id) if live(row, now)]
        if not rows and near == backlog:
            self._silent[backlog.account_id] = monotonic() + SILENCE
        matches = [match for row in rows for match in self._matches(row, pages.read)]
        # The bodies are searched where they are: most name no provider, and are not worth being read here.
        if self._store.mentions(replace(near, newest=pages.upto), NAMED):
            new = self._introduced(near.account_id, rows, pages.read)
            matches += [match for row in new for match in self._matches(row, pages.read)]
            rows += new
        deliveries = self._deliveries([match for match in matches if match[1].seq <= pages.upto], now)
        if deliveries:
            self._keep(deliveries, {row["id"] for row in rows if row["state"] == "active"}, grant, now)
        ids = self._store.dispatch(near, pages.upto, deliveries)
        if ids is None:
            return Look()
        known = {row["id"]: row for row in rows}
        taken = [
            (delivery | {"id": ids[delivery["message_id"]]}, known[delivery["subscription_id"]])
            for delivery in deliveries
            if delivery["message_id"] in ids
        ]
        left = frozenset(row["subscription_id"] for row in deliveries if row["message_id"] not in ids)
        return Look(len(deliveries), pages.upto < backlog.newest, taken, left)

    def _deliveries(self, matches: Sequence[Match], now: str) -> list[Row]:
        """Made in the order of the log. Subscriptions to one trigger share an event's item."""
        items: dict[tuple[str, int], Mapping[str, Any]] = {}
        extras = {row["id"]: parameters(self._vault, row) for row in {row["id"]: row for row, _, _ in matches}.values()}
        made = []
        for row, event, feed in sorted(matches, key=lambda match: match[1].seq):
            key = (row["trigger"], event.seq)
            item = items.get(key) or items.setdefault(key, feed.item(event))
            made.append(deliverable(row, extras[row["id"]], event, item, now))
        return made

    def _keep(self, deliveries: Sequence[Row], active: set[int], grant: Grant, now: str) -> None:
        """Lease what the worker has room for; not past what waits in the queue already, for that is older."""
        left = dict.fromkeys({row["subscription_id"] for row in deliveries} - active, 0)
        left |= {lane.subscription_id: 0 for lane in self._store.due(now)}
        for row in deliveries:
            key = row["subscription_id"]
            room = left.setdefault(key, grant.rooms.get(key, grant.first))
            if room:
                left[key] = room - 1
                row.update(lease_token=grant.token, due_at=grant.until, attempts=1)

    def _introduced(self, account_id: int, rows: Sequence[Row], page: Page) -> list[Row]:
        """Subscriptions of providers that are named for the first time."""
        known = {row["target_url"] for row in rows if row["kind"] == PROVIDER}
        wanted = self._providers(account_id, page) - known
        new = [settled(self._store, self._vault, account_id, _provider(account_id, url))[0] for url in sorted(wanted)]
        return [row for row in new if row["state"] in LISTENING]

    def _listening(self, account_id: int) -> list[Row]:
        hears = (Clause(path="state", op="in", value=LISTENING), Clause(path="kind", op="ne", value=CALLS))
        query = Query(entity=ENTITY, where=hears)
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
            if event.seq > (row["heard"] or 0) and (feed.wants is None or feed.wants(event)) and _meant(row, event):
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


def deliverable(row: Row, extra: Sequence[Parameter], event: Event, item: Mapping[str, Any], now: str) -> Row:
    """The delivery of an event to a subscription; its body is made here, once."""
    message = signing.message_id(row["id"], event.seq)
    text = body(row["style"], extra, message, row["trigger"], item)
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
