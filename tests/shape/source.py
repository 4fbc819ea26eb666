"""The project's own files, as the shape tests read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("connector", "schemas", "tests", "benchmarks", ".ci")
TEXTS = {".py", ".json", ".md", ".toml", ".txt", ".csv", ".sql", ""}


def files(*folders: str, suffix: str | None = None) -> list[Path]:
    """The text files of those folders, sorted; caches left out."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    kept = (path for path in found if "__pycache__" not in path.parts)
    return sorted(p for p in kept if (p.suffix == suffix if suffix else p.suffix in TEXTS))


def modules(*folders: str) -> list[Path]:
    """The Python files of those folders, and `app.py`."""
    return [ROOT / "app.py", *files(*(folders or ("connector",)), suffix=".py")]


def name(path: Path) -> str:
    """The path as people write it, from the top of the project."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The module's import name."""
    return name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of the file, methods and inner ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def imports(path: Path) -> Iterator[str]:
    """Every name imported anywhere in the file, as `package.module.name`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def read(path: str) -> str:
    """The text of a file named from the top of the project."""
    return (ROOT / path).read_text()
