"""Polling feeds: two views of one log. Newest first without a cursor, oldest first from a cursor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from connector.catalog.custom import holds, whole
from connector.catalog.inputs import parse
from connector.catalog.model import CHANGED, CUSTOM, Catalog, Trigger
from connector.engine.lists import Page, page_limit
from connector.engine.lookups import resolve
from connector.engine.queries import left_out, open_run
from connector.engine.records import Members, Names, plain
from connector.errors import CursorExpired, CursorReset, Malformed, NotFound
from connector.storage.contract import Event, EventQuery, FeedState, Scope, Store, Transaction

ITEMS, MOST = 100, 1000
"""Items of a page by default, and at most."""
SCAN = 20_000
"""Events that one page may look at when a filter has to be tested event by event."""
RECENT = timedelta(minutes=20)
BACK = timedelta(hours=24)
CURSOR = re.compile(r"v1\.([0-9a-f]{8,64})\.(\d{1,16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A trigger with its filter filled in: which topics, which value of the index, which test, which item."""

    topics: tuple[str, ...]
    value: str | None
    wants: Callable[[Event], bool] | None
    """None when the index alone decides."""
    item: Callable[[Event], dict[str, Any]]


def trigger(catalog: Catalog, key: str) -> Trigger:
    """The trigger of that key, or NotFound."""
    try:
        return catalog.triggers[key]
    except KeyError:
        raise NotFound("trigger_not_found", name=key) from None


def page(
    catalog: Catalog, store: Store, scope: Scope, key: str, raw: Mapping[str, Any], *, after: str | None = None,
    limit: int | None = None,
) -> Page:  # fmt: skip
    """A page of a trigger's feed.

    Without `after`: newest first, at least 100 items where there are as many, and all of the last 20 minutes up to
    1,000. With it: oldest first from there. `cursor` is on every page and never goes back.
    """
    feed = filled(catalog, store, scope, trigger(catalog, key), raw)
    size = page_limit(limit, ITEMS, MOST)
    # Read before the events: all up to this seq are then visible to the reads below.
    state = store.feed(scope.account_id)
    if after is None:
        return _newest(store, scope, feed, state, size, recent=limit is None)
    return _onward(store, scope, feed, state, _seq(after, state), size)


def filled(catalog: Catalog, store: Store, scope: Scope, found: Trigger, raw: Mapping[str, Any]) -> Feed:
    """The trigger with a subscriber's filter: inputs typed, references resolved, topics and tests decided."""
    inputs = parse(found.input, raw, text=True)

    def work(tx: Transaction) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
        run = open_run(catalog, tx, Names({"now": tx.now}, {}), inputs)
        refs = found.input.refs
        typed = {name: resolve(run, name, refs[name], it) if name in refs else it for name, it in inputs.items()}
        names = Names({"input": Members(typed)}, {})
        match = {name: plain(value.of(names)) for name, value in found.match.items() if not left_out(run, value)}
        topics = tuple(f"{found.on}.{value.of(names)}" for value in found.fires)
        plain_inputs = {name: plain(value) for name, value in typed.items()}
        return plain_inputs, match, topics

    plain_inputs, match, topics = store.read(scope, work)
    fired = catalog.entities[found.on].fields.get(topics[0].removeprefix(f"{found.on}.")) if len(topics) == 1 else None
    value = match.pop(fired.name, None) if fired is not None and fired.valued else None
    tested = match or found.when is not None or CUSTOM in plain_inputs
    wants = _test(found, plain_inputs, match) if tested else None
    return Feed(topics=topics, value=_text(value), wants=wants, item=_projection(found))


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _data(text: str | None) -> Members | None:
    return None if text is None else Members(orjson.loads(text))


def _test(found: Trigger, inputs: Mapping[str, Any], match: Mapping[str, Any]) -> Callable[[Event], bool]:
    custom = inputs.get(CUSTOM, {})

    def wants(event: Event) -> bool:
        before, after = _data(event.before), _data(event.after)
        record = after or before
        if any(getattr(record, name) != value for name, value in match.items()):
            return False
        held = getattr(record, CUSTOM) or {}
        if not all(holds(found.own[key], held.get(key), value) for key, value in custom.items()):
            return False
        names = {"input": Members(inputs), "before": before, "after": after, "changed": list(event.changed),
                 "origin": event.origin}  # fmt: skip
        return found.when is None or bool(found.when.of(names))

    return wants


def _projection(found: Trigger) -> Callable[[Event], dict[str, Any]]:
    """The one serializer of a trigger: poll, push and sample all go through it."""
    keys = tuple(found.output["properties"])
    own = f"{found.on}_id"
    earlier = tuple(key for key in keys if key.endswith("_before"))

    def item(event: Event) -> dict[str, Any]:
        record = orjson.loads(event.after or event.before or "{}")
        shown = {key: record.get(key) for key in keys}
        if CHANGED in shown:
            shown[CHANGED] = list(event.changed)
        if CUSTOM in shown and found.own:
            shown[CUSTOM] = whole(found.own, shown[CUSTOM])
        shown |= {"id": event.seq, "occurred_at": event.at, "actor_id": event.actor_id, "origin": event.origin,
                  own: event.record_id}  # fmt: skip
        if earlier:
            before = orjson.loads(event.before or "{}")
            shown |= {key: before.get(key.removesuffix("_before")) for key in earlier if key not in record}
        return shown

    return item


def _newest(store: Store, scope: Scope, feed: Feed, state: FeedState, size: int, *, recent: bool) -> Page:
    items: list[dict[str, Any]] = []
    newest = state.newest
    for count, event in enumerate(_backwards(store, scope, feed)):
        newest = max(newest, event.seq)
        enough = len(items) >= size
        if enough and not (recent and len(items) < MOST and _younger(event, RECENT)):
            break
        if feed.wants is not None and count >= SCAN and not _younger(event, BACK):
            break
        if feed.wants is None or feed.wants(event):
            items.append(feed.item(event))
    return Page(data=items, cursor=f"v1.{state.feed}.{newest}", has_more=False)


def _younger(event: Event, span: timedelta) -> bool:
    at = datetime.fromisoformat(event.at)
    return datetime.now(at.tzinfo) - at < span


def _backwards(store: Store, scope: Scope, feed: Feed) -> Iterator[Event]:
    below, want = None, ITEMS + 1
    while True:
        found = store.events(scope, EventQuery(topics=feed.topics, value=feed.value, before=below, limit=want))
        yield from found
        if len(found) < want:
            return
        below, want = found[-1].seq, 500


def _onward(store: Store, scope: Scope, feed: Feed, state: FeedState, after: int, size: int) -> Page:
    items: list[dict[str, Any]] = []
    place, seen = after, 0
    while seen < SCAN:
        # A filter that takes most events needs little more than a page; one that rejects them reads on in larger steps.
        want = size + 1 - len(items) if feed.wants is None else max(size + 1 - len(items), min(seen, 500))
        found = store.events(scope, EventQuery(topics=feed.topics, value=feed.value, after=place, limit=want))
        for event in found:
            if len(items) == size:
                return Page(data=items, cursor=f"v1.{state.feed}.{place}", has_more=True)
            place, seen = event.seq, seen + 1
            if feed.wants is None or feed.wants(event):
                items.append(feed.item(event))
        if len(found) < want:
            return Page(data=items, cursor=f"v1.{state.feed}.{max(place, state.newest)}", has_more=False)
    return Page(data=items, cursor=f"v1.{state.feed}.{place}", has_more=True)


def _seq(cursor: str, state: FeedState) -> int:
    """The place a cursor stands for; refused when it is another database's, from the future or too old."""
    match = CURSOR.fullmatch(cursor)
    if match is None:
        raise Malformed("bad_cursor")
    seq = int(match.group(2))
    if match.group(1) != state.feed or seq > state.newest:
        raise CursorReset()
    oldest = state.oldest or state.newest + 1
    if seq < oldest - 1:
        raise CursorExpired(oldest=f"v1.{state.feed}.{oldest - 1}")
    return seq
