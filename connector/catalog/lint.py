"""What the platforms demand of texts and bounds: warnings, not errors; the catalog loads with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connector.catalog.coercions import kind_of
from connector.catalog.files import KINDS
from connector.catalog.model import Action, Catalog, Input, Search, Texts, Trigger
from connector.catalog.place import Place
from connector.errors import Problem
from connector.sentences import LOCALES

Entry = Action | Trigger | Search

_SMALL = frozenset({"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})
_VERB = re.compile(r"[A-Z][a-z]+s\b(?<!This)(?<!Its)(?<!Is)")
_TRIGGER = re.compile(r"Triggers when .+\.")
_SEARCH = re.compile(r"Finds .+\.")


def lint(catalog: Catalog, folders: Sequence[Path] = ()) -> list[Problem]:
    """Every warning about a loaded catalog; `folders` also finds files that are not read."""
    problems = [problem for entity in catalog.entities for problem in _entity(catalog, entity)]
    for group, describe in _GROUPS:
        for entry in group(catalog).values():
            place = Place(entry.file)
            _titled(entry.title, place)
            _translated(entry.description, "description", place)
            describe(entry.description["en"], place / "description")
            _inputs(entry.input, catalog, place / "input" / "properties")
            if isinstance(entry, Action):
                _messages(entry, place / "require")
            problems += place.problems
    return [*problems, *_unread(folders)]


def _entity(catalog: Catalog, key: str) -> list[Problem]:
    entity, place = catalog.entities[key], Place(f"entities/{key}.json")
    _titled(entity.title, place)
    for name, field in entity.fields.items():
        spot = place / "fields" / "properties" / name
        _titled(field.title, spot)
        if "x-ref" not in field.schema:
            _bounded(field.schema, spot)
    return [
        problem for problem in place.problems if not re.search(r"/(id|created_at|updated_at)(/|$)", problem.pointer)
    ]


def _titled(title: Texts, place: Place) -> None:
    words = re.findall(r"[^\s()]+", title["en"])
    wrong = [word for i, word in enumerate(words) if word[0].islower() and (i == 0 or word not in _SMALL)]
    if wrong:
        (place / "title").add(f"the title '{title['en']}' is not in Title Case", f"Write '{wrong[0].capitalize()}'.")
    _translated(title, "title", place)


def _translated(texts: Texts, name: str, place: Place) -> None:
    missing = [locale for locale in LOCALES if not texts.get(locale)]
    if missing:
        (place / f"x-{name}").add(f"the {name} is not translated into {', '.join(missing)}", "Add it.")


def _action_text(text: str, place: Place) -> None:
    if not _VERB.match(text) or not text.endswith("."):
        place.add("an action's description begins with a verb and ends with a full stop", "Such as 'Moves a lead ...'.")


def _trigger_text(text: str, place: Place) -> None:
    if not _TRIGGER.fullmatch(text):
        place.add("a trigger's description reads 'Triggers when ... .'", "Begin with 'Triggers when'.")


def _search_text(text: str, place: Place) -> None:
    if not _SEARCH.fullmatch(text):
        place.add("a search's description reads 'Finds ... .'", "Begin with 'Finds'.")


def _inputs(input: Input, catalog: Catalog, place: Place) -> None:
    for name, schema in input.schema["properties"].items():
        spot = place / name
        _titled({"en": schema["title"], **schema.get("x-title", {})}, spot)
        if "description" in schema:
            _translated({"en": schema["description"], **schema.get("x-description", {})}, "description", spot)
        if "x-ref" in schema:
            continue
        if name.endswith("_id") and (name.removesuffix("_id") in catalog.entities or schema.get("type") == "integer"):
            spot.add("an id that is no 'x-ref' has no drop-down", 'Write "x-ref": {"to": ...} in place of its type.')
        _bounded(schema, spot)


def _bounded(schema: Mapping[str, Any], place: Place) -> None:
    kind = kind_of(schema)
    if kind == "integer" and "maximum" not in schema and "enum" not in schema:
        place.add("an integer needs a 'maximum'", 'Add "maximum".')
    if kind == "text" and "maxLength" not in schema and "enum" not in schema:
        place.add("a text needs a 'maxLength'", 'Add "maxLength".')
    if kind == "list":
        _bounded(schema.get("items", {}), place / "items")


def _messages(action: Action, place: Place) -> None:
    for i, requirement in enumerate(action.require):
        missing = [locale for locale in LOCALES if locale not in requirement.refusal.message]
        if missing:
            (place / i / "x-message").add(f"the message is not translated into {', '.join(missing)}", "Add it.")


def _unread(folders: Sequence[Path]) -> Iterable[Problem]:
    """Files among the others that do not count because of their name."""
    for folder in folders:
        for kind in KINDS:
            for path in sorted((folder / kind).rglob("*")):
                if path.is_file() and path.suffix != ".json" and not path.name.startswith("."):
                    name = path.relative_to(folder).as_posix()
                    yield Problem(
                        file=name, pointer="", reason="this file is not read", hint="Let its name end in .json."
                    )


_GROUPS: tuple[tuple[Callable[[Catalog], Mapping[str, Any]], Callable[[str, Place], None]], ...] = (
    (lambda catalog: catalog.actions, _action_text),
    (lambda catalog: catalog.triggers, _trigger_text),
    (lambda catalog: catalog.searches, _search_text),
)
