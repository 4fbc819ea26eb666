"""noCRM's simplified API: every action on a lead is one address, `/api/simple/leads/42/assign?user_id=ana@x.test`.

The address after the lead is the `path` of an action, so a new action file is live here too. GET and POST are the same;
HEAD and prefetching never act. Answers are the lead; errors are `{"error": status, "message", "type"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

from connector.access.tokens import Caller
from connector.catalog.model import Action, Catalog
from connector.engine import lists
from connector.engine.run import run
from connector.errors import LeadwireError, NotFound
from connector.web import incoming
from connector.web.answers import JSON_TYPE, answer, replayed
from connector.web.house import house
from connector.web.looking import EVERY_METHOD, refuse_looking
from connector.web.problems import catch, refuse
from connector.web.records import directory

ROOTS = ("/api/simple", "/simple")

simple = Blueprint("simple", __name__)


@simple.route("/leads/<lead_id>/<path:path>", methods=EVERY_METHOD)
def act(lead_id: str, path: str) -> Response:
    """Run the action of that path on that lead, and answer the lead."""
    refuse_looking()
    caller = incoming.caller("act")
    catalog = house().catalog_of(caller)
    action = action_at(catalog, path)
    wanted = incoming.path_id(lead_id, "lead")
    raw = parameters(action) | {"lead_id": wanted}
    done = run(catalog, house().store, caller.scope, action.key, raw, text=True, lenient=True)
    shown = done.data if is_lead(catalog, action) else the_lead(catalog, caller, wanted) or done.data
    return replayed(answer(nocrm(shown)), again=done.replayed)


@simple.route("/ids", methods=EVERY_METHOD)
def ids() -> Response:
    """The account's ids: noCRM's "object ID page"."""
    refuse_looking()
    caller = incoming.caller("read")
    return answer(directory(house().catalog_of(caller), house().store, caller))


@simple.route("/<path:path>", methods=EVERY_METHOD)
def nothing(path: str) -> Response:
    """Any other address: refused in this door's own words."""
    raise NotFound("no_such_address", path=request.path)


def action_at(catalog: Catalog, path: str) -> Action:
    """The action on a lead with that path, or with that key (`duplicate_lead`, as clients of noCRM know it)."""
    known = [action for action in catalog.actions.values() if action.on == "lead"]
    for action in (*(each for each in known if each.path == path), *(each for each in known if each.key == path)):
        return action
    raise NotFound("no_such_address", path=request.path)


def parameters(action: Action) -> dict[str, Any]:
    """The parameters of address and body as text; the body's win."""
    body, is_text = incoming.body()
    raw = plain(incoming.texts(request.args)) | plain(body, is_text=is_text)
    for name, ref in action.input.refs.items():
        if "email" in ref.by and isinstance(raw.get(name), str):
            # `ana+sales@x.test` typed straight into an address arrives with a blank for its plus.
            raw[name] = raw[name].strip().replace(" ", "+")
    return raw


def plain(given: Mapping[str, Any], *, is_text: bool = True) -> dict[str, Any]:
    """Parameters as text, without the signs by which many clients say that one is a list: `tag[]` is `tag`."""
    return {name.removesuffix("[]"): value if is_text else text(value) for name, value in given.items()}


def text(value: Any) -> Any:
    """A JSON value as it would be written in an address."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list):
        return [text(item) for item in value]
    return "" if value is None else value


def is_lead(catalog: Catalog, action: Action) -> bool:
    """Whether the action answers a lead already: the one it was on, or its copy."""
    return action.returns == "lead" or action.output == catalog.entities["lead"].output


def the_lead(catalog: Catalog, caller: Caller, wanted: int) -> dict[str, Any] | None:
    """The lead as it stands after the action; None once it is deleted."""
    try:
        return lists.record(catalog, house().store, caller.scope, catalog.entities["lead"], wanted)
    except NotFound:
        return None


def nocrm(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the names that noCRM's clients read beside ours."""
    if "remind_at" not in record:
        return dict(record)
    return {**record, "remind_date": record["remind_at"], "remind_time": None, "next_action_at": record["remind_at"]}


def kind(error: LeadwireError) -> str:
    """The machine word for an error: `missing_parameter` where a required one is absent."""
    return error.faults[0].key if error.faults else error.code


def shape(error: LeadwireError, language: str) -> dict[str, Any]:
    """An error in noCRM's words."""
    return {"error": error.status, "message": error.message(language), "type": kind(error)}


def _refuse(error: Exception) -> Response:
    response = refuse(error, shape, JSON_TYPE)
    if "Retry-After" in response.headers:
        response.headers["API-RETRY-AFTER"] = response.headers["Retry-After"]
    return response


catch(simple, _refuse)
