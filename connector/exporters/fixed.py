"""The addresses that are the same whatever the files say.

A new route is one more `Route` in ROUTES; a test holds the tables against the app's own URL map.
"""

from __future__ import annotations

from collections.abc import Mapping

from connector.catalog.outputs import MOMENT, closed
from connector.exporters.hooks import HOOKS, NULL_WHOLE, WHOLE
from connector.exporters.inbound import INBOUND
from connector.exporters.mail import MAIL
from connector.exporters.routes import (
    API,
    LIST,
    MOMENT_OR_NULL,
    NULL_TEXT,
    RECORD_ID,
    Link,
    Parameter,
    Route,
    Schema,
    page,
    paging,
    segment,
)
from connector.exporters.texts import YES_OR_NO, strict
from connector.exporters.texts import line as text

NULL_TEXTS: Schema = {"type": ["array", "null"], "items": {"type": "string"}}
TOKEN = closed({
    "id": {"type": "integer"}, "name": {"type": "string"}, "details": NULL_TEXT, "user_id": {"type": "integer"},
    "prefix": {"type": "string", "description": "How its secret begins."}, "kind": NULL_TEXT,
    "scopes": NULL_TEXTS, "actions": NULL_TEXTS, "allowed_ips": NULL_TEXTS, "rate_limit": NULL_WHOLE,
    "replay_window": NULL_WHOLE, "in_query": {"type": ["boolean", "null"]},
    "expires_at": MOMENT_OR_NULL, "last_used_at": MOMENT_OR_NULL, "revoked_at": MOMENT_OR_NULL,
    "created_at": MOMENT,
})  # fmt: skip
SCOPES = ("read", "act", "administer", "act_as")
USUAL = SCOPES[:3]
MOST = 100
"""Ranges, or actions, that one token may name."""
V4 = r"^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}" \
     r"(/(3[0-2]|[12]?[0-9]))?$"  # fmt: skip
RIGHTS: Mapping[str, Schema] = {
    "expires_at": {"type": ["string", "null"], "format": "date-time", "description": "Never, unless given."},
    "scopes": {"type": ["array", "null"], "items": {"type": "string", "enum": list(SCOPES)}, "minItems": 1,
               "maxItems": MOST,
               "description": f"What it may be for; {', '.join(USUAL)} unless given."},
    "actions": {"type": ["array", "null"], "items": strict({"type": "string", "minLength": 1, "maxLength": 64}),
                "maxItems": MOST, "description": "Keys of the actions that it may run; all unless given."},
    "allowed_ips": {"type": ["array", "null"], "maxItems": MOST, "description": "Addresses or ranges it may call from.",
                    "items": {"type": "string", "anyOf": [{"pattern": V4}, {"format": "ipv6"}]}},
    "rate_limit": {"type": ["integer", "null"], "minimum": 0, "maximum": 1_000_000,
                   "description": "Requests per minute; 0 is no limit."},
    "replay_window": {"type": ["integer", "null"], "minimum": 0, "maximum": 3600,
                      "description": "Seconds in which an equal call of an action gets the first one's answer."},
    "in_query": {"anyOf": [*YES_OR_NO, {"type": "null"}],
                 "description": "Whether it may stand in an address, where a front door takes it there."},
}  # fmt: skip
NEW_TOKEN: Schema = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": strict({"type": "string", "minLength": 1, "maxLength": 100}),
        "details": strict({"type": ["string", "null"], "maxLength": 1000}),
        "user_id": {"type": ["integer", "null"], "minimum": 1, "maximum": 2**53 - 1,
                    "description": "Whose token it is; yours unless given."},
        "kind": {"type": ["string", "null"], "enum": ["user", "console", None],
                 "description": "console: what is done with it counts as done by hand (origin manual)."},
        **RIGHTS,
    },
}  # fmt: skip
CHANGED_TOKEN: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: schema for name, schema in NEW_TOKEN["properties"].items() if name not in ("user_id", "kind")},
}
MADE_TOKEN = closed({**TOKEN["properties"], "token": {"type": "string", "description": "The secret, this once."}})
TOKEN_ID = segment("token_id", RECORD_ID, "The token's id.")
TOKEN_LINKS = {
    "token": Link(operation="get_token", does="The token.", parameters={"token_id": "$response.body#/id"}),
    "revoke": Link(operation="revoke_token", does="Revokes it.", parameters={"token_id": "$response.body#/id"}),
}
LINE = closed({
    "id": {"type": "integer"}, "at": MOMENT, "actor_id": NULL_WHOLE, "token_id": NULL_WHOLE, "address": NULL_TEXT,
    "origin": NULL_TEXT, "what": {"type": "string"}, "name": NULL_TEXT, "record": NULL_TEXT,
    "details": {"type": ["object", "null"]},
})  # fmt: skip
FILTERS = (
    *(Parameter(name=name, schema=WHOLE, does="Only where it is this.") for name in ("actor_id", "token_id")),
    *(Parameter(name=name, schema=text(), does="Only where it is this.")
      for name in ("address", "origin", "what", "name", "record")),
)  # fmt: skip
ME = closed({
    "id": {"type": "integer"}, "email": {"type": "string"}, "name": {"type": "string"},
    "firstname": NULL_TEXT, "lastname": NULL_TEXT, "locale": {"type": "string"}, "time_zone": NULL_TEXT,
    "is_admin": {"type": "boolean"},
    "account": closed({"id": {"type": "integer"}, "name": NULL_TEXT}),
    "token": closed({"id": {"type": "integer"}, "name": {"type": "string"}}),
})  # fmt: skip
READY = closed({
    "status": {"type": "string"}, "storage": {"type": "string"}, "catalog": {"type": "string"},
    "problems": {"type": "array", "items": closed({
        name: {"type": "string"} for name in ("file", "pointer", "reason", "hint")
    })},
})  # fmt: skip

ROUTES: tuple[Route, ...] = (
    Route(key="me", method="get", path=f"{API}/me", tag="About", title="Who am I?",
          does="The connection test: the user and the account behind the token.", answers=ME),
    Route(key="list_tokens", method="get", path=f"{API}/tokens", tag="Tokens", title="List Tokens",
          does="All tokens of the account, revoked ones too. For administrators.", answers=page(TOKEN),
          refuses=(403,)),
    Route(key="create_token", method="post", path=f"{API}/tokens", tag="Tokens", title="Create Token",
          does="Makes a token. Its secret is in this answer and nowhere else. For administrators.",
          body=NEW_TOKEN, body_required=True, examples={"for Zapier": {"name": "Zapier"}}, answers=MADE_TOKEN,
          statuses=(201,), refuses=(403, 404), links=TOKEN_LINKS),
    Route(key="get_token", method="get", path=f"{API}/tokens/{{token_id}}", tag="Tokens", title="Get Token",
          does="One token, without its secret; none once it is revoked. For administrators.", takes=(TOKEN_ID,),
          answers=TOKEN, refuses=(403, 404)),
    Route(key="change_token", method="patch", path=f"{API}/tokens/{{token_id}}", tag="Tokens", title="Change Token",
          does="What a token is called and may do, from its next call on. For administrators.", takes=(TOKEN_ID,),
          body=CHANGED_TOKEN, examples={"read only": {"scopes": ["read"]}}, answers=TOKEN,
          refuses=(403, 404, 409, 413, 415, 507)),
    Route(key="list_audit", method="get", path=f"{API}/audit", tag="Tokens", title="Audit",
          does="Who did what, when and from where, newest first. For administrators.",
          takes=(*FILTERS, *paging(LIST, WHOLE)), answers=page(LINE), refuses=(403,)),
    Route(key="revoke_token", method="delete", path=f"{API}/tokens/{{token_id}}", tag="Tokens", title="Revoke Token",
          does="Ends a token now; the list still has it. The token that asks cannot end itself. For administrators.",
          takes=(TOKEN_ID,), answers=TOKEN, refuses=(403, 404, 409),
          refusals={"own_token": "A token cannot revoke itself."}),
    *HOOKS,
    *MAIL,
    *INBOUND,
    Route(key="openapi", method="get", path="/openapi.json", tag="About", title="This Document",
          does="All operations as OpenAPI 3.1, made from the catalog in force; with a token, with the custom fields of "
               "its account.", open=True, tagged=True, refuses=(401, 403, 429)),
    Route(key="healthz", method="get", path="/healthz", tag="About", title="Is It Alive?",
          does="The process answers.", answers=closed({"status": {"type": "string"}}), open=True),
    Route(key="readyz", method="get", path="/readyz", tag="About", title="Is It Ready?",
          does="The storage answers too; which catalog is in force, and what is wrong with newer files.",
          answers=READY, open=True),
    Route(key="security", method="get", path="/.well-known/security.txt", tag="About", title="Whom to Tell",
          does="Whom to tell of a weakness (RFC 9116).", answers={"type": "string"}, media="text/plain", open=True),
    Route(key="metrics", method="get", path="/metrics", tag="About", title="Figures for Prometheus",
          does="Requests of this process and the state of the queue. For administrators.",
          answers={"type": "string"}, media="text/plain", refuses=(403,)),
)  # fmt: skip
"""The addresses that are the same whatever the files say."""

PAGES = (
    "/docs/api", "/docs/api/<name>", "/documentation", "/documentation/index.html",
    "/settings", "/settings/api", "/settings/api/<token_id>/revoke", "/settings/sign-in", "/settings/sign-out",
    "/settings/console.css",
)  # fmt: skip
"""Pages for people: no operations."""

ALIASES: Mapping[str, str] = {
    "/simple": "/api/simple", "/v1/leads": "/leads", "/v1/subscriptions": "/subscriptions", "/v1/addlead": "/addlead",
}  # fmt: skip
"""Second places of a door, where the same operations answer."""
