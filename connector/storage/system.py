"""Tables of the code: tokens and the outbox. Read and written like any record type, but without events or resource.

Their rows also carry `account_id`, because they are looked up over all accounts (`Query.everywhere`).
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
        _field("rate_limit", "integer"),
        _field("expires_at", "datetime"),
        _field("last_used_at", "datetime"),
        _field("revoked_at", "datetime"),
    ),
    shows=(
        Show(name="is_admin", path=("user_id", "is_admin")),
        Show(name="is_active", path=("user_id", "is_active")),
        Show(name="user_email", path=("user_id", "email")),
        Show(name="user_locale", path=("user_id", "locale")),
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
    ),
    shows=(),
    index=(("state", "due_at"),),
)

SYSTEM: Mapping[str, Entity] = {entity.key: entity for entity in (API_TOKEN, OUTBOX)}
