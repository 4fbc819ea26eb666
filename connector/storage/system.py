"""Tables of the code: tokens, the outbox, keys, the audit, subscriptions and their deliveries, where leads come in.

They are read and written like any record type, but without events or resource. Their rows also carry `account_id`,
because they are looked up over all accounts (`Query.everywhere`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalog.model import Entity, Field, Kind, Ref, Show, Value


def _field(name: str, kind: Kind = "text", **options: Any) -> Field:
    return Field(name=name, kind=kind, schema={}, title={"en": name}, **options)


def _entity(key: str, plural: str, fields: tuple[Field, ...], **options: Any) -> Entity:
    stamps = (_field("id", "integer"), _field("created_at", "datetime"), _field("updated_at", "datetime"))
    account = _field("account_id", "integer")
    return Entity(
        key=key,
        plural=plural,
        title={"en": key},
        fields={field.name: field for field in (*stamps, account, *fields)},
        owner=None,
        label=Value(source="", of=lambda names: "", constant=True),
        public=False,
        system=True,
        **options,
    )


CUSTOM_VERSION = Show(name="custom_version", path=("account_id", "custom_version"))
"""Which custom fields the account has: read with the token, so that a call needs no question of its own for it."""

API_TOKEN = _entity(
    "api_token",
    "api_tokens",
    (
        _field("name"),
        _field("details"),
        _field("kind"),
        _field("user_id", "integer", ref=Ref(to="user")),
        _field("hash", secret=True),
        _field("prefix"),
        _field("scopes", "list"),
        _field("allowed_ips", "list"),
        _field("actions", "list"),
        _field("rate_limit", "integer"),
        _field("replay_window", "integer"),
        _field("in_query", "boolean"),
        _field("expires_at", "datetime"),
        _field("last_used_at", "datetime"),
        _field("revoked_at", "datetime"),
    ),
    shows=(
        Show(name="is_admin", path=("user_id", "is_admin")),
        Show(name="is_active", path=("user_id", "is_active")),
        Show(name="user_email", path=("user_id", "email")),
        Show(name="user_locale", path=("user_id", "locale")),
        CUSTOM_VERSION,
    ),
    unique=(("hash",),),
)

OUTBOX = _entity(
    "outbox",
    "outbox",
    (
        _field("kind"),
        _field("email_id", "integer"),
        _field("body", "object"),
        _field("state"),
        _field("attempts", "integer"),
        _field("due_at", "datetime"),
        _field("lease_token"),
        _field("error"),
    ),
    shows=(),
    index=(("state", "due_at"),),
)

IDEMPOTENCY = _entity(
    "idempotency",
    "idempotency",
    (
        _field("slot"),
        _field("content"),
        _field("result", "object"),
    ),
    shows=(),
    unique=(("slot",),),
)
"""What was done under a key: `slot` stands for account, token, action and key, `content` for the input."""

AUDIT = _entity(
    "audit",
    "audit",
    (
        _field("actor_id", "integer"),
        _field("token_id", "integer"),
        _field("address"),
        _field("origin"),
        _field("what"),
        _field("name"),
        _field("record"),
        _field("details", "object"),
    ),
    shows=(),
)
"""Who did what, when and from where."""

SUBSCRIPTION = _entity(
    "subscription",
    "subscriptions",
    (
        _field("trigger"),
        _field("kind"),
        _field("target_url"),
        _field("filter", "object"),
        _field("style"),
        _field("parameters"),
        _field("secret", secret=True),
        _field("old_secret", secret=True),
        _field("old_secret_until", "datetime"),
        _field("fingerprint"),
        _field("state"),
        _field("heard", "integer"),
        _field("reason"),
        _field("failing_since", "datetime"),
        _field("last_status", "integer"),
        _field("last_error"),
        _field("last_at", "datetime"),
        _field("user_id", "integer", ref=Ref(to="user")),
        _field("token_id", "integer", ref=Ref(to="api_token")),
    ),
    shows=(
        Show(name="is_admin", path=("user_id", "is_admin")),
        Show(name="is_active", path=("user_id", "is_active")),
        Show(name="expires_at", path=("token_id", "expires_at")),
        Show(name="revoked_at", path=("token_id", "revoked_at")),
        CUSTOM_VERSION,
    ),
    unique=(("fingerprint",),),
    index=(("account_id", "state"),),
)
"""Who wants to be told of what. `parameters` and the secrets are sealed; `fingerprint` is null once it is removed."""

DELIVERY = _entity(
    "delivery",
    "deliveries",
    (
        _field("subscription_id", "integer", ref=Ref(to="subscription")),
        _field("seq", "integer"),
        _field("message_id"),
        _field("trigger"),
        _field("style"),
        _field("method"),
        _field("body"),
        _field("request_id"),
        _field("state"),
        _field("attempts", "integer"),
        _field("again", "integer"),
        _field("due_at", "datetime"),
        _field("lease_token"),
        _field("last_status", "integer"),
        _field("last_error"),
        _field("settled_at", "datetime"),
    ),
    shows=(Show(name="user_id", path=("subscription_id", "user_id")),),
    unique=(("message_id",),),
    index=(("account_id", "subscription_id", "state", "due_at"), ("state", "created_at")),
)
"""One event for one subscription. A claim moves `due_at` to the end of its lease: a dead worker's rows fall due."""

ATTEMPT = _entity(
    "attempt",
    "attempts",
    (
        _field("delivery_id", "integer", ref=Ref(to="delivery")),
        _field("subscription_id", "integer"),
        _field("number", "integer"),
        _field("at", "datetime"),
        _field("milliseconds", "integer"),
        _field("status", "integer"),
        _field("error"),
        _field("answer"),
        _field("worker"),
        _field("request_id"),
    ),
    shows=(Show(name="user_id", path=("delivery_id", "subscription_id", "user_id")),),
)
"""One try of a delivery, and what the receiver said."""

WEB_FORM = _entity(
    "web_form",
    "web_forms",
    (
        _field("name"),
        _field("key"),
        _field("state"),
        _field("signed", "boolean"),
        _field("secret", secret=True),
        _field("old_secret", secret=True),
        _field("old_secret_until", "datetime"),
        _field("mapping", "object"),
        _field("source"),
        _field("tags", "list"),
        _field("user_id", "integer", ref=Ref(to="user")),
        _field("honeypot"),
        _field("origins", "list"),
        _field("redirect"),
        _field("redirect_hosts", "list"),
        _field("rate_limit", "integer"),
        _field("merge_minutes", "integer"),
    ),
    shows=(Show(name="user_email", path=("user_id", "email")),),
    unique=(("key",),),
)
"""A form somewhere on the web whose answers become leads. `key` is the unguessable part of its address."""

META_PAGE = _entity(
    "meta_page",
    "meta_pages",
    (
        _field("page_id"),
        _field("name"),
        _field("state"),
        _field("access_token", secret=True),
        _field("mapping", "object"),
        _field("forms", "object"),
        _field("source"),
        _field("tags", "list"),
        _field("user_id", "integer", ref=Ref(to="user")),
    ),
    shows=(Show(name="user_email", path=("user_id", "email")),),
    unique=(("page_id",),),
)
"""A page of Facebook or Instagram whose lead ads are fetched, with its sealed access token."""

META_LEAD = _entity(
    "meta_lead",
    "meta_leads",
    (
        _field("leadgen_id"),
        _field("page_id"),
        _field("form_id"),
        _field("ad_id"),
        _field("submitted_at", "datetime"),
        _field("state"),
        _field("attempts", "integer"),
        _field("due_at", "datetime"),
        _field("lease_token"),
        _field("last_status", "integer"),
        _field("last_error"),
        _field("said"),
        _field("lead_id", "integer"),
        _field("settled_at", "datetime"),
        _field("request_id"),
    ),
    shows=(),
    unique=(("leadgen_id",),),
    index=(("state", "due_at"),),
)
"""A lead that Meta has told of: to be fetched, fetched, or given up. A claim moves `due_at` to the end of its lease."""

SYSTEM: Mapping[str, Entity] = {
    entity.key: entity
    for entity in (
        API_TOKEN,
        OUTBOX,
        IDEMPOTENCY,
        AUDIT,
        SUBSCRIPTION,
        DELIVERY,
        ATTEMPT,
        WEB_FORM,
        META_PAGE,
        META_LEAD,
    )
}
