"""Small files, small functions, one word per module, and a sentence on everything public."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.shape.source import FOLDERS, ROOT, files, functions, modules, name, tree

FILE_LINES, FUNCTION_LINES = 400, 50
FORBIDDEN = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)(_|$)|^base_|^(base|core)$")
TEST_FUNCTION_LINES = 30
MACHINE = re.compile(r"(?<![\w.:/-])/(?:work|home|root|opt|Users|tmp)/\w")
CODE = modules("connector", "tests", "benchmarks")
TEXT = [*files(*FOLDERS), *(ROOT / top for top in ("app.py", "README.md", "pyproject.toml", "requirements.txt"))]


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_file_is_too_long_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= FILE_LINES


@pytest.mark.parametrize("path", CODE, ids=name)
def test_no_function_is_too_long_to_read(path: Path) -> None:
    spans = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions(path)}
    assert not {found: lines for found, lines in spans.items() if lines > FUNCTION_LINES}


@pytest.mark.parametrize("path", modules(), ids=name)
def test_module_names_say_what_is_inside(path: Path) -> None:
    assert not FORBIDDEN.search(path.stem)
    assert len(path.stem.strip("_").split("_")) <= 2


@pytest.mark.parametrize("path", modules(), ids=name)
def test_everything_public_says_what_it_promises(path: Path) -> None:
    assert ast.get_docstring(tree(path)), "the module says nothing"
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    public = [node for node in tree(path).body if isinstance(node, kinds) and not node.name.startswith("_")]
    assert not [node.name for node in public if not ast.get_docstring(node)]


@pytest.mark.parametrize("path", modules(), ids=name)
def test_every_function_is_annotated(path: Path) -> None:
    assert not [f.name for f in functions(path) if f.returns is None]


@pytest.mark.parametrize("path", TEXT, ids=name)
def test_nothing_points_at_one_machine(path: Path) -> None:
    assert not MACHINE.findall(path.read_text())


@pytest.mark.parametrize("path", files("tests", suffix=".py"), ids=name)
def test_tests_are_short(path: Path) -> None:
    long = {f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno >= TEST_FUNCTION_LINES}
    assert not {test for test in long if test.startswith("test_")}
