"""The files of the catalog: folders laid over each other, each file read strictly and held against its meta-schema."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.catalog import strict
from connector.catalog.meta import check
from connector.catalog.place import Place, suggest
from connector.errors import Malformed, Problem

KINDS: Mapping[str, str] = {
    "entities": "entity", "actions": "action", "triggers": "trigger", "searches": "search",
}  # fmt: skip
"""Folder -> kind of the files in it."""

WORLD = "world.json"
MAX_BYTES = 256_000
MAX_WORLD_BYTES = 4_000_000
MAX_FILES = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file as read: its kind, its place and its document."""

    kind: str
    place: Place
    document: Mapping[str, Any]


def contents(folders: Sequence[Path]) -> dict[str, bytes]:
    """Every file by its path below schemas/, a later folder's file in place of an earlier one's."""
    found: dict[str, bytes] = {}
    for folder in folders:
        for path in _paths(folder):
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return dict(sorted(found.items()))


def marks(folders: Sequence[Path]) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every file: cheap to take, and different after almost every change."""
    stats = [(str(path), path.stat()) for folder in folders for path in _paths(folder)]
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)


def version(found: Mapping[str, bytes]) -> str:
    """The hash of all contents."""
    digest = hashlib.sha256()
    for name, content in found.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _paths(folder: Path) -> Iterator[Path]:
    """The JSON files of a folder, but no hidden ones and not the meta-schemas."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "meta":
            continue
        if path.is_dir():
            yield from _paths(path)
        elif path.suffix == ".json":
            yield path


def sources(found: Mapping[str, bytes]) -> tuple[list[Source], Mapping[str, Any], list[Problem]]:
    """The documents that are sound by themselves, the demo world, and what is wrong with the others."""
    read: list[Source] = []
    problems: list[Problem] = []
    world: Mapping[str, Any] = {}
    if len(found) > MAX_FILES:
        problems.append(Problem(file=".", pointer="", reason=f"there are more than {MAX_FILES} files"))
        return read, world, problems
    for name, content in found.items():
        place = Place(name)
        document = _document(name, content, place)
        if document is not None and name == WORLD:
            world = document
        elif document is not None:
            kind = KINDS[name.partition("/")[0]]
            if check(kind, document, place):
                read.append(Source(kind=kind, place=place, document=document))
        problems += place.problems
    return read, world, problems


def _document(name: str, content: bytes, place: Place) -> Mapping[str, Any] | None:
    folder = name.rpartition("/")[0].partition("/")[0]
    if name != WORLD and folder not in KINDS:
        place.add(f"'{folder or name}' is no place for a file", suggest(folder or name, [*KINDS, WORLD]))
        return None
    limit = MAX_WORLD_BYTES if name == WORLD else MAX_BYTES
    if len(content) > limit:
        place.add(f"the file has {len(content)} bytes; at most {limit} are read", "Split it.")
        return None
    try:
        document = strict.loads(content)
    except Malformed as error:
        place.add(str(error))
        return None
    if not isinstance(document, dict):
        place.add("the file must hold one JSON object", "Put { at its start and } at its end.")
        return None
    return document
