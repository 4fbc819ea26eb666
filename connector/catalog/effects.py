"""`bind` and `do`: the look-ups and the effects of actions and of entity rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connector.catalog.clauses import condition, order, shaped, value, where
from connector.catalog.model import CUSTOM, Binding, Effect, Value
from connector.catalog.place import Place, suggest
from connector.catalog.shapes import ANY, INTEGER, Known, Outline, Shape, listing, record

VERBS: Mapping[str, frozenset[str]] = {
    "set": frozenset(),
    "add": frozenset(),
    "remove": frozenset(),
    "create": frozenset({"as", "set", "copy", "from", "except"}),
    "ensure": frozenset({"as", "set"}),
    "update": frozenset({"as", "set", "copy", "where"}),
    "delete": frozenset({"where"}),
    "send_email": frozenset({"as"}),
    "resend": frozenset(),
    "notify": frozenset(),
    "call": frozenset(),
}
"""Each effect, and the keys it takes beside its own, `when`, `each` and `$comment`."""

MAIL = frozenset({"fill"})
"""What send_email takes beside the fields of the email entity."""

NOTICE = frozenset({"user", "subject", "x-subject", "text", "x-text"})
TRANSLATED = ("subject", "text")

CALL = frozenset({"url", "method", "headers", "body"})


def bindings(documents: Sequence[Mapping[str, Any]], known: Known, place: Place) -> tuple[Known, tuple[Binding, ...]]:
    """The compiled bindings, and the names known after them."""
    bound = []
    for i, document in enumerate(documents):
        spot, name = place / i, document["name"]
        if name in known.names:
            (spot / "name").add(f"'{name}' is already the name of something else", "Choose another name.")
        if ("find" in document) == ("value" in document):
            spot.add(
                "a binding has either 'find' or 'value'", 'Write {"name": ..., "find": an entity, "where": {...}}.'
            )
            continue
        binding, shape = _value(document, known, spot) if "value" in document else _find(document, known, spot)
        bound.append(binding)
        known = known.plus(**{name: shape})
    return known, tuple(bound)


def _value(document: Mapping[str, Any], known: Known, place: Place) -> tuple[Binding, Shape]:
    compiled, shape = shaped(document["value"], known, place / "value")
    return Binding(name=document["name"], value=compiled), shape


def _find(document: Mapping[str, Any], known: Known, place: Place) -> tuple[Binding, Shape]:
    entity, pick = document["find"], document.get("pick", "first")
    if entity not in known.outlines:
        (place / "find").add(f"there is no entity '{entity}'", suggest(entity, known.outlines))
        return Binding(name=document["name"]), record(entity)
    binding = Binding(
        name=document["name"],
        find=entity,
        where=where(document.get("where", {}), entity, known, place / "where"),
        order=order(document["order"], entity, known, place / "order") if "order" in document else (),
        pick=pick,
        lock=document.get("lock", False),
        beyond=document.get("sight") == "account",
        refuse=document.get("else") == "refuse",
    )
    shapes = {"all": listing(record(entity)), "count": INTEGER}
    return binding, shapes.get(pick, record(entity))


def effects(
    documents: Sequence[Mapping[str, Any]], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> tuple[Effect, ...]:
    """The compiled effects. `noun` is the record that set, add and remove write; `inputs` what may be copied."""
    return named_effects(documents, noun, known, inputs, place)[1]


def named_effects(
    documents: Sequence[Mapping[str, Any]], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> tuple[Known, tuple[Effect, ...]]:
    """The compiled effects, and the names known after them."""
    compiled = []
    for i, document in enumerate(documents):
        spot = place / i
        verb = _verb(document, spot)
        if verb is None:
            continue
        each, seen = _each(document, known, spot)
        effect = _COMPILERS[verb](document, noun, seen, inputs, spot)
        if effect is None:
            continue
        effect = replace(effect, each=each)
        compiled.append(effect)
        if effect.name and effect.name in known.names:
            (spot / "as").add(f"'{effect.name}' is already the name of something else", "Choose another name.")
        if effect.name:
            known = known.plus(**{effect.name: _named(effect, known)})
    return known, tuple(compiled)


def _each(document: Mapping[str, Any], known: Known, place: Place) -> tuple[Value | None, Known]:
    """The list an effect runs over, and the names known inside it."""
    if "each" not in document:
        return None, known
    compiled, shape = shaped(document["each"], known, place / "each")
    if shape.kind not in ("list", "any"):
        (place / "each").add("'each' needs a list", 'Write {"each": "{{ lead.tags }}", ...}.')
    return compiled, known.plus(it=shape.item or ANY)


def _named(effect: Effect, known: Known) -> Shape:
    if effect.target:
        return known.names[effect.target]
    made = record(effect.entity or "email")
    return listing(made) if effect.verb == "update" else made


def _verb(document: Mapping[str, Any], place: Place) -> str | None:
    """The one verb of an effect; `set` beside create or update belongs to those."""
    verbs = [verb for verb in VERBS if verb in document]
    if "set" in verbs and not {"create", "ensure", "update"}.isdisjoint(verbs):
        verbs.remove("set")
    if len(verbs) != 1:
        found = " and ".join(verbs) or "nothing"
        place.add(f"an effect does one thing; this one has {found}", f"Choose one of: {', '.join(VERBS)}.")
        return None
    for key in document.keys() - VERBS[verbs[0]] - {verbs[0], "when", "each", "$comment"}:
        (place / key).add(f"'{key}' does not go with '{verbs[0]}'", "Take it out.")
    return verbs[0]


def _write(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect | None:
    """set, add, remove: written to the record that the action is on."""
    verb = next(verb for verb in ("set", "add", "remove") if verb in document)
    if noun is None:
        place.add(f"'{verb}' needs a record to write to", "Say which with \"on\", or use 'create' or 'update'.")
        return None
    outline = known.outlines[noun]
    values = field_values(document[verb], outline, known, place / verb)
    for name in document[verb]:
        if verb != "set" and outline.fields.get(name, "list") != "list":
            (place / verb / name).add(f"'{verb}' works on lists; {noun}.{name} is none", "Use 'set'.")
    when = condition(document, known, place)
    return Effect(verb=verb, when=when, values=values)  # type: ignore[arg-type]


def _create(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect | None:
    verb = "create" if "create" in document else "ensure"
    entity = document[verb]
    outline = known.outlines.get(entity)
    if outline is None:
        (place / verb).add(f"there is no entity '{entity}'", suggest(entity, known.outlines))
        return None
    source = document.get("from")
    if source is not None and known.names.get(source) != record(entity):
        (place / "from").add(f"'{source}' is not a {entity}", suggest(source, known.names))
    for i, name in enumerate(document.get("except", [])):
        if name not in outline.fields:
            (place / "except" / i).add(f"{entity} has no field '{name}'", suggest(name, outline.fields))
    return Effect(
        verb=verb,  # type: ignore[arg-type]
        when=condition(document, known, place),
        name=document.get("as"),
        entity=entity,
        values=field_values(document.get("set", {}), outline, known, place / "set"),
        copy=_copied(document, outline, inputs, place / "copy"),
        source=source,
        leave_out=tuple(document.get("except", ())),
    )


def _update(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect | None:
    target, entity = _target(document, "update", known, place)
    outline = known.outlines.get(entity)
    if outline is None:
        return None
    return Effect(
        verb="update",
        when=condition(document, known, place),
        name=document.get("as"),
        target=target,
        entity=None if target else entity,
        where=where(document.get("where", {}), entity, known, place / "where"),
        values=field_values(document.get("set", {}), outline, known, place / "set"),
        copy=_copied(document, outline, inputs, place / "copy"),
    )


def _delete(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect | None:
    target, entity = _target(document, "delete", known, place)
    if entity not in known.outlines:
        return None
    return Effect(
        verb="delete",
        when=condition(document, known, place),
        target=target,
        entity=None if target else entity,
        where=where(document.get("where", {}), entity, known, place / "where"),
    )


def _target(document: Mapping[str, Any], verb: str, known: Known, place: Place) -> tuple[str | None, str]:
    """The bound name and its entity; or no name, and the entity that `where` chooses from."""
    name = document[verb]
    if "where" in document:
        if name not in known.outlines:
            (place / verb).add(f"there is no entity '{name}'", suggest(name, known.outlines))
        return None, name
    shape = known.names.get(name)
    if shape is not None and shape.kind == "list":
        shape = shape.item
    if shape is None or shape.kind != "record":
        entity_hint = "Add a 'where' to choose records of this entity." if name in known.outlines else ""
        (place / verb).add(f"'{name}' is no record here", entity_hint or suggest(name, known.names))
        return name, ""
    return name, shape.entity


def _copied(
    document: Mapping[str, Any], outline: Outline, inputs: Mapping[str, Any], place: Place
) -> tuple[str, ...] | None:
    """The inputs that are written to fields of the same name; "input" means all that have one."""
    copied = document.get("copy")
    if copied is None:
        return None
    if copied == "input":
        names = tuple(name for name in inputs if name in outline.fields)
        if names and CUSTOM not in names and outline.fields.get(CUSTOM) == "object":
            # What an account adds to the fields it adds to the inputs.
            names = (*names, CUSTOM)
        if not names:
            place.add(f"no input is called like a field of {outline.key}", "Name the fields with 'set'.")
        return names
    for i, name in enumerate(copied):
        if name not in inputs:
            (place / i).add(f"there is no input '{name}'", suggest(name, inputs))
        elif name not in outline.fields:
            (place / i).add(f"{outline.key} has no field '{name}'", suggest(name, outline.fields))
    return tuple(copied)


def field_values(document: Mapping[str, Any], outline: Outline, known: Known, place: Place) -> dict[str, Value]:
    """Compiled values for fields of an entity; each must exist and be writable."""
    values = {}
    for name, source in document.items():
        spot = place / name
        if name in ("id", "created_at", "updated_at"):
            spot.add(f"'{name}' is set by the store", "Take it out.")
        elif name not in outline.fields:
            spot.add(f"{outline.key} has no field '{name}'", suggest(name, outline.fields))
        values[name], shape = shaped(source, known, spot)
        wanted = outline.refs.get(name)
        if shape.kind == "record" and shape.entity != wanted and name in outline.fields:
            spot.add(
                f"a {shape.entity} is given to {outline.key}.{name}",
                f"Name a field of it, or give a {wanted}." if wanted else "Name a field of it.",
            )
        if values[name].constant and outline.misfit(name, source):
            spot.add(outline.misfit(name, source), "Give it a value that fits.")
        if source is None and name in outline.required:
            spot.add(f"{outline.key}.{name} is required and cannot be null", "Give it a value.")
    return values


def _send_email(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect:
    given = dict(document["send_email"])
    spot = place / "send_email"
    outline = known.outlines.get("email")
    _check_keys(given, MAIL | (outline.fields.keys() if outline else set()), ("to_address", "subject", "body"), spot)
    fill = given.pop("fill", {})
    return Effect(
        verb="send_email",
        when=condition(document, known, place),
        name=document.get("as"),
        values={key: value(source, known, spot / key) for key, source in given.items()},
        fill={key: value(source, known, spot / "fill" / key) for key, source in fill.items()},
    )


def _resend(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect:
    target, entity = _target(document, "resend", known, place)
    if entity not in ("", "email"):
        (place / "resend").add(f"'{target}' is a {entity}, not an email", "Name a record of the entity email.")
    return Effect(verb="resend", when=condition(document, known, place), target=target)


def _notify(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect:
    """A translation is kept beside its text, as `subject:fr`."""
    given, spot = document["notify"], place / "notify"
    _check_keys(given, NOTICE, ("user", "subject", "text"), spot)
    user, shape = shaped(given.get("user"), known, spot / "user")
    if shape != record("user"):
        (spot / "user").add("this is no user", "Give the record of a user, such as {{ lead.user }}.")
    values = {"user": user}
    for part in TRANSLATED:
        values[part] = value(given.get(part), known, spot / part)
        for locale, text in given.get(f"x-{part}", {}).items():
            values[f"{part}:{locale}"] = value(text, known, spot / f"x-{part}" / locale)
    return Effect(verb="notify", when=condition(document, known, place), values=values)


def _call(
    document: Mapping[str, Any], noun: str | None, known: Known, inputs: Mapping[str, Any], place: Place
) -> Effect:
    given, spot = document["call"], place / "call"
    _check_keys(given, CALL, ("url",), spot)
    return Effect(
        verb="call",
        when=condition(document, known, place),
        values={key: value(source, known, spot / key) for key, source in given.items()},
    )


def _check_keys(given: Mapping[str, Any], allowed: frozenset[str], required: Sequence[str], place: Place) -> None:
    for key in given.keys() - allowed:
        (place / key).add(f"'{key}' is not known here", suggest(key, sorted(allowed)))
    for key in required:
        if key not in given:
            place.add(f"'{key}' is missing", "Add it.")


_COMPILERS: Mapping[str, Callable[..., Effect | None]] = {
    "set": _write, "add": _write, "remove": _write, "create": _create, "ensure": _create, "update": _update,
    "delete": _delete, "send_email": _send_email, "resend": _resend, "notify": _notify, "call": _call,
}  # fmt: skip
