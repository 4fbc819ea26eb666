"""The small catalog and the few records in which the contract's promises are tried."""

from __future__ import annotations

from typing import Any

from connector.catalog.model import Action, Binding, Catalog, Entity, Field, Input, Kind, Ref, Show, Test, Value
from connector.storage.contract import Row, Scope, Store

ADMIN = Scope(account_id=1, actor_id=1)
ANA = Scope(account_id=1, actor_id=2, owner=2)
BEN = Scope(account_id=1, actor_id=3, owner=3)
OTHER = Scope(account_id=2, actor_id=9)
EARLY = "2026-01-01T00:00:00.000Z"


def field(name: str, kind: Kind = "text", **options: Any) -> Field:
    """A stored field."""
    return Field(name=name, kind=kind, schema={}, title={"en": name}, **options)


def reference(name: str, to: str) -> Field:
    """A reference to another record."""
    return field(name, "integer", ref=Ref(to=to))


def entity(key: str, *fields: Field, **options: Any) -> Entity:
    """A record type with the implicit fields in front."""
    implicit = (field("id", "integer"), field("created_at", "datetime"), field("updated_at", "datetime"))
    options = {"shows": (), "owner": None} | options
    stored = {item.name: item for item in (*implicit, *fields)}
    label = Value(source="", of=lambda names: "", constant=True)
    return Entity(key=key, plural=f"{key}s", title={"en": key}, fields=stored, label=label, **options)


def entities() -> dict[str, Entity]:
    """Users and statuses, leads that refer to both, and activities that belong to whom the lead belongs to."""
    made = (
        entity("user", field("name", fold="text"), field("email", fold="email"), field("is_active", "boolean"),
               field("nicknames", "list", fold="text"), unique=(("email",),)),
        entity("status", field("code"), field("title"), unique=(("code",),)),
        entity(
            "lead", field("title", fold="text"), field("phone", fold="digits"), field("email", fold="email"),
            field("amount", "money"), field("score", "number"), field("starred", "boolean"), field("tags", "list"),
            field("custom", "object", fold="text"), field("remind_at", "date"), field("note", secret=True),
            field("size", choices=("small", "large")),
            reference("user_id", "user"), reference("status_id", "status"),
            owner=("user_id",), index=(("remind_at",),), search=("title", "email"),
            shows=(Show(name="status", path=("status_id", "code")), Show(name="user_email", path=("user_id", "email"))),
        ),
        entity(
            "activity", field("content"), reference("lead_id", "lead"), owner=("lead_id", "user_id"),
            shows=(Show(name="lead_title", path=("lead_id", "title")),
                   Show(name="lead_status", path=("lead_id", "status_id", "code"))),
        ),
    )  # fmt: skip
    return {item.key: item for item in made}


def catalog(made: dict[str, Entity] | None = None) -> Catalog:
    """A catalog of those record types, with one action that locks leads by e-mail before it creates one."""
    value = Value(source="", of=lambda names: None)
    lock = Binding(name="found", find="lead", where=(Test(path="email", op="eq", value=value),), lock=True)
    find = Action(
        key="find_or_create", on=None, path="", title={"en": ""}, description={"en": ""},
        input=Input(schema={"properties": {}}), bind=(lock,), require=(), do=(), returns="found", output={},
        examples=(),
    )  # fmt: skip
    return Catalog(version="1", entities=made or entities(), actions={"find_or_create": find}, triggers={}, searches={})


RECORDS: dict[str, list[Row]] = {
    "user": [
        {"id": 1, "name": "Zoé", "email": "Zoe@example.com", "is_active": True},
        {"id": 2, "name": "ana", "email": "ana@example.com", "is_active": True, "nicknames": ["Été"]},
        {"id": 3, "name": "Ben", "email": "ben@example.com", "is_active": False},
    ],
    "status": [{"id": 1, "code": "todo", "title": "To do"}, {"id": 2, "code": "won", "title": "Won"}],
    "lead": [
        {"id": 1, "title": "Éclair", "phone": "+33 6 12 34 56 78", "amount": 155.34, "user_id": 2, "status_id": 1,
         "tags": ["a", "b"], "custom": {"k": [1, None]}, "score": 2.5, "starred": True, "remind_at": "2026-03-01"},
        {"id": 2, "title": "Brise", "email": "Info@Brise.example", "user_id": 3, "status_id": 1, "amount": 20,
         "tags": ["b"], "remind_at": "2026-02-01", "starred": False},
        {"id": 3, "title": "ardoise", "user_id": None, "status_id": 2, "tags": [], "phone": "n/a"},
        {"id": 4, "title": "Brise", "user_id": 2, "status_id": None},
    ],
    "activity": [{"id": 1, "content": "call", "lead_id": 1}, {"id": 2, "content": "mail", "lead_id": 2}],
}  # fmt: skip


def prepare(store: Store) -> Store:
    """Tables, catalog and records in an empty store; a second account has a lead with an id of its own."""
    store.upgrade(catalog())
    store.adopt(catalog())
    store.load({key: [{"created_at": EARLY, "updated_at": EARLY, **row} for row in rows]
                for key, rows in RECORDS.items()}, 1)  # fmt: skip
    others = {"user": [{"id": 9, "email": "ana@example.com"}], "lead": [{"id": 90, "title": "Brise", "user_id": 9}]}
    store.load(others, 2)
    return store
