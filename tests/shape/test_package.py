"""What is installed is what is here: pins, dependencies, and the wheel with its schemas."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions

import pytest

from tests.shape.source import ROOT, files, imports, modules, name, read

PROJECT = tomllib.loads(read("pyproject.toml"))["project"]
PINS = [line for line in read("requirements.txt").splitlines() if line and not line.startswith(("#", "-e"))]

BROUGHT_ALONG = {"jinja2", "werkzeug", "pytest"}
"""Imported all the same: two come with Flask, and only the storage suite, which is a test, needs pytest."""
UNSEEN = {"tzdata", "flask-swagger-ui"}
"""Data: what the standard library reads, and the files of the reference page."""


def distribution(requirement: str) -> str:
    """`psycopg[binary]>=3.2` -> `psycopg`."""
    return re.split(r"[\[<>=! ]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("pin", PINS)
def test_every_requirement_is_pinned(pin: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)


@pytest.mark.parametrize("requirement", PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"])
def test_every_dependency_has_a_pin(requirement: str) -> None:
    assert distribution(requirement) in {distribution(pin) for pin in PINS}


def test_dependencies_are_what_is_imported() -> None:
    homes = packages_distributions()
    tops = {target.split(".")[0] for path in modules() for target in imports(path)} - set(sys.stdlib_module_names)
    used = {distribution(homes[top][0]) for top in tops - {"connector"}}
    declared = {distribution(requirement) for requirement in PROJECT["dependencies"]}
    assert used - declared <= BROUGHT_ALONG
    assert declared - used == UNSEEN


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built here and now without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_carries_every_schema(wheel: zipfile.ZipFile) -> None:
    shipped = {f"connector/_schemas/{path.relative_to(ROOT / 'schemas').as_posix()}" for path in files("schemas")}
    assert shipped
    assert shipped <= set(wheel.namelist())


def test_wheel_carries_code_and_docs_but_no_tests(wheel: zipfile.ZipFile) -> None:
    packed = set(wheel.namelist())
    wanted = [*files("connector", suffix=".py"), *files("connector/docs", suffix=".md")]
    assert {name(path) for path in wanted} <= packed
    assert not [path for path in packed if path.startswith(("tests/", "benchmarks/"))]


def test_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    entry_points = next(path for path in wheel.namelist() if path.endswith("entry_points.txt"))
    assert "leadwire = connector.cli:main" in wheel.read(entry_points).decode()
