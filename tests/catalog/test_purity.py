"""The catalog reads files and nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.catalog.load import SHIPPED, load
from connector.errors import CatalogError

Files = dict[str, Any]
Write = Callable[[Path, Files], Path]
FORBIDDEN = ("flask", "requests", "sqlite3", "sqlalchemy", "psycopg", "urllib3", "connector.storage")


def test_loading_brings_in_no_web_no_storage_and_no_network() -> None:
    script = (
        "import sys; from connector.catalog import lint, load, watch; load.load([load.SHIPPED]);"
        f"print(sorted(set({FORBIDDEN}) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=SHIPPED.parent, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_no_module_of_the_catalog_opens_a_socket() -> None:
    sources = (SHIPPED.parent / "connector" / "catalog").glob("*.py")
    assert not [path.name for path in sources if "import socket" in path.read_text() or "urllib" in path.read_text()]


def test_a_pattern_that_would_hang_others_is_answered_at_once(folder: Path, small: Files, write_files: Write) -> None:
    action = small["actions/lead/rename.json"]
    action["input"]["properties"]["code"] = {"type": "string", "pattern": "^(a+)+$"}
    form = load([write_files(folder, small)]).actions["rename"].input
    start = time.perf_counter()
    assert not form.check({"lead_id": 1, "title": "x", "code": "a" * 5000 + "!"})
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize("depth", [40, 5000])
def test_a_file_nested_too_deep_is_refused(folder: Path, depth: int) -> None:
    (folder / "actions/lead/deep.json").write_text('{"do":' * depth + "1" + "}" * depth)
    with pytest.raises(CatalogError, match="nested deeper"):
        load([folder])
