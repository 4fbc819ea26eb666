"""Whatever a shipped file is turned into, the loader answers with problems, never with a crash."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from connector.catalog.files import contents
from connector.catalog.load import SHIPPED, compile_contents

FILES = contents([SHIPPED])
ODD: list[Any] = [
    None, True, 0, -1, 1.5, "", "x", "{{ x }}", "{{ lead.title }}", "a.b.c", "..", [], {}, [None], [{}], {"a": 1}, [[]],
    "user_id", "lead", "-id", {"eq": 1}, {"count": "lead"}, ["lead"], {"in": [1]}, "x" * 70,
]  # fmt: skip
ADDED = ("when", "x", "set", "where", "any", "x-ref", "$ref", "each", "copy")


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document with every key of it."""
    pairs = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, inner in pairs:
        yield document, key
        yield from places(inner)


def spoilt(document: Any, chance: random.Random) -> Any:
    container, key = chance.choice(list(places(document)))
    action = chance.choice(("replace", "replace", "drop", "add"))
    if action == "drop":
        del container[key]
    elif action == "add" and isinstance(container, dict):
        container[chance.choice(ADDED)] = copy.deepcopy(chance.choice(ODD))
    else:
        container[key] = copy.deepcopy(chance.choice(ODD))
    return document


@pytest.mark.parametrize("seed", range(40))
def test_a_spoilt_file_never_crashes_the_loader(seed: int) -> None:
    chance = random.Random(seed)
    name = chance.choice(list(FILES))
    document = spoilt(json.loads(FILES[name]), chance)
    catalog, problems = compile_contents({**FILES, name: json.dumps(document).encode()})
    assert catalog.version
    assert all(problem.file and problem.reason for problem in problems)
