"""The addresses that read what is kept: records, drop-downs, ids, and the catalog itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector.catalog.model import Action, Catalog, Entity, Field
from connector.catalog.outputs import closed
from connector.exporters.families import (
    DRY_RUN,
    Family,
    answer_of,
    named,
    public,
    reference,
    refusals,
    result,
    target,
)
from connector.exporters.routes import (
    ANY_OBJECT,
    API,
    KEY,
    KEY_IN_QUERY,
    LIST,
    RECORD_ID,
    Parameter,
    Route,
    Schema,
    page,
    paging,
    segment,
)
from connector.exporters.texts import line, or_empty

KINDS = ("actions", "triggers", "searches", "entities")
MANY = {"type": "array", "items": ANY_OBJECT}
PLACE = 4
"""Which record from the end an example of a deletion takes: one that no other example deletes."""
DIRECTORY = ("user", "team", "pipeline", "step", "status", "activity_type", "email_template")


def lists(catalog: Catalog) -> Iterator[Route]:
    """Every public record type: a page of its records."""
    for entity in public(catalog):
        title = entity.title["en"]
        yield Route(
            key=f"list_{entity.plural}", method="get", path=f"{API}/{entity.plural}", tag="Records",
            title=f"List {entity.plural.replace('_', ' ').title()}",
            does=f"Records of type {title} that you may see. Besides `field=value` filters take the form "
                 "`field[op]=value` with op one of eq, ne, gt, gte, lt, lte, in, contains.",
            takes=(*ordering(entity), *paging(LIST), *filters(catalog, entity)),
            answers=page(reference(named(entity.key))), refuses=(409,),
        )  # fmt: skip


def ordering(entity: Entity) -> Iterator[Parameter]:
    """`q` where there is something to search in, and `order`."""
    if entity.search:
        yield Parameter(name="q", schema=line(), does=f"Searches in {', '.join(entity.search)}.")
    fields = [*entity.fields.values(), *entity.own.values()]
    names = [field.name for field in fields if not field.secret and field.kind not in ("list", "object")]
    schema = {"type": "string", "enum": [*names, *(f"-{name}" for name in names), ""]}
    yield Parameter(name="order", schema=schema, does="The field to sort by, with `-` downwards.")


def filters(catalog: Catalog, entity: Entity) -> Iterator[Parameter]:
    """One filter per field, also of those that are shown of other records."""
    own = {field.name: field for field in entity.own.values()}
    shown = {show.name: catalog.shown(entity, show.name) for show in entity.shows}
    for name, field in {**entity.fields, **shown, **own}.items():
        if field is not None and not field.secret and (field.kind != "object" or name in own):
            schema = line() if field.ref is not None else or_empty(FILTERS.get(field.kind, line()), "string")
            yield Parameter(name=name, schema=schema, does=f"Only where {field.title['en']} is this.")


NUMBER = {"type": "number", "exclusiveMinimum": -9e14, "exclusiveMaximum": 9e14}
FILTERS: Mapping[str, Schema] = {
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer", "minimum": -(2**53) + 1, "maximum": 2**53 - 1},
    "number": NUMBER,
    "money": NUMBER,
    "boolean": {"type": "string", "enum": ["true", "false", "yes", "no", "1", "0"]},
}


def records(catalog: Catalog) -> Iterator[Route]:
    """Every public record type: one of its records."""
    for entity in public(catalog):
        title = entity.title["en"]
        shown = next((row["id"] for row in catalog.world.get(entity.key, ())), 1)
        yield Route(
            key=f"get_{entity.key}", method="get", path=f"{API}/{entity.plural}/{{record_id}}", tag="Records",
            title=f"Get {title}", does="The record itself.", answers=reference(named(entity.key)), refuses=(404,),
            takes=(segment("record_id", RECORD_ID, f"The id of a record of type {title}.", example=shown),),
        )  # fmt: skip


def deletions(catalog: Catalog) -> Iterator[Route]:
    """Every public record type that an action deletes: one of its records."""
    for entity in public(catalog):
        if action := catalog.deletion(entity):
            yield deletion(catalog, entity, action)


def deletion(catalog: Catalog, entity: Entity, action: Action) -> Route:
    """The action that deletes a record, at the record's own address."""
    shown = target(catalog, action, {}, PLACE)
    return Route(
        key=f"{action.key}_by_id", method="delete", path=f"{API}/{entity.plural}/{{record_id}}", tag="Records",
        title=action.title["en"], does=f"{action.description['en']} The same as the action `{action.key}`.",
        takes=(segment("record_id", RECORD_ID, f"The id of a record of type {entity.title['en']}.", example=shown),
               DRY_RUN, KEY_IN_QUERY, KEY),
        answers={"anyOf": [answer_of(catalog, action), reference("Rehearsal")]}, example=result(action),
        refuses=(404, 409, 507), refusals=refusals(action),
    )  # fmt: skip


def choices(catalog: Catalog) -> Iterator[Route]:
    """The drop-downs, in one."""
    choice = closed({"value": {"type": "integer"}, "label": {"type": "string"}, "id": {"type": "integer"}})
    for entity in public(catalog):
        names = fields_of(catalog, entity)
        asked = [Parameter(name="q", schema=line(), does="Searches.")] if entity.search else []
        if names:
            taken = {"type": "string", "enum": [*names, ""]}
            asked.append(Parameter(name="input", schema=taken, does="Only what that input takes."))
        yield Route(
            key=f"choices_{entity.key}", method="get", path=f"{API}/choices/{entity.key}", tag="Choices",
            title=f"Choices of {entity.title['en']}", does="A drop-down: what to send, and what to show.",
            takes=(*asked, *paging(LIST)), answers=page(choice), refuses=(409,),
        )  # fmt: skip
        yield from (choices_of(entity, field) for field in entity.own.values() if field.choices)


def choices_of(entity: Entity, field: Field) -> Route:
    """The drop-down of a custom field."""
    choice = closed({"value": {"type": "string"}, "label": {"type": "string"}, "id": {"type": "integer"}})
    return Route(
        key=f"choices_{entity.key}_{field.name}", method="get", path=f"{API}/choices/{entity.key}.{field.name}",
        tag="Choices", title=f"Choices of {field.title['en']}", does="A drop-down: what to send, and what to show.",
        takes=(Parameter(name="q", schema=line(), does="Searches."), *paging(LIST)), answers=page(choice),
        refuses=(409,),
    )  # fmt: skip


def fields_of(catalog: Catalog, entity: Entity) -> list[str]:
    """The inputs that take such a record, as `assign.user_id`."""
    kinds: tuple[Mapping[str, Any], ...] = (catalog.actions, catalog.triggers, catalog.searches)
    found = [(key, item.input.refs) for kind in kinds for key, item in kind.items()]
    return [f"{key}.{name}" for key, refs in found for name, ref in refs.items() if ref.to == entity.key]


def ids(catalog: Catalog) -> Iterator[Route]:
    """The page of all ids."""
    yield Route(
        key="ids", method="get", path=f"{API}/ids", tag="Choices", title="All Ids",
        does="Every id that a parameter may want: users, teams, pipelines, steps, statuses, templates.",
        answers=directory(catalog),
    )  # fmt: skip


def directory(catalog: Catalog) -> dict[str, Any]:
    """What the page of ids answers."""
    plurals = [catalog.entities[key].plural for key in DIRECTORY if key in catalog.entities]
    return closed(dict.fromkeys(plurals, MANY))


def whole(catalog: Catalog) -> Iterator[Route]:
    """The catalog."""
    yield Route(
        key="catalog", method="get", path=f"{API}/catalog", tag="About", title="The Catalog",
        does="All actions, triggers, searches and record types, in your language.", tagged=True,
        answers=closed({"version": {"type": "string"}, **dict.fromkeys(KINDS, MANY)}),
    )  # fmt: skip


def entries(catalog: Catalog) -> Iterator[Route]:
    """One entry of the catalog."""
    for kind in KINDS:
        known = [key for key, item in getattr(catalog, kind).items() if getattr(item, "public", True)]
        yield Route(
            key=f"catalog_{kind}", method="get", path=f"{API}/catalog/{kind}/{{key}}", tag="About",
            title=f"Entry of the Catalog: {kind.title()}", does="What it takes and what it gives, in your language.",
            takes=(segment("key", {"type": "string", "enum": known}),), tagged=True, refuses=(404,),
        )  # fmt: skip


RESOURCES: Mapping[str, Family] = {
    f"{API}/<plural>": lists,
    f"{API}/<plural>/<record_id>": records,
    f"{API}/<deletable:plural>/<record_id>": deletions,
    f"{API}/choices/<key>": choices,
    f"{API}/ids": ids,
    f"{API}/catalog": whole,
    f"{API}/catalog/<kind>/<key>": entries,
}
"""Rule of the URL map -> its operations."""
