"""The front doors of other systems, as they describe themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from connector.catalog.model import Action, Catalog
from connector.catalog.outputs import closed, nullable
from connector.exporters import methods, oplead
from connector.exporters.families import (
    Family,
    answer_of,
    in_order,
    query_of,
    reference,
    refusals,
    target,
    working,
)
from connector.exporters.resources import directory
from connector.exporters.routes import KEY, KEY_IN_QUERY, RECORD_ID, Route, segment
from connector.exporters.salesman import LEADS
from connector.exporters.yoolla import REMINDERS

SIMPLE = "/api/simple"
TAG = "Simplified noCRM API"
DESKS = (LEADS, REMINDERS)
PLACES = {"get": 2, "post": 3}
"""Examples that delete take another record by each method: once it is gone it is gone."""
NOCRM_NAMES = {
    "remind_date": nullable({"type": "string", "format": "date"}),
    "remind_time": nullable({"type": "string", "maxLength": 0}),
    "next_action_at": nullable({"type": "string", "format": "date"}),
}  # fmt: skip


def simple_actions(catalog: Catalog) -> Iterator[Route]:
    """Every action on a lead as one address, by GET and by POST."""
    for action in in_order(catalog):
        if action.on == "lead":
            yield from (simple_action(catalog, action, method) for method in ("get", "post"))


def simple_action(catalog: Catalog, action: Action, method: Any) -> Route:
    """An action on a lead by that method."""
    shown: Mapping[str, Any] = next((example.document for example in working(action.examples)), {})
    lead = segment("lead_id", RECORD_ID, "The lead.", example=target(catalog, action, shown, PLACES[method]))
    return Route(
        key=f"simple_{method}_{action.key}", method=method, path=f"{SIMPLE}/leads/{{lead_id}}/{action.path}", tag=TAG,
        title=action.title["en"], door="simple", answers=simple_answer(catalog, action),
        does=f"{action.description['en']} Answers the lead. Other parameters are ignored.",
        takes=(lead, *(each for each in query_of(action.input, action.examples) if each.name != "lead_id"),
               KEY_IN_QUERY, KEY),
        refuses=(403, 404, 409, 413, 415, 507), refusals=refusals(action),
    )  # fmt: skip


def simple_answer(catalog: Catalog, action: Action) -> dict[str, Any]:
    """The lead in noCRM's words; what the action itself answers, once there is no lead any more."""
    lead = reference("NocrmLead")
    return {"anyOf": [lead, answer_of(catalog, action)]} if action.destructive else lead


def simple_ids(catalog: Catalog) -> Iterator[Route]:
    """The page of all ids, in that door."""
    for method in ("get", "post"):
        yield Route(
            key=f"simple_{method}_ids", method=method, path=f"{SIMPLE}/ids", tag=TAG, title="All Ids",
            does="Every id that a parameter may want.", answers=directory(catalog), door="simple", refuses=(403,),
        )  # fmt: skip


DOORS: Mapping[str, Family] = {
    f"{SIMPLE}/leads/<lead_id>/<path:path>": simple_actions,
    f"{SIMPLE}/ids": simple_ids,
    **{path: partial(methods.operations, desk=desk, path=path) for desk in DESKS for path in desk.paths},
    **oplead.OPLEAD,
}
"""Rule of the URL map -> its operations."""


def components(catalog: Catalog) -> dict[str, Any]:
    """The schemas that only the doors use."""
    lead = catalog.entities.get("lead")
    if lead is None:
        return {}
    return {"NocrmLead": closed({**lead.output["properties"], **NOCRM_NAMES}), **oplead.components(catalog)}
