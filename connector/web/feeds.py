"""Triggers over HTTP: the feed of each, in both views, and its sample."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from connector import storage
from connector.access.tokens import Caller
from connector.events import feeds as log
from connector.events import samples
from connector.web import incoming
from connector.web.answers import answer, tagged
from connector.web.house import house

feeds = Blueprint("feeds", __name__)


@feeds.get("/triggers/<key>")
def feed(key: str) -> Response:
    """Newest first; with `after`, oldest first from that cursor. Unchanged pages answer 304 to their ETag."""
    caller = incoming.caller()
    raw, paging = incoming.split("after", "limit")
    limit = incoming.limit(paging.get("limit"), log.MOST)
    catalog, after = house().catalog_of(caller), paging.get("after") or None
    found = log.page(catalog, house().store, caller.scope, key, raw, after=after, limit=limit)
    return tagged(found.as_json())


@feeds.get("/triggers/<key>/sample")
def sample(key: str) -> Response:
    """One item of the demo world, of the same shape as the live ones, in the envelope of the feed."""
    caller = incoming.caller()
    incoming.query()
    return answer({"data": [sample_of(caller, key)], "cursor": None, "has_more": False})


def sample_of(caller: Caller, key: str) -> dict[str, Any]:
    """The trigger's sample, made once per shared catalog, with the caller's custom fields in it."""
    catalog, kept = house().catalog, house().samples
    place = (catalog.version, key)
    if place not in kept:
        kept[place] = samples.sample(catalog, key, lambda: storage.open("memory:"))
    return samples.with_own(house().catalog_of(caller), key, kept[place])
