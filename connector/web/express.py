"""The short way of a plain call: an action is admitted, run and answered without Flask, with all that came meanwhile.

One of the waiting threads reads the tokens and runs the actions of all in one COMMIT. A call that is not plain takes
the long way through Flask, and so does one that goes wrong, with the error it met: errors are answered in one place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from io import BytesIO
from time import perf_counter
from typing import Any

import orjson

from connector.access.idempotency import Taken, checked
from connector.access.keeper import Call
from connector.access.tokens import Caller
from connector.engine.once import Task, once, try_each
from connector.engine.run import Result, action, task, told
from connector.errors import LeadwireError, Locked, StorageFull
from connector.group import Group, Late, Turn
from connector.pace import Line, seated
from connector.storage.contract import Outcome
from connector.web import envelope, logs
from connector.web.answers import HEADERS, JSON_TYPE, NAME, REPLAYED, UNKEPT
from connector.web.house import House
from connector.web.incoming import mapping
from connector.web.metrics import Meters
from connector.web.paths import ROOT, Wsgi

ROUTE, ENDPOINT = f"{ROOT}/actions/<key>", "actions.act"
ADDRESS = re.compile(rf"{ROOT}/actions/([a-z0-9_]{{1,64}})")
JSON = re.compile(r"application/json(;\s*charset=utf-8)?", re.IGNORECASE)
PATIENCE = 0.25
"""Seconds after which a call that nobody has begun with takes the long way: others are busy with something slow."""
PAUSE = 0.003
"""Seconds for which calls wait for those that were served with the last ones."""
ALONE = (Taken, Locked, StorageFull)
"""What a call that met it among others tries again by itself, where it may wait."""
STATUS = {status.value: f"{status.value} {status.phrase}" for status in (HTTPStatus.OK, HTTPStatus.CREATED)}


@dataclass(frozen=True, slots=True)
class Plain:
    """A plain call: the action, the body, and who sends it."""

    key: str
    body: bytes
    call: Call


def express(app: Wsgi, house: House, meters: Meters, line: Line) -> Wsgi:
    """The app, which sees only what is not a plain call, or failed."""
    group: Group[Plain] = Group(partial(seated, line), partial(_settle, house), PAUSE)

    def served(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begun = perf_counter()
        plain = _plain(environ, house)
        if plain is None:
            return app(environ, start_response)
        try:
            found = group.run(plain, PATIENCE)
            result = _alone(house, plain, found, line) if isinstance(found, Task) else found
        except Late:
            return app(environ, start_response)
        except Exception as error:  # noqa: BLE001 - every error is answered where errors are
            environ[envelope.FAULT] = error
            return app(environ, start_response)
        status, headers, body = _answer(plain, result)
        meters.count(ENDPOINT, plain.key, status, perf_counter() - begun)
        if house.settings.log_format == "json":
            logs.served("POST", ROUTE, status, plain.call.request_id)
        start_response(STATUS[status], headers)
        return [body]

    return served


def _alone(house: House, plain: Plain, task: Task, line: Line) -> Result:
    with seated(line):
        return told(plain.key, once(house.store, task))


def _answer(plain: Plain, result: Result) -> tuple[int, list[tuple[str, str]], bytes]:
    """The answer that the long way would give."""
    body = orjson.dumps(result.data)
    own = (("Content-Type", JSON_TYPE), ("Content-Length", str(len(body))), (NAME, str(plain.call.request_id)))
    return 201 if result.created else 200, [*own, *UNKEPT, *(REPLAYED if result.replayed else ()), *HEADERS], body


def _plain(environ: dict[str, Any], house: House) -> Plain | None:
    """The call, if it is plain: the address of an action and no more, a JSON body of known size, a token."""
    length, address = environ.get("CONTENT_LENGTH") or "", ADDRESS.fullmatch(environ["PATH_INFO"])
    if environ["REQUEST_METHOD"] != "POST" or address is None or environ["QUERY_STRING"]:
        return None
    if not JSON.fullmatch(environ.get("CONTENT_TYPE") or "") or not (length.isascii() and length.isdecimal()):
        return None
    if "HTTP_CONTENT_ENCODING" in environ:
        return None
    if len(length) > 18 or int(length) > house.settings.body_limit:
        return None
    try:
        envelope.measure(environ, house.settings)
        call = Call(
            secret=envelope.secret(environ),
            address=envelope.address(environ, house.keeper.proxies),
            key=checked(environ.get("HTTP_IDEMPOTENCY_KEY")),
            request_id=envelope.request_name(environ),
        )
    except LeadwireError:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ |= {"wsgi.input": BytesIO(body), "HTTP_X_REQUEST_ID": call.request_id}
    return Plain(key=address[1], body=body, call=call) if len(body) == int(length) else None


def _settle(house: House, turns: Sequence[Turn[Plain]]) -> None:
    """Give each call its result, its error, or the task that it shall do by itself."""
    for turn, found in zip(turns, _outcomes(house, [turn.work for turn in turns]), strict=True):
        if isinstance(found, Exception):
            turn.error = found
        else:
            turn.answer = found


def _outcomes(house: House, plain: Sequence[Plain]) -> Iterator[Result | Task | Exception]:
    callers = house.keeper.admit_each([each.call for each in plain])
    tasks = [_task(house, each, caller) for each, caller in zip(plain, callers, strict=True)]
    done = iter(try_each(house.store, [each for each in tasks if isinstance(each, Task)], hurried=True))
    for each, wish in zip(plain, tasks, strict=True):
        if not isinstance(wish, Task):
            yield wish
            continue
        found = next(done)
        if isinstance(found, Outcome):
            yield told(each.key, found)
        else:
            yield wish if isinstance(found, ALONE) else found


def _task(house: House, plain: Plain, caller: Caller | LeadwireError) -> Task | Exception:
    try:
        if isinstance(caller, LeadwireError):
            return caller
        caller.require("act")
        raw, catalog = mapping(plain.body), house.catalog_of(caller)
        return task(catalog, caller.scope, action(catalog, plain.key), raw)
    except Exception as error:  # noqa: BLE001 - one call's mistake is no other's
        return error
