"""Entity files -> Entity: fields, shows, labels, rules, and the output schema of a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from connector.catalog import outputs
from connector.catalog.clauses import MOMENT, bare, reference, texts, value
from connector.catalog.coercions import kind_of
from connector.catalog.effects import bindings, effects
from connector.catalog.forms import check_property, titled
from connector.catalog.model import NOTHING, Entity, Field, Kind, Rule, Show
from connector.catalog.place import Place, suggest
from connector.catalog.shapes import ANY, INTEGER, SCALAR, TEXT, Known, Outline, Shape, listing, record

IMPLICIT: Mapping[str, Mapping[str, Any]] = {
    "id": {"type": "integer", "minimum": 1, "title": "Id"},
    "created_at": {
        "type": "string", "format": "date-time", "title": "Created At",
        "x-title": {"fr": "Créé le", "ru": "Создано"},
    },
    "updated_at": {
        "type": "string", "format": "date-time", "title": "Updated At",
        "x-title": {"fr": "Modifié le", "ru": "Изменено"},
    },
}  # fmt: skip
"""Fields of every record, set by the store."""


def properties(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """All stored fields of an entity file, the implicit ones first."""
    return {**IMPLICIT, **document["fields"].get("properties", {})}


def outline(document: Mapping[str, Any]) -> Outline:
    """What other files may say about this entity, before any of them is compiled."""
    stored = properties(document)
    refs = {name: inner["x-ref"].get("to", "") for name, inner in stored.items() if "x-ref" in inner}
    open_fields = {name: _shape(inner) for name, inner in stored.items() if not inner.get("x-secret")}
    shows = {name: SCALAR for inner in stored.values() for name in inner.get("x-show", {})}
    through = {name.removesuffix("_id"): record(to) for name, to in refs.items() if name.endswith("_id")}
    return Outline(
        key=document["key"],
        fields={name: _kind(inner) for name, inner in stored.items()},
        refs=refs,
        required=frozenset((*IMPLICIT, *document["fields"].get("required", []))),
        inside={**shows, **open_fields, **through},
        flat={**open_fields, **shows},
        schemas=stored,
    )


def _kind(schema: Mapping[str, Any]) -> Kind:
    kind = kind_of(schema)
    return "integer" if kind == "ref" else cast(Kind, kind)


def _shape(schema: Mapping[str, Any]) -> Shape:
    kind = kind_of(schema)
    if kind == "ref":
        return INTEGER
    plain = {name: schema[name] for name in ("type", "format") if name in schema}
    return {"list": listing(TEXT), "object": ANY}.get(kind, Shape("scalar", schema=plain))


def compile_entity(
    document: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]], known: Known, place: Place
) -> Entity:
    """The compiled entity; `files` has every entity file by key, for what shows reach."""
    key = document["key"]
    fields = _fields(document, known, place)
    shows, shown = _shows(key, files, known, place)
    about = known.plus(it=record(key))
    for name in ("search", "index", "unique"):
        _check_names(document.get(name, []), fields, place / name)
    return Entity(
        key=key,
        plural=document["plural"],
        title=texts(document, "title"),
        fields=fields,
        shows=shows,
        owner=_owner(document.get("owner"), key, known, place / "owner"),
        label=value(document["label"], about, place / "label"),
        public=document.get("public", True),
        search=tuple(document.get("search", [])),
        index=tuple(map(tuple, document.get("index", []))),
        unique=tuple(map(tuple, document.get("unique", []))),
        rules=_rules(document.get("rules", []), key, known, place / "rules"),
        output=outputs.entity(fields, shows, shown),
    )


def _fields(document: Mapping[str, Any], known: Known, place: Place) -> dict[str, Field]:
    required = set(document["fields"].get("required", [])) | set(IMPLICIT)
    at = place / "fields" / "properties"
    fields = {}
    for name, schema in properties(document).items():
        check_property(schema, at / name)
        if name in IMPLICIT and schema is not IMPLICIT[name]:
            (at / name).add(f"'{name}' is a field of every record", "Leave it out; the store sets it.")
        if "x-ref" in schema and not name.endswith("_id"):
            (at / name).add("a reference must be called <name>_id", f"Call it '{name}_id'.")
        fields[name] = _field(name, schema, name in required, known, at / name)
    for name in sorted(required - set(fields)):
        (place / "fields" / "required").add(f"'{name}' is required but not declared", suggest(name, fields))
    return fields


def _field(name: str, schema: Mapping[str, Any], required: bool, known: Known, place: Place) -> Field:
    kind = _kind(schema)
    return Field(
        name=name,
        kind=kind,
        schema=schema,
        title=texts(schema, "title", titled(name)),
        required=required,
        default=schema.get("default", {"list": [], "object": {}}.get(kind)),
        ref=reference(schema["x-ref"], known, place / "x-ref") if "x-ref" in schema else None,
        fold=schema.get("x-fold"),
        choices=tuple(schema.get("enum", ())),
        secret=bool(schema.get("x-secret")),
    )


def _shows(
    key: str, files: Mapping[str, Mapping[str, Any]], known: Known, place: Place
) -> tuple[tuple[Show, ...], dict[str, dict[str, Any]]]:
    """The shows of an entity, and the schema of what each shows."""
    shows, shown = [], {}
    for name, schema in properties(files[key]).items():
        for title, path in schema.get("x-show", {}).items():
            ended = known.resolve(key, f"{name.removesuffix('_id')}.{path}")
            spot = place / "fields" / "properties" / name / "x-show" / title
            if title in known.outlines[key].fields:
                spot.add(f"'{title}' is a field of its own", "Choose another name.")
            elif isinstance(ended, str):
                target = known.outlines.get(known.outlines[key].refs.get(name, ""))
                spot.add(ended, suggest(path, target.fields if target else ()))
            else:
                shows.append(Show(name=title, path=_steps(name, path)))
                shown[title] = outputs.field(properties(files[ended[0]])[ended[1]], required=False)
    return tuple(shows), shown


def _steps(name: str, path: str) -> tuple[str, ...]:
    *through, last = path.split(".")
    return (name, *(f"{step}_id" for step in through), last)


def _owner(path: str | None, key: str, known: Known, place: Place) -> tuple[str, ...] | None:
    if path is None:
        return None
    ended = known.resolve(key, path)
    if isinstance(ended, str):
        place.add(ended, 'Name the path to a user, such as "user_id" or "lead.user_id".')
    elif known.outlines[ended[0]].refs.get(ended[1]) != "user":
        place.add(f"'{path}' does not lead to a user", 'Name the path to a user, such as "user_id" or "lead.user_id".')
    *through, last = path.split(".")
    return (*(f"{step}_id" for step in through), last)


def _check_names(names: Any, fields: Mapping[str, Field], place: Place) -> None:
    for i, name in enumerate(names):
        if isinstance(name, list):
            _check_names(name, fields, place / i)
        elif name not in fields:
            (place / i).add(f"there is no field '{name}'", suggest(name, fields))


def _rules(documents: Any, key: str, known: Known, place: Place) -> tuple[Rule, ...]:
    names = {"before": record(key), "after": record(key), key: record(key), "changed": listing(TEXT)}
    seen = Known(names={**names, "actor": record("user"), **MOMENT}, outlines=known.outlines)
    rules = []
    for i, document in enumerate(documents):
        spot = place / i
        when = bare(document["when"], seen, spot / "when") if "when" in document else None
        bound, bind = bindings(document.get("bind", []), seen, spot / "bind")
        do = effects(document["do"], key, bound, NOTHING, spot / "do")
        rules.append(Rule(when=when, bind=bind, do=do))
    return tuple(rules)
