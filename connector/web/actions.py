"""Actions over HTTP: one call, a dry run of it, and many rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import Blueprint, Response, request

from connector.access.idempotency import PARAMETER, checked
from connector.access.tokens import Caller
from connector.engine.run import Result, run, run_many
from connector.errors import Fault, Invalid, LeadwireError, Malformed, WrongMethod, WrongType
from connector.storage.contract import Event
from connector.web import incoming
from connector.web.answers import answer, replayed
from connector.web.envelope import FAULT
from connector.web.house import house
from connector.web.problems import problem

actions = Blueprint("actions", __name__)
MOST_ROWS = 1000
OTHERS = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


@actions.post("/actions/<key>", provide_automatic_options=False)
def act(key: str) -> Response:
    """Run an action: 201 where it made the record it answers, else 200; with `?dry_run=true` nothing is kept."""
    if FAULT in request.environ:
        raise request.environ[FAULT]
    caller = incoming.caller()
    raw, text = incoming.body()
    return done(caller, key, raw, text=text)


def done(caller: Caller, key: str, raw: dict[str, Any], *, text: bool) -> Response:
    """The answer to an action of that input; the address may name the wish, or ask for a dry run."""
    asked = incoming.query("dry_run", PARAMETER)
    if asked.get(PARAMETER):
        raw.setdefault(PARAMETER, asked[PARAMETER])
    dry_run = incoming.flag(asked.get("dry_run", ""), "dry_run")
    result = run(house().catalog_of(caller), house().store, caller.scope, key, raw, text=text, dry_run=dry_run)
    if dry_run:
        return answer(rehearsal(result))
    return replayed(answer(result.data, 201 if result.created else 200), again=result.replayed)


@actions.post("/actions/<key>/batch", provide_automatic_options=False)
def act_on_many(key: str) -> Response:
    """Run an action for up to 1,000 rows: an answer or an error per row, in order, each row whole or not at all."""
    caller = incoming.caller()
    asked = incoming.query(PARAMETER)
    body = incoming.body()
    rows = rows_of(body)
    house().keeper.charge_rows(caller, len(rows))
    named = checked(body[0].get(PARAMETER)) or checked(asked.get(PARAMETER)) or caller.scope.key
    found = run_many(house().catalog_of(caller), house().store, replace(caller.scope, key=named), key, rows)
    language = incoming.locale()
    data = [outcome(index, item, language) for index, item in enumerate(found)]
    failed = sum(1 for row in data if row["error"] is not None)
    return answer({"data": data, "succeeded": len(data) - failed, "failed": failed})


@actions.route("/actions/<key>", methods=OTHERS, provide_automatic_options=False)
@actions.route("/actions/<key>/batch", methods=OTHERS, provide_automatic_options=False)
def anything_else(key: str) -> Response:
    """An action is run by POST alone; these addresses are no records either."""
    raise WrongMethod(method=request.method, allow="POST")


def rows_of(body: tuple[dict[str, Any], bool]) -> list[dict[str, Any]]:
    """The rows of a batch; Invalid unless there are 1 to 1,000 of them."""
    document, text = body
    if text:
        raise WrongType(given="form")
    incoming.refuse_unknown(document, ("rows", PARAMETER))
    rows = document.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
        raise Invalid(faults=[Fault(pointer="/rows", key="rows_expected", params={"most": MOST_ROWS})])
    if not all(isinstance(row, dict) for row in rows):
        wrong = next(index for index, row in enumerate(rows) if not isinstance(row, dict))
        raise Malformed("row_not_an_object", index=wrong)
    return rows


def outcome(index: int, item: Result | LeadwireError, language: str) -> Mapping[str, Any]:
    """One row's answer in a batch."""
    if isinstance(item, LeadwireError):
        return {"index": index, "status": item.status, "result": None, "error": problem(item, language)}
    return {"index": index, "status": 201 if item.created else 200, "result": item.data, "error": None}


def rehearsal(result: Result) -> Mapping[str, Any]:
    """What a dry run answers: the result, and each record before and after, as its events would tell it."""
    return {
        "dry_run": True,
        "created": result.created,
        "data": result.data,
        "events": [told(event) for event in result.events],
    }


def told(event: Event) -> Mapping[str, Any]:
    """An event of a dry run; it has no number, for it never happened."""
    return {
        "entity": event.entity,
        "record_id": event.record_id,
        "verb": event.verb,
        "changed": event.changed,
        "topics": event.topics,
        "before": event.before and orjson.Fragment(event.before),
        "after": event.after and orjson.Fragment(event.after),
    }
