"""A CI run in which a test was skipped fails; elsewhere a skip is only a skip."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shape.source import ROOT

FILES = {
    "test": "import pytest\n\n\n@pytest.mark.skip\ndef test_a():\n    pass\n",
    "module": "import pytest\n\npytest.importorskip('no_such_module')\n",
    "none": "def test_a():\n    pass\n",
}


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize("skipped, ci, code", [("test", "1", 1), ("test", "", 0), ("module", "1", 1), ("none", "1", 0)])
def test_ci_allows_no_skip(tmp_path: Path, workers: str, skipped: str, ci: str, code: int) -> None:
    (tmp_path / "test_one.py").write_text(FILES[skipped])
    (tmp_path / "test_two.py").write_text(FILES["none"])
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.skips", "-n", workers, "-q", "."]
    environ = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout
    assert ("CI does not allow" in done.stdout) == (code == 1)
