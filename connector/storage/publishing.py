"""The events of a transaction written by one statement, for databases where every statement is a round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, Text, bindparam, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from connector.storage.journal import Draft
from connector.storage.listed import listed, packed
from connector.storage.statements import EVENT, TOPIC
from connector.storage.tables import Tables

_SINGLE = (BigInteger, BigInteger, Text)
"""The account, how many events, the moment."""
_PER_EVENT: dict[str, TypeEngine[Any]] = {
    "place": BigInteger(), "actor_id": BigInteger(), "origin": Text(), "request_id": Text(), "entity": Text(),
    "record_id": BigInteger(), "verb": Text(), "changed": Text(), "before": Text(), "after": Text(),
}  # fmt: skip
_PER_TOPIC: dict[str, TypeEngine[Any]] = {
    "place": BigInteger(), "topic": Text(), "owner_id": BigInteger(), "value": Text(),
}  # fmt: skip


def published(account_id: int, now: str, drafts: Sequence[Draft]) -> list[Any]:
    """The values of `publish_all`. Rows travel as JSON: ten times cheaper for the client than arrays of texts."""
    events = [
        {"place": place, "actor_id": one.scope.actor_id, "origin": one.scope.origin,
         "request_id": one.scope.request_id, "entity": one.entity, "record_id": one.record_id, "verb": one.verb,
         "changed": orjson.dumps(one.changed).decode(), "before": one.before, "after": one.after}
        for place, one in enumerate(drafts, 1)
    ]  # fmt: skip
    topics = [
        {"place": place, "topic": topic, "owner_id": one.owner_id, "value": value}
        for place, one in enumerate(drafts, 1)
        for topic, value in one.topics
    ]
    return [account_id, len(drafts), now, packed(events), packed(topics)]


def publish_all(tables: Tables) -> Any:
    """Take numbers from the account's counter, write the events and their topics; answers the last number."""
    feed, event, topic = tables["feed"], tables["event"], tables["event_topic"]
    single: list[BindParameter[Any]] = [bindparam(f"v{place}", type_=kind) for place, kind in enumerate(_SINGLE)]
    account_id, count, moment = single
    first = upsert(feed).values(account_id=account_id, seq=count, dispatched=literal(0))
    raised = first.on_conflict_do_update(index_elements=["account_id"], set_={"seq": feed.c.seq + first.excluded.seq})
    counter = raised.returning(feed.c.seq).cte("counter")
    rows = listed(tables.dialect, "e", _PER_EVENT, len(_SINGLE))
    entries = listed(tables.dialect, "t", _PER_TOPIC, len(_SINGLE) + 1)
    body = [rows.c[name] for name in EVENT[EVENT.index("actor_id") :]]
    events = select(account_id, counter.c.seq - count + rows.c.place, moment, *body)
    seq = counter.c.seq - count + entries.c.place
    topics = select(account_id, entries.c.topic, seq, entries.c.owner_id, entries.c.value)
    return select(counter.c.seq).add_cte(
        insert(event).from_select(EVENT, events.select_from(counter, rows)).cte("events"),
        insert(topic).from_select(TOPIC, topics.select_from(counter, entries)).cte("topics"),
    )
