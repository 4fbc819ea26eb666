"""The documentation keeps up with the code, word by word."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from connector import storage
from connector.catalog.filters import FILTERS, TESTS
from connector.catalog.load import SHIPPED, load
from connector.catalog.model import Binding, Effect
from connector.engine.effects import EFFECTS
from connector.engine.examples import failures
from connector.errors import LeadwireError
from connector.storage.contract import OPERATORS
from tests.shape.source import files, name, read

ACTIONS = read("connector/docs/actions.md")
PAGES = files("connector/docs", suffix=".md")
BLOCKS = [(path, block) for path in PAGES for block in re.findall(r"```json\n(.*?)```", path.read_text(), re.S)]
PICKS = get_args(get_type_hints(Binding)["pick"])


@pytest.mark.parametrize("verb", EFFECTS)
def test_every_effect_is_documented(verb: str) -> None:
    assert f"### `{verb}`" in ACTIONS


def test_every_effect_is_a_word_of_the_files() -> None:
    assert set(EFFECTS) == set(get_args(get_type_hints(Effect)["verb"]))


@pytest.mark.parametrize("word", [*FILTERS, *OPERATORS, *PICKS])
def test_every_word_of_the_vocabulary_is_documented(word: str) -> None:
    assert re.search(rf"`{word}[`(]", ACTIONS)


@pytest.mark.parametrize("word", TESTS)
def test_every_test_is_documented(word: str) -> None:
    assert f"`is {word}`" in ACTIONS


@pytest.mark.parametrize("status", sorted({error.status for error in LeadwireError.__subclasses__()} - {500}))
def test_every_status_is_documented(status: int) -> None:
    assert re.search(rf"^\| (\d+, )*{status}\b", read("connector/docs/http.md"), re.M)


@pytest.mark.parametrize("path, block", BLOCKS, ids=[name(path) for path, _ in BLOCKS])
def test_json_blocks_are_json(path: Path, block: str) -> None:
    assert json.loads(block)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", path.read_text())
    assert not [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize(
    "page, path", [("actions.md", "actions/lead/favourite.json"), ("files.md", "entities/vehicle.json")]
)
def test_documented_files_are_sound(tmp_path: Path, page: str, path: str) -> None:
    target = tmp_path / path
    target.parent.mkdir(parents=True)
    target.write_text(next(block for file, block in BLOCKS if file.name == page))
    catalog = load([SHIPPED, tmp_path])
    assert target.stem in {**catalog.actions, **catalog.entities}
    assert not failures(catalog, lambda: storage.open("memory:"))


def test_docs_are_named_in_the_readme() -> None:
    assert not [path.name for path in PAGES if name(path) not in read("README.md")]
