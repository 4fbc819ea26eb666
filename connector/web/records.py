"""Records over HTTP: read, searched, chosen from, deleted; and the page of all ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.routing import BaseConverter, ValidationError

from connector.access.tokens import Caller
from connector.catalog.model import Action, Catalog, Entity, Where
from connector.engine import lists
from connector.errors import Fault, Invalid, NotFound
from connector.storage.contract import Store
from connector.web import incoming
from connector.web.actions import done
from connector.web.answers import answer
from connector.web.house import House, house

records = Blueprint("records", __name__)
PAGING = ("q", "order", "cursor", "limit")
DIRECTORY: dict[str, tuple[str, ...]] = {
    "user": ("id", "email", "firstname", "lastname", "is_admin", "is_active"),
    "team": ("id", "name"),
    "pipeline": ("id", "name"),
    "step": ("id", "name", "pipeline_id", "pipeline", "position"),
    "status": ("id", "code", "title", "kind"),
    "activity_type": ("id", "title", "is_active"),
    "email_template": ("id", "name", "subject", "is_shared"),
}
"""What the page of ids lists, and what it tells of each."""


@records.get("/ids")
def all_ids() -> Response:
    """Every id that a parameter may want: users, teams, pipelines, steps, statuses, activity types, templates."""
    caller = incoming.caller()
    incoming.query()
    return answer(directory(house().catalog_of(caller), house().store, caller))


def directory(catalog: Catalog, store: Store, caller: Caller) -> dict[str, Any]:
    """The account's ids by plural name, as far as this caller may see them."""
    known = ((catalog.entities[key], names) for key, names in DIRECTORY.items() if key in catalog.entities)
    return {entity.plural: everything(catalog, store, caller, entity, names) for entity, names in known}


def everything(
    catalog: Catalog, store: Store, caller: Caller, entity: Entity, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    """All records of an entity, cut down to those names."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        part = lists.records(catalog, store, caller.scope, entity, {}, cursor=cursor, limit=lists.LARGEST)
        found.extend({name: row.get(name) for name in names} for row in part.data)
        if not part.has_more:
            return found
        cursor = part.cursor


@records.get("/<plural>")
def several(plural: str) -> Response:
    """A page of records: filters by field, `q`, `order`, `limit`, `cursor`."""
    caller = incoming.caller()
    catalog = house().catalog_of(caller)
    entity = entity_of(catalog.plural, plural)
    filters = incoming.last(incoming.texts(request.args))
    incoming.refuse_unknown(
        [name.partition("[")[0] for name in filters],
        [*PAGING, *entity.fields, *entity.own, *(show.name for show in entity.shows)],
    )
    q, order, cursor = (filters.pop(name, None) for name in ("q", "order", "cursor"))
    limit = incoming.limit(filters.pop("limit", None), lists.LARGEST)
    found = lists.records(
        catalog, house().store, caller.scope, entity, filters, order=order, cursor=cursor, limit=limit, q=q
    )
    return answer(found.as_json())


@records.get("/<plural>/<record_id>")
def one(plural: str, record_id: str) -> Response:
    """The record itself."""
    caller = incoming.caller()
    catalog = house().catalog_of(caller)
    entity = entity_of(catalog.plural, plural)
    incoming.query()
    wanted = incoming.path_id(record_id, entity.key)
    return answer(lists.record(catalog, house().store, caller.scope, entity, wanted))


@records.delete("/<deletable:plural>/<record_id>")
def remove(plural: tuple[Entity, Action], record_id: str) -> Response:
    """Delete a record, by the action that deletes its type."""
    entity, action = plural
    caller = incoming.caller()
    wanted = incoming.path_id(record_id, entity.key)
    return done(caller, action.key, {f"{entity.key}_id": wanted}, text=False)


def deletable(house: House) -> type[BaseConverter]:
    """What `<deletable:...>` stands for in an address: the plural name of records that an action deletes."""

    class Deletable(BaseConverter):
        def to_python(self, value: str) -> tuple[Entity, Action]:
            entity = house.catalog.plural(value)
            action = entity and house.catalog.deletion(entity)
            if not entity or not action:
                raise ValidationError
            return entity, action

    return Deletable


@records.get("/choices/<key>")
def choices(key: str) -> Response:
    """A page of a drop-down: value, label, id. `q` searches it; `input=assign.user_id` leaves what that input takes.

    The choices of a custom field are at `lead.size`.
    """
    caller = incoming.caller()
    catalog = house().catalog_of(caller)
    parent, _, name = key.partition(".")
    entity = entity_of(catalog.entities.get, parent)
    if name:
        return answer(listed(entity, name).as_json())
    asked = incoming.query("q", "cursor", "limit", "input")
    where = allowed(catalog, entity, asked["input"]) if asked.get("input") else ()
    limit = incoming.limit(asked.get("limit"), lists.LARGEST)
    found = lists.choices(
        catalog,
        house().store,
        caller.scope,
        entity,
        q=asked.get("q"),
        cursor=asked.get("cursor"),
        limit=limit,
        where=where,
    )
    return answer(found.as_json())


def listed(entity: Entity, name: str) -> lists.Page:
    """A page of a custom field's choices."""
    field = entity.own.get(name)
    if field is None or not field.choices:
        raise NotFound("no_such_address", path=request.path)
    asked = incoming.query("q", "cursor", "limit")
    limit = incoming.limit(asked.get("limit"), lists.LARGEST)
    return lists.listed(field, q=asked.get("q"), cursor=asked.get("cursor"), limit=limit)


def allowed(catalog: Catalog, entity: Entity, name: str) -> Where:
    """Which records the input so named (`assign.user_id`) takes; Invalid where it takes none of this kind."""
    key, _, field = name.partition(".")
    owner = catalog.actions.get(key) or catalog.triggers.get(key) or catalog.searches.get(key)
    ref = owner.input.refs.get(field) if owner else None
    if ref is None or ref.to != entity.key:
        params = {"name": name, "entity": entity.key}
        raise Invalid(faults=[Fault(pointer="/input", key="no_such_choice", params=params)])
    return ref.where


@records.get("/searches/<key>")
def search(key: str) -> Response:
    """A page of what a search finds; empty, never 404, when it finds nothing."""
    caller = incoming.caller()
    raw, paging = incoming.split("cursor", "limit")
    limit = incoming.limit(paging.get("limit"), lists.LARGEST)
    found = lists.search(
        house().catalog_of(caller),
        house().store,
        caller.scope,
        key,
        raw,
        text=True,
        cursor=paging.get("cursor"),
        limit=limit,
    )
    return answer(found.as_json())


def entity_of(find: Callable[[str], Entity | None], name: str) -> Entity:
    """The public entity of that name, or NotFound."""
    entity = find(name)
    if entity is None or not entity.public:
        raise NotFound("no_such_address", path=request.path)
    return entity
