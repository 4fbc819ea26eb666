"""Imports go down only."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.shape.source import dotted, imports, modules, name, tree

LAYERS = (
    ("app", "cli"),
    ("service",),
    ("console", "dialects"),
    ("web",),
    ("exporters", "events"),
    ("engine",),
    ("access",),
    ("storage",),
    ("catalog",),
    ("errors", "settings", "group"),
    ("sentences", "pace"),
)
RANK = {layer: rank for rank, row in enumerate(LAYERS) for layer in row}
OUTSIDE = {
    "catalog": {"flask", "werkzeug", "requests", "urllib", "socket", "sqlite3", "sqlalchemy", "psycopg"},
    "storage": {"flask", "werkzeug", "requests"},
    "engine": {"flask", "werkzeug", "requests", "sqlite3", "sqlalchemy", "psycopg"},
}


def layer(module: str) -> str:
    """`connector.engine.run` -> `engine`."""
    return module.removeprefix("connector.").split(".")[0]


def inner(path: Path) -> set[str]:
    """What the file imports of Leadwire itself."""
    return {name for name in imports(path) if name.startswith("connector.")}


@pytest.mark.parametrize("path", modules(), ids=name)
def test_imports_go_down_only(path: Path) -> None:
    own = layer(dotted(path))
    if own == "connector":
        return
    upward = {target for target in inner(path) if layer(target) != own and RANK[layer(target)] <= RANK[own]}
    assert not upward, f"{name(path)} is in layer {own} and imports {sorted(upward)}"


def test_every_package_has_a_layer() -> None:
    packages = {layer(dotted(path)) for path in modules()} - {"connector"}
    assert packages <= set(RANK)


@pytest.mark.parametrize("path", [p for p in modules() if layer(dotted(p)) in OUTSIDE], ids=name)
def test_pure_layers_do_not_touch_the_outside(path: Path) -> None:
    used = {target.split(".")[0] for target in imports(path)}
    assert not used & OUTSIDE[layer(dotted(path))]


def test_exporters_see_only_the_catalog() -> None:
    seen = {layer(target) for path in modules() if layer(dotted(path)) == "exporters" for target in inner(path)}
    assert seen <= {"exporters", "catalog", "sentences", "errors"}


def test_no_module_imports_itself_in_a_circle() -> None:
    paths = {dotted(path): path for path in modules()}
    graph = {module: {target(found, paths) for found in inner(path)} - {module} for module, path in paths.items()}
    TopologicalSorter(graph).prepare()


def target(imported: str, paths: dict[str, Path]) -> str:
    """The module that an imported name lives in."""
    return imported if imported in paths else imported.rpartition(".")[0]


@pytest.mark.parametrize("path", modules(), ids=name)
def test_what_is_private_is_not_imported(path: Path) -> None:
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ImportFrom)]
    private = [a.name for node in nodes for a in node.names if a.name.startswith("_") and node.module != "__future__"]
    assert not private
