"""Settings live in one table; everything that lists them agrees with it."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from connector.settings import TABLE, Setting, Settings, load
from tests.shape.source import imports, modules, name, read, tree

DOC = read("connector/docs/settings.md")


def line(setting: Setting) -> str:
    """A setting's row of the documentation."""
    default = f"`{str(setting.default).lower() if isinstance(setting.default, bool) else setting.default}`"
    return f"| `{setting.variable}` | {default if setting.default != '' else ''} | {setting.help} |"


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_every_setting_is_documented_as_it_is(setting: Setting) -> None:
    assert line(setting) in DOC.splitlines(), f"connector/docs/settings.md needs the line\n{line(setting)}"


def test_no_other_setting_is_documented() -> None:
    assert DOC.count("| `LEADWIRE_") == len(TABLE)


def test_settings_have_one_attribute_per_row() -> None:
    assert [row.name for row in TABLE] == [attribute.name for attribute in fields(Settings)]


def test_no_secret_is_printed_with_the_settings() -> None:
    marked = {row.variable: f"marked-{row.name}" for row in TABLE if row.secret}
    assert [text for text in marked.values() if text in repr(load(marked))] == []


@pytest.mark.parametrize("path", [p for p in modules() if p.name != "settings.py"], ids=name)
def test_only_the_table_reads_the_environment(path: Path) -> None:
    assert not {"os.environ", "os.getenv"} & (set(imports(path)) | attributes(path))


def attributes(path: Path) -> set[str]:
    """`os.environ`-like names in the file."""
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)]
    return {f"{node.value.id}.{node.attr}" for node in nodes if isinstance(node.value, ast.Name)}
