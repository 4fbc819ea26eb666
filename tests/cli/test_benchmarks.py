"""The benchmarks run: what they measure is for people to judge, not for tests."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.plugins.server import ROOT

QUICK = ("--events", "2000", "--rounds", "1", "--seconds", "0.2")


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_rows_are_as_many_as_answers_and_every_goal_is_judged(store: str, postgres_url: str) -> None:
    command = [sys.executable, "-m", "benchmarks", "actions", "feeds", "--store", store, *QUICK]
    environ = os.environ | {"LEADWIRE_TEST_POSTGRES": postgres_url}
    done = subprocess.run(command, check=False, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    goals = done.stdout.partition("\ngoals\n")[2].splitlines()
    assert len(goals) == 6 and all(goal.split()[0] in ("met", "MISSED") and store in goal for goal in goals)
