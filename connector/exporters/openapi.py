"""The catalog as an OpenAPI 3.1 document: every address of this server, and every trigger as a webhook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from connector.catalog.model import Catalog
from connector.catalog.outputs import closed
from connector.exporters import doors, families, hooks, inbound, mail, oplead
from connector.exporters.families import happening, named, reference
from connector.exporters.fixed import ROUTES
from connector.exporters.resources import RESOURCES
from connector.exporters.routes import JSON, Link, Parameter, Route
from connector.exporters.texts import LARGEST, line, plain

PROBLEM_JSON = "application/problem+json"
ALWAYS = (400, 401, 403, 405, 422, 429, 500, 503)
MEANINGS = {
    200: "Done.",
    201: "Made.",
    304: "Nothing has changed since.",
    400: "The request cannot be read.",
    401: "No token, or not a valid one.",
    403: "The token may not do this.",
    404: "No such thing, or not visible to this token.",
    405: "This address does not take that method.",
    409: "A condition is not met, or something stored is in the way.",
    410: "The cursor is older than the events that are kept.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The body is neither JSON nor a form.",
    422: "The input breaks its rules: one entry of `errors` per mistake.",
    429: "Too many requests; wait as `Retry-After` says.",
    500: "A fault of the server; it is logged under the request's id.",
    503: "The storage is busy; try again.",
    507: "The storage has no room left.",
}
INFO = """Everything that this server does. Every action, trigger, search and record type of its files is here at once.

Send a token as `Authorization: Bearer lw_...` or as `X-API-KEY: lw_...`. Texts for people follow `Accept-Language`
(en, fr, ru); codes and keys never do. Optional input that is absent, null or empty changes nothing. Bodies may be forms
as well as JSON.

An action that is sent with the header `Idempotency-Key` is done once: the same key again gets the same answer."""
TAGS = {
    "Actions": "What can be done.",
    "Triggers": "What has happened, as feeds; each is a webhook too.",
    "Searches": "Finding records by what people know of them.",
    "Records": "Reading records as they are.",
    "Choices": "Drop-downs: what a reference may be.",
    doors.TAG: "Every action on a lead is one address, by GET or POST, also under `/simple`.",
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
}  # fmt: skip
"""Door -> content type of its errors, name of their schema, and the schema."""
ANY_JSON: Mapping[str, Any] = {
    "description": "Any JSON value that can be kept.",
    "type": ["null", "boolean", "number", "string", "array", "object"],
    "minimum": -LARGEST, "maximum": LARGEST, "pattern": line()["pattern"],
    "items": reference("Json"), "additionalProperties": reference("Json"), "propertyNames": line(),
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
        "security": [{"bearer": []}, {"key": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "webhooks": webhooks(catalog),
        "components": components(catalog),
    }


def components(catalog: Catalog) -> dict[str, Any]:
    """What operations share: schemas, errors, security schemes."""
    schemas = families.components(catalog) | doors.components(catalog) | {name: it for _, name, it in ERRORS.values()}
    return {
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer", "description": "A token: `lw_...`."},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-KEY", "description": "The same token."},
        },
        "responses": {f"{door}{status}": refusal(door, status) for door in ERRORS for status in MEANINGS
                      if status >= 400},
        "headers": {"RequestId": {"description": "Names the request in the log.", "schema": {"type": "string"}}},
        "schemas": {name: plain(schema) for name, schema in sorted({**schemas, "Json": ANY_JSON}.items())},
    }  # fmt: skip


def operation(route: Route) -> dict[str, Any]:
    """One route as an operation object."""
    found: dict[str, Any] = {
        "operationId": route.key, "tags": [route.tag], "summary": route.title, "description": route.does,
        "parameters": [parameter(each) for each in route.takes],
    }  # fmt: skip
    if route.body is not None:
        found["requestBody"] = {"required": route.body_required, "content": {route.takes_media: taken(route)}}
    found["responses"] = answers(route)
    return found | ({"security": []} if route.open else {})


def taken(route: Route) -> dict[str, Any]:
    """The body of a request, and the examples of it."""
    examples = {name: {"summary": name, "value": value} for name, value in route.examples.items()}
    return {"schema": plain(route.body)} | ({"examples": examples} if examples else {})


def parameter(each: Parameter) -> dict[str, Any]:
    """A parameter object."""
    schema = plain(each.schema)
    value = {"content": {JSON: {"schema": schema}}} if each.as_json else {"schema": schema}
    found = {"name": each.name, "in": each.place, "required": each.required, "description": each.does} | value
    return found | ({} if each.example is None or each.as_json else {"example": each.example})


def answers(route: Route) -> dict[str, Any]:
    """The good answers, then the bad ones."""
    found = {str(status): good(route, status) for status in route.statuses}
    if route.tagged:
        found["304"] = {"description": MEANINGS[304]}
    always = (405, 422, 500, 503) if route.open else ALWAYS
    asked = (414,) if any(each.place == "query" for each in route.takes) else ()
    for status in sorted({*always, *asked, *route.refuses}):
        shared = {"$ref": f"#/components/responses/{route.door}{status}"}
        found[str(status)] = conflict(route) if status == 409 and route.refusals else shared
    return found


def good(route: Route, status: int) -> dict[str, Any]:
    """An answer to a call that went well."""
    content = {"schema": plain(route.answers)} | ({} if route.example is None else {"example": route.example})
    headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if route.tagged:
        headers["ETag"] = {"description": "Send it as If-None-Match.", "schema": {"type": "string"}}
    links = {name: link(each) for name, each in route.links.items()}
    return {"description": MEANINGS[status], "headers": headers, "content": {route.media: content}} | (
        {"links": links} if links else {}
    )


def link(each: Link) -> dict[str, Any]:
    """A link object."""
    found: dict[str, Any] = {"operationId": each.operation, "description": each.does}
    return found | (
        ({"parameters": dict(each.parameters)} if each.parameters else {})
        | ({"requestBody": dict(each.body)} if each.body else {})
    )


def refusal(door: str, status: int, text: str = "") -> dict[str, Any]:
    """An error answer in that door's own shape."""
    media, name, _ = ERRORS[door]
    if status == 414:
        # Refused by the HTTP server itself, before any door.
        return {"description": MEANINGS[status]}
    return {"description": text or MEANINGS[status], "content": {media: {"schema": reference(name)}}}


def conflict(route: Route) -> dict[str, Any]:
    """409 with the codes that this operation knows."""
    told = "\n".join(f"- `{code}`: {text}" for code, text in route.refusals.items())
    return refusal(route.door, 409, f"{MEANINGS[409]}\n\n{told}")


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
