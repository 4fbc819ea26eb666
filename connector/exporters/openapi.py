"""The catalog as an OpenAPI 3.1 document: every address of this server, and every trigger as a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from connector.catalog.model import Catalog
from connector.catalog.outputs import closed
from connector.exporters import doors, families, hooks, inbound, mail, oplead
from connector.exporters.families import happening, named, reference
from connector.exporters.fixed import ROUTES
from connector.exporters.resources import RESOURCES
from connector.exporters.routes import JSON, KEY, Link, Parameter, Route
from connector.exporters.salesman import LEADS
from connector.exporters.texts import WITHIN, apart, line, plain
from connector.exporters.yoolla import REMINDERS

PROBLEM_JSON = "application/problem+json"
FORM = "application/x-www-form-urlencoded"
ALWAYS = (400, 401, 403, 405, 414, 422, 429, 431, 500, 503)
MEANINGS = {
    200: "Done.",
    201: "Made.",
    304: "Nothing has changed since.",
    400: "The request cannot be read.",
    401: "No token, or not a valid one.",
    402: "There is no such method.",
    403: "The token may not do this.",
    404: "No such thing, or not visible to this token.",
    405: "This address does not take that method.",
    409: "A condition is not met, or something stored is in the way.",
    410: "The cursor is older than the events that are kept.",
    413: "The body is too large.",
    414: "The address is too long. Beyond 65,534 bytes the HTTP server says so itself, without a body.",
    415: "The body is neither JSON nor a form.",
    422: "The input breaks its rules: one entry of `errors` per mistake.",
    429: "Too many requests; wait as `Retry-After` says.",
    431: "The headers are too large. Beyond 400 kB or 95 headers the HTTP server says so itself, without a body.",
    500: "A fault of the server; it is logged under the request's id.",
    503: "The storage is busy; try again.",
    507: "The storage has no room left.",
}
BARE = (414, 431)
"""Refusals that the HTTP server may make before any door, and then without a body."""
ONCE: Mapping[int, Mapping[str, str]] = {
    409: {"idempotency_in_progress": "A call with the same idempotency key is still under way; see `Retry-After`."},
    422: {"idempotency_mismatch": "The idempotency key was used with other input."},
}
"""What every operation that acts may also refuse with, by status."""
INFO = """Everything that this server does. Every action, trigger, search and record type of its files is here at once.

Send a token as `Authorization: Bearer lw_...` or as `X-API-KEY: lw_...`. Texts for people follow `Accept-Language`
(en, fr, ru); codes and keys never do. Optional input that is absent, null or empty changes nothing. Bodies may be forms
as well as JSON.

An action that is sent with the header `Idempotency-Key` is done once: the same key again gets the same answer.

SalesMan's and Yoolla's addresses want `apikey` and `login` instead, in the address or as headers."""
TAGS = {
    "Actions": "What can be done.",
    "Triggers": "What has happened, as feeds; each is a webhook too.",
    "Searches": "Finding records by what people know of them.",
    "Records": "Reading records as they are.",
    "Choices": "Drop-downs: what a reference may be.",
    doors.TAG: "Every action on a lead is one address, by GET or POST, also under `/simple`.",
    LEADS.tag: "One address, many methods, also by GET; errors are told in the body.",
    REMINDERS.tag: "The same for reminders, at two addresses.",
    oplead.TAG: "Oplead's leads, statuses, files, subscriptions and web forms, also under `/v1`.",
    hooks.TAG: "Having what happens sent to an address of yours: subscriptions, deliveries, attempts.",
    mail.MAILBOXES: "From where mail leaves, and what it would say.",
    mail.ATTACHMENTS: "Files on leads.",
    inbound.TAG: "Where leads come in: web forms, and lead ads of Meta.",
    "Tokens": "Who may call.",
    "About": "The connection test, the catalog, the state of the server.",
}
FAULT = closed({"pointer": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}})
ERRORS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "native": (PROBLEM_JSON, "Problem", closed({
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "code": {"type": "string"}, "detail": {"type": "string"}, "message": {"type": "string"},
        "errors": {"type": "array", "items": FAULT}, "request_id": {"type": "string"},
        "retryable": {"type": "boolean"}, "halt": {"type": "boolean"},
    })),
    "simple": (JSON, "NocrmError", closed({
        "error": {"type": "integer"}, "message": {"type": "string"}, "type": {"type": "string"},
    })),
    "salesman": (JSON, "SalesmanError", closed({
        "result": {"const": "Error"}, "error": closed({"code": {"type": "string"}, "text": {"type": "string"}}),
    })),
}  # fmt: skip
"""Door -> content type of its errors, name of their schema, and the schema."""
OWN_MEANINGS: Mapping[str, Mapping[int, str]] = {
    "salesman": {
        400: "A wrong key, or a request that cannot be read.",
        401: "No active user has that login, or the key is another user's.",
        403: "No such record in this user's reach, or the key may not do this.",
        405: "A parameter is missing or cannot be read; or this address does not take that method of HTTP.",
    },
}
"""Where a door means something else by a status."""
SCHEMES: Mapping[str, Mapping[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token: `lw_...`."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "The same token."},
    "apikey": {
        "type": "apiKey",
        "in": "query",
        "name": "apikey",
        "description": "An account key, for SalesMan and Yoolla.",
    },
    "login": {"type": "apiKey", "in": "query", "name": "login", "description": "Whom the call is made for."},
    "apikey_header": {"type": "apiKey", "in": "header", "name": "apikey", "description": "The same account key."},
    "login_header": {"type": "apiKey", "in": "header", "name": "login", "description": "The same login."},
}
USUAL = ("bearer",), ("key",)
CREDENTIALS: Mapping[str, Sequence[Sequence[str]]] = {
    "salesman": (("apikey", "login"), ("apikey_header", "login_header")),
}
"""What calls of a door must carry, where that is not the usual: one of these sets of SCHEMES."""
ANY_MEDIA, BYTES = "*/*", "application/octet-stream"
BINARY = {"schema": {"type": "string", "format": "binary"}}


def json_value(lists: int) -> dict[str, Any]:
    """Any value that can be kept. Of lists in lists beyond that number it is not said of which types they are.

    Only objects lead back to the beginning: programs that write clients in typed languages do not bear lists that do.
    """
    plainest = ({"type": "null"}, {"type": "boolean"}, {"type": "number", **WITHIN}, line())
    items = json_value(lists - 1) if lists else untyped(3)
    return {"anyOf": [*plainest, reference("JsonObject"), {"type": "array", "items": items}]}


def untyped(lists: int) -> dict[str, Any]:
    """The same, said without a word of types."""
    inner = untyped(lists - 1) if lists else {}
    return {**WITHIN, "pattern": line()["pattern"], "items": inner, **OBJECT}


OBJECT: Mapping[str, Any] = {"additionalProperties": reference("Json"), "propertyNames": line()}
ANY_JSON: Mapping[str, Mapping[str, Any]] = {
    "Json": {"description": "Any JSON value that can be kept.", **json_value(2)},
    "JsonObject": {"type": "object", **OBJECT},
}  # fmt: skip


def routes(catalog: Catalog) -> Iterator[Route]:
    """Every operation, in the order of the document."""
    made = {**families.FAMILIES, **RESOURCES, **doors.DOORS}
    return chain(chain.from_iterable(family(catalog) for family in made.values()), ROUTES)


def document(catalog: Catalog) -> dict[str, Any]:
    """The OpenAPI document of that catalog: the same catalog, the same bytes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes(catalog):
        paths.setdefault(route.path, {})[route.method] = operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Leadwire", "version": catalog.version[:12], "description": INFO},
        "security": demanded(USUAL),
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "webhooks": webhooks(catalog),
        "components": components(catalog),
    }


def components(catalog: Catalog) -> dict[str, Any]:
    """What operations share: schemas, errors, security schemes."""
    schemas = families.components(catalog) | doors.components(catalog) | {name: it for _, name, it in ERRORS.values()}
    return {
        "securitySchemes": SCHEMES,
        "responses": {f"{door}{status}": refusal(door, status) for door, status in sorted(refused(catalog))},
        "headers": {"RequestId": {"description": "Names the request in the log.", "schema": {"type": "string"}}},
        "schemas": {name: apart(plain(schema)) for name, schema in sorted({**schemas, **ANY_JSON}.items())},
    }  # fmt: skip


def demanded(sets: Sequence[Sequence[str]]) -> list[dict[str, list[str]]]:
    """Sets of credentials as security requirements."""
    return [{name: [] for name in names} for names in sets]


def refused(catalog: Catalog) -> set[tuple[str, int]]:
    """Every door, and the statuses that it refuses with."""
    return {(route.door, status) for route in routes(catalog) for status in bad(route)}


def operation(route: Route) -> dict[str, Any]:
    """One route as an operation object."""
    found: dict[str, Any] = {
        "operationId": route.key, "tags": [route.tag], "summary": route.title, "description": route.does,
        "parameters": [parameter(each) for each in route.takes],
    }  # fmt: skip
    if route.body is not None:
        content = {route.takes_media: taken(route, route.body)}
        if route.form is not None:
            content = {FORM: taken(route, route.form), **content}
        found["requestBody"] = {"required": route.body_required, "content": content}
    found["responses"] = answers(route)
    demands = () if route.open else CREDENTIALS.get(route.door)
    return found | ({} if demands is None else {"security": demanded(demands)})


def taken(route: Route, schema: Any) -> dict[str, Any]:
    """The body of a request, and the examples of it."""
    return {"schema": apart(plain(schema))} | exemplified(route.examples)


def exemplified(examples: Mapping[str, Any]) -> dict[str, Any]:
    """Examples by name, where there are any."""
    return {"examples": {name: {"summary": name, "value": it} for name, it in examples.items()}} if examples else {}


def parameter(each: Parameter) -> dict[str, Any]:
    """A parameter object."""
    schema = plain(each.schema)
    value = {"content": {JSON: {"schema": schema}}} if each.as_json else {"schema": schema}
    found = {"name": each.name, "in": each.place, "required": each.required, "description": each.does} | value
    found |= exemplified(each.examples)
    return found | ({} if each.example is None or each.as_json else {"example": each.example})


def answers(route: Route) -> dict[str, Any]:
    """The good answers, then the bad ones."""
    found = {str(status): good(route, status) for status in route.statuses}
    if route.tagged:
        found["304"] = {"description": MEANINGS[304]}
    for status in sorted(bad(route)):
        shared = {"$ref": f"#/components/responses/{route.door}{status}"}
        codes = told(route, status)
        text = f"{meaning(route.door, status)}\n\n{codes}" if codes else ""
        found[str(status)] = refusal(route.door, status, text) if codes else shared
    return found


def bad(route: Route) -> set[int]:
    """The statuses of refusals."""
    always = (405, 414, 422, 431, 500, 503) if route.open else ALWAYS
    return {*always, *route.refuses}


def acts(route: Route) -> bool:
    """Whether it takes an idempotency key."""
    return KEY in route.takes


def told(route: Route, status: int) -> str:
    """The codes that this operation refuses with under that status, and their sentences; empty where it has none."""
    codes = dict(route.refusals) if status == 409 else {}
    # A batch tells of its rows' keys row by row.
    codes |= ONCE.get(status, {}) if acts(route) and 409 in route.refuses else {}
    return "\n".join(f"- `{code}`: {text}" for code, text in codes.items())


def good(route: Route, status: int) -> dict[str, Any]:
    """An answer to a call that went well."""
    content = {"schema": apart(plain(route.answers))} | ({} if route.example is None else {"example": route.example})
    content |= exemplified(route.shown)
    headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if route.tagged:
        headers["ETag"] = {"description": "Send it as If-None-Match.", "schema": {"type": "string"}}
    if acts(route) and route.door == "native":
        headers["Idempotency-Replayed"] = {"description": "`true` where this key was answered before.",
                                           "schema": {"type": "string", "enum": ["true"]}}  # fmt: skip
    links = {name: link(each) for name, each in route.links.items()}
    # Who does not know what a range of media is takes a file for bytes.
    media = {BYTES: BINARY, ANY_MEDIA: content} if route.media == ANY_MEDIA else {route.media: content}
    found = {"description": MEANINGS[status], "headers": headers, "content": media}
    return found | ({"links": links} if links else {})


def link(each: Link) -> dict[str, Any]:
    """A link object."""
    found: dict[str, Any] = {"operationId": each.operation, "description": each.does}
    return found | ({"parameters": dict(each.parameters)} if each.parameters else {})


def meaning(door: str, status: int) -> str:
    """What a status says at that door."""
    return OWN_MEANINGS.get(door, {}).get(status) or MEANINGS[status]


def refusal(door: str, status: int, text: str = "") -> dict[str, Any]:
    """An error answer in that door's own shape."""
    media, name, _ = ERRORS[door]
    if status in BARE:
        return {"description": text or meaning(door, status)}
    return {"description": text or meaning(door, status), "content": {media: {"schema": reference(name)}}}


def webhooks(catalog: Catalog) -> dict[str, Any]:
    """Every trigger as what a subscriber receives."""
    return {item.key: {"post": received(item)} for item in catalog.triggers.values()}


def received(item: Any) -> dict[str, Any]:
    """What a subscriber of that trigger receives, and should answer."""
    content = {"schema": reference(f"{named(item.key)}Item"), "example": happening(item)}
    return {
        "operationId": f"on_{item.key}", "tags": ["Triggers"], "summary": item.title["en"],
        "description": item.description["en"], "security": [],
        "requestBody": {"required": True, "content": {JSON: content}},
        "responses": {"2XX": {"description": "Received."}, "410": {"description": "Send no more of these."}},
    }  # fmt: skip
