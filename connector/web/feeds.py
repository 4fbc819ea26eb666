"""Triggers over HTTP: the feed of each, in both views, and its sample."""

from __future__ import annotations

from flask import Blueprint, Response, request

from connector.events import feeds as log
from connector.web import incoming
from connector.web.answers import answer, tagged
from connector.web.house import house

feeds = Blueprint("feeds", __name__)


@feeds.get("/triggers/<key>")
def feed(key: str) -> Response:
    """Newest first; with `after`, oldest first from that cursor. Unchanged pages answer 304 to their ETag."""
    caller = incoming.caller()
    raw = incoming.texts(request.args)
    paging = incoming.last({name: raw.pop(name) for name in ("after", "limit") if name in raw})
    limit = incoming.limit(paging.get("limit"), log.MOST)
    found = log.page(house().catalog, house().store, caller.scope, key, raw, after=paging.get("after"), limit=limit)
    return tagged(found.as_json())


@feeds.get("/triggers/<key>/sample")
def sample(key: str) -> Response:
    """One made-up item of the same shape as the live ones, in the envelope of the feed."""
    incoming.caller()
    incoming.query()
    return answer({"data": [log.sample(house().catalog, key)], "cursor": None, "has_more": False})
