"""A minimal OpenAPI document of the native routes, made from the catalog, to fuzz from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from flask import Flask

from connector.catalog.model import Catalog
from connector.service import DIALECTS

Operation = tuple[str, str, dict[str, Any]]
"""Path, method, operation object."""

TEXT = {"type": "string", "maxLength": 300}
PAGING = ("limit", "cursor", "order", "q")


def document(catalog: Catalog, rules: Iterable[str]) -> dict[str, Any]:
    """The document of those rules of the URL map."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in rules:
        for path, method, operation in SHAPES[rule](catalog):
            paths.setdefault(path, {})[method] = operation | {"responses": {"default": {"description": "Any."}}}
    return {"openapi": "3.1.0", "info": {"title": "Leadwire", "version": "0"}, "paths": paths}


def native(app: Flask) -> list[str]:
    """The rules of the native API and of the health pages; other systems' doors have tests of their own."""
    doors = {root for _, roots in DIALECTS for root in roots}
    rules = {
        rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith(("/api/v1/", "/healthz", "/readyz"))
    }
    return sorted(rules - doors)


def query(name: str, schema: Mapping[str, Any] = TEXT) -> dict[str, Any]:
    """An optional parameter of the query string."""
    return {"name": name, "in": "query", "required": False, "schema": dict(schema)}


def segment(name: str, choices: Iterable[str]) -> dict[str, Any]:
    """A part of the path: one of the known words, or any other text."""
    schema = {"anyOf": [{"enum": sorted(choices)}, {"type": "string", "minLength": 1, "maxLength": 40}]}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": dict(schema)}}}}


def _actions(catalog: Catalog) -> Iterator[Operation]:
    for key, action in catalog.actions.items():
        yield f"/api/v1/actions/{key}", "post", _json(action.input.schema) | {"parameters": [query("dry_run")]}


def _batches(catalog: Catalog) -> Iterator[Operation]:
    for key, action in catalog.actions.items():
        rows = {"type": "array", "items": dict(action.input.schema), "minItems": 1, "maxItems": 3}
        yield f"/api/v1/actions/{key}/batch", "post", _json({"type": "object", "properties": {"rows": rows}})


def _inputs(where: str, kind: str, *paging: str) -> Callable[[Catalog], Iterator[Operation]]:
    def operations(catalog: Catalog) -> Iterator[Operation]:
        for key, item in getattr(catalog, kind).items():
            inputs = [query(name, schema) for name, schema in item.input.schema["properties"].items()]
            yield f"/api/v1/{where}/{key}", "get", {"parameters": inputs + [query(name) for name in paging]}

    return operations


def _plain(path: str, *parameters: dict[str, Any]) -> Callable[[Catalog], Iterator[Operation]]:
    return lambda catalog: iter([(path, "get", {"parameters": list(parameters)})])


def _records(catalog: Catalog) -> Iterator[Operation]:
    plurals = [entity.plural for entity in catalog.entities.values() if entity.public]
    fields = [query(name) for name in catalog.entities["lead"].fields] + [query("step.pipeline_id"), query("tags")]
    paging = [query(name) for name in PAGING]
    yield "/api/v1/{plural}", "get", {"parameters": [segment("plural", plurals), *paging]}
    yield "/api/v1/leads", "get", {"parameters": [*{p["name"]: p for p in [*fields, *paging]}.values()]}
    yield "/api/v1/{plural}/{id}", "get", {"parameters": [segment("plural", plurals), segment("id", ["1", "2"])]}


def _choices(catalog: Catalog) -> Iterator[Operation]:
    asked = [query(name) for name in ("q", "cursor", "limit", "input")]
    yield "/api/v1/choices/{key}", "get", {"parameters": [segment("key", catalog.entities), *asked]}


def _tokens(catalog: Catalog) -> Iterator[Operation]:
    fields = {
        "name": TEXT,
        "details": TEXT,
        "user_id": {"type": ["integer", "string"]},
        "expires_at": TEXT,
        "in_query": {"type": "boolean"},
    }
    fields |= {name: {"type": "array", "items": TEXT} for name in ("scopes", "actions", "allowed_ips")}
    fields |= {name: {"type": "integer"} for name in ("rate_limit", "replay_window")}
    yield "/api/v1/tokens", "get", {"parameters": [query("limit")]}
    yield "/api/v1/tokens", "post", _json({"type": "object", "properties": fields})


def _token(catalog: Catalog) -> Iterator[Operation]:
    """Words and ids that no token has: one of them is the fuzzer's own."""
    schema = {"type": "string", "pattern": "^[a-z9-]{3,30}$"}
    unknown = {"name": "token_id", "in": "path", "required": True, "schema": schema}
    yield "/api/v1/tokens/{token_id}", "get", {"parameters": [unknown]}
    yield "/api/v1/tokens/{token_id}", "delete", {"parameters": [unknown]}
    fields = {"name": TEXT, "scopes": {"type": "array", "items": TEXT}, "rate_limit": {"type": "integer"}}
    yield (
        "/api/v1/tokens/{token_id}",
        "patch",
        _json({"type": "object", "properties": fields}) | {"parameters": [unknown]},
    )


def _audit(catalog: Catalog) -> Iterator[Operation]:
    asked = ("actor_id", "token_id", "address", "origin", "what", "name", "record", "cursor", "limit")
    yield "/api/v1/audit", "get", {"parameters": [query(name) for name in asked]}


def _entries(catalog: Catalog) -> Iterator[Operation]:
    kinds = segment("kind", ("actions", "triggers", "searches", "entities"))
    yield "/api/v1/catalog/{kind}/{key}", "get", {"parameters": [kinds, segment("key", catalog.actions)]}


SHAPES: Mapping[str, Callable[[Catalog], Iterator[Operation]]] = {
    "/api/v1/actions/<key>": _actions,
    "/api/v1/actions/<key>/batch": _batches,
    "/api/v1/searches/<key>": _inputs("searches", "searches", "limit", "cursor"),
    "/api/v1/triggers/<key>": _inputs("triggers", "triggers", "limit", "after"),
    "/api/v1/triggers/<key>/sample": _plain("/api/v1/triggers/{key}/sample", segment("key", ["new_lead"])),
    "/api/v1/<plural>": _records,
    "/api/v1/<plural>/<record_id>": lambda catalog: iter(()),
    "/api/v1/choices/<key>": _choices,
    "/api/v1/catalog": _plain("/api/v1/catalog"),
    "/api/v1/catalog/<kind>/<key>": _entries,
    "/api/v1/tokens": _tokens,
    "/api/v1/tokens/<token_id>": _token,
    "/api/v1/audit": _audit,
    "/api/v1/ids": _plain("/api/v1/ids"),
    "/api/v1/me": _plain("/api/v1/me", query("x")),
    "/healthz": _plain("/healthz"),
    "/readyz": _plain("/readyz"),
}
"""What to send to each rule of the URL map. `/<plural>` stands for `/<plural>/<id>` too."""
