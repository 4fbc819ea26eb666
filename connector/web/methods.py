"""Doors of the SalesMan family: one address, a key, a login and the name of a method; errors are told in the body.

The key is checked first, then the user, then the method, as the real servers do.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from connector.access.idempotency import PARAMETER, checked
from connector.access.tokens import Caller, act_as
from connector.catalog.model import Catalog
from connector.engine import lists
from connector.engine.lists import Page
from connector.engine.run import run
from connector.errors import Invalid, LeadwireError, Malformed, NotFound, Unauthorized
from connector.storage.contract import Row
from connector.web import incoming
from connector.web.answers import JSON_TYPE, answer, replayed
from connector.web.house import house
from connector.web.looking import refuse_looking
from connector.web.plain import parameters
from connector.web.problems import headers, known

CODES: Mapping[str, int] = {
    "wrong_api_key": 400, "unknown_login": 401, "unknown_method": 402, "parameter_absent": 405, "empty_lead": 405,
    "no_subject": 405,
}  # fmt: skip
"""Numbers that these doors give to errors which have another HTTP status elsewhere."""
LANGUAGE = "ru"
PAGE = 200
MOST_PAGES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a method: on whose behalf, with which parameters, under which catalog."""

    caller: Caller
    catalog: Catalog
    account: Row
    given: Mapping[str, str]

    def act(self, key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Run an action; parameters that are None or empty are as if not given, required custom fields need not be."""
        filled = {name: value for name, value in raw.items() if value not in (None, "")}
        done = run(self.catalog, house().store, self.caller.scope, key, filled, text=True, lenient=True)
        g.replayed = done.replayed
        return done.data

    def search(self, key: str, raw: Mapping[str, Any], *, order: str | None = None, page: int = 0) -> list[Row]:
        """One page of a search, by number."""
        store, scope = house().store, self.caller.scope
        return numbered(
            lambda cursor: lists.search(
                self.catalog, store, scope, key, raw, text=True, cursor=cursor, limit=PAGE, order=order
            ),
            page,
        ).data

    def records(
        self, entity: str, filters: Mapping[str, str], *, order: str | None = None, page: int = 0
    ) -> list[Row]:  # fmt: skip
        """One page of an entity's visible records, by number."""
        store, scope, kind = house().store, self.caller.scope, self.catalog.entities[entity]
        return numbered(
            lambda cursor: lists.records(
                self.catalog, store, scope, kind, filters, order=order, cursor=cursor, limit=PAGE
            ),
            page,
        ).data

    def every(self, key: str) -> Iterator[Row]:
        """All that a search finds."""
        page, cursor = None, None
        while page is None or page.has_more:
            page = lists.search(self.catalog, house().store, self.caller.scope, key, {}, cursor=cursor, limit=PAGE)
            cursor = page.cursor
            yield from page.data

    def record(self, entity: str, record_id: str) -> Row:
        """One visible record, or NotFound."""
        return lists.record(self.catalog, house().store, self.caller.scope, self.catalog.entities[entity], record_id)

    def user(self, login: str) -> Row | None:
        """The user of that login, None where none is given; Unauthorized("unknown_login") for one nobody has."""
        if not login:
            return None
        found = self.records("user", {"login": login}) or self.records("user", {"email": login})
        if not found:
            raise Unauthorized("unknown_login")
        return found[0]

    def labels(self, entity: str, rows: Sequence[Row], field: str, name: str) -> dict[int, str]:
        """What the records that `field` of these rows points at are called, by id."""
        wanted = sorted({row[field] for row in rows if row[field]})
        found = self.records(entity, {"id[in]": ",".join(map(str, wanted))}) if wanted else []
        return {row["id"]: row[name] or "" for row in found}


Method = Callable[[Call], Any]


def serve(methods: Mapping[str, Method], acting: Container[str], names: Mapping[str, str]) -> Response:
    """Answer this request with one of the methods; those that act need a token that may.

    `names` says what parameters are called here; an error calls them as the caller does.
    """
    refuse_looking()
    given = parameters()
    key, login = (given.get(name) or request.headers.get(name, "").strip() for name in ("apikey", "login"))
    caller = act_as(house().store, admitted(key), login)
    wish = checked(given.get(PARAMETER)) or caller.scope.key
    caller = replace(caller, scope=replace(caller.scope, key=wish))
    name = given.get("action", "")
    method = methods.get(name)
    if method is None:
        raise Malformed("unknown_method")
    caller.require("act" if name in acting else "read")
    catalog = house().catalog_of(caller)
    account = lists.record(catalog, house().store, caller.scope, catalog.entities["account"], caller.scope.account_id)
    try:
        told = answer(method(Call(caller=caller, catalog=catalog, account=account, given=given)))
        return replayed(told, again=g.get("replayed", False))
    except LeadwireError as error:
        error.rename({ours: theirs for theirs, ours in names.items() if given.get(theirs)})
        raise


def admitted(key: str) -> Caller:
    """Whose key it is; Unauthorized("wrong_api_key") unless it is good right now."""
    try:
        return incoming.admitted(key, None)
    except Unauthorized:
        raise Unauthorized("wrong_api_key") from None


def numbered(fetch: Callable[[str | None], Page], number: int) -> Page:
    """The page of that number, 0 being the first; empty beyond the end."""
    cursor = None
    for _ in range(number):
        page = fetch(cursor)
        if not page.has_more:
            return Page(data=[], cursor=None, has_more=False)
        cursor = page.cursor
    return fetch(cursor)


def page_number(text: str) -> int:
    """The page asked for; what is no number is the first one."""
    return min(int(text[:9]), MOST_PAGES) if text.isascii() and text.isdecimal() else 0


def needed(given: Mapping[str, str], name: str, spoken: str) -> str:
    """A parameter that has to be there, else the error names it so."""
    if not given.get(name):
        raise Malformed("parameter_absent", name=spoken)
    return given[name]


def code(error: LeadwireError) -> int:
    """The number of an error: unknown records 403, unfit parameters 405, all others their HTTP status."""
    if error.code in CODES:
        return CODES[error.code]
    if isinstance(error, NotFound) and error.code != "nothing_found":
        return 403
    if isinstance(error, Invalid):
        return 403 if error.code.endswith("_not_found") else 405
    return error.status


def refuse(error: Exception) -> Response:
    """An error in the body, and as HTTP status where the settings say so."""
    ours = known(error)
    number = code(ours)
    mirrored = house().settings.error_status == "mirror"
    text = ours.message(LANGUAGE)
    body = {"result": "Error", "error": {"code": str(number), "text": text}}
    response = answer(body, number if mirrored else HTTPStatus.OK)
    response.content_type = JSON_TYPE
    response.headers.extend(headers(ours))
    return response
