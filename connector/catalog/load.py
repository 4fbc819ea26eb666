"""Folders of files -> Catalog, or every problem in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from connector.catalog.actions import compile_action, destinations
from connector.catalog.entities import compile_entity, outline
from connector.catalog.examples import MISSING_ACTION, check_examples, check_world
from connector.catalog.feeds import compile_search, compile_trigger
from connector.catalog.files import WORLD, Source, contents, sources, version
from connector.catalog.meta import SHIPPED
from connector.catalog.model import Action, Catalog, Entity, Search, Trigger
from connector.catalog.place import Place
from connector.catalog.shapes import Known
from connector.errors import CatalogError, Problem

__all__ = ["SHIPPED", "compile_contents", "load"]

T = TypeVar("T", Action, Trigger, Search)


def load(folders: Sequence[Path], *, strict: bool = True) -> Catalog:
    """The catalog of these folders, later ones laid over earlier ones file by file.

    Raises CatalogError with all problems. With `strict=False` broken files are left out instead.
    """
    catalog, problems = compile_contents(contents(folders))
    if strict and problems:
        raise CatalogError(problems)
    return catalog


def compile_contents(found: Mapping[str, bytes]) -> tuple[Catalog, list[Problem]]:
    """The catalog of the sound files, and what is wrong with the others."""
    read, world, problems = sources(found)
    files = _by_key(read, problems)
    documents = {key: source.document for key, source in files["entity"].items()}
    known = Known(outlines={key: outline(document) for key, document in documents.items()})
    entities = {
        key: compile_entity(source.document, documents, known, source.place) for key, source in files["entity"].items()
    }
    places = {(kind, key): source.place for kind, group in files.items() for key, source in group.items()}
    _unique_plurals(entities, places)
    actions = _compiled(compile_action, files["action"], entities, known)
    triggers = _compiled(compile_trigger, files["trigger"], entities, known)
    searches = _compiled(compile_search, files["search"], entities, known)
    destinations(actions.values(), {key: places["action", key] for key in actions})
    whole = Catalog(
        version=version(found), entities=entities, actions=actions, triggers=triggers, searches=searches, world=world
    )
    check_examples(whole, places)
    world_place = Place(WORLD)
    check_world(whole, world_place)
    later = [problem for place in (*places.values(), world_place) for problem in place.problems]
    broken = {problem.file for problem in (*problems, *later)}
    return _sound(whole, broken, places), _in_order(_causes(problems, later))


def _causes(problems: list[Problem], later: list[Problem]) -> list[Problem]:
    """All problems, but not those that only follow from a file that could not be read at all."""
    unread = {problem.file.partition("/")[0] for problem in problems}
    if "entities" in unread:
        return problems
    return problems + [problem for problem in later if not ("actions" in unread and MISSING_ACTION in problem.reason)]


def _by_key(read: Iterable[Source], problems: list[Problem]) -> dict[str, dict[str, Source]]:
    """The files of each kind by their key; a key that two files claim is a problem of the second."""
    files: dict[str, dict[str, Source]] = {"entity": {}, "action": {}, "trigger": {}, "search": {}}
    for source in read:
        key = source.document["key"]
        wanted = f"{source.place.file.partition('/')[0]}/{key}.json"
        if source.kind != "action" and source.place.file != wanted:
            (source.place / "key").add(f"the file is not called like its key '{key}'", f"Call it {wanted}.")
        first = files[source.kind].setdefault(key, source)
        if first is not source:
            hint = "Choose another key, or delete one of the files."
            reason = f"'{key}' is already declared in {first.place.file}."
            problems.append(Problem(file=source.place.file, pointer="/key", reason=reason, hint=hint))
    return files


def _unique_plurals(entities: Mapping[str, Entity], places: Mapping[tuple[str, str], Place]) -> None:
    taken: dict[str, str] = {}
    for key, entity in entities.items():
        first = taken.setdefault(entity.plural, key)
        if first != key:
            (places["entity", key] / "plural").add(f"'{entity.plural}' is already the plural of '{first}'")


def _compiled(
    compiler: Callable[[Mapping[str, Any], Mapping[str, Entity], Known, Place], T | None],
    files: Mapping[str, Source],
    entities: Mapping[str, Entity],
    known: Known,
) -> dict[str, T]:
    compiled = {key: compiler(source.document, entities, known, source.place) for key, source in files.items()}
    return {key: each for key, each in compiled.items() if each is not None}


def _sound(catalog: Catalog, broken: set[str], places: Mapping[tuple[str, str], Place]) -> Catalog:
    """The catalog without what broken files declare; the same one when none is broken."""
    if not broken:
        return catalog

    def keep(kind: str, group: Mapping[str, Any]) -> dict[str, Any]:
        return {key: each for key, each in group.items() if places[kind, key].file not in broken}

    return Catalog(
        version=catalog.version,
        entities=keep("entity", catalog.entities),
        actions=keep("action", catalog.actions),
        triggers=keep("trigger", catalog.triggers),
        searches=keep("search", catalog.searches),
        world={} if WORLD in broken else catalog.world,
    )


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda problem: (problem.file, problem.pointer, problem.reason))
