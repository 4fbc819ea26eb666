"""In CI a skipped test is a failed run: what was not run was not proved."""

from __future__ import annotations

import os

import pytest

SKIPPED = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Start the session's list of skipped tests."""
    config.stash[SKIPPED] = []
    config.pluginmanager.register(Watcher(config.stash[SKIPPED]), "leadwire-skips")


class Watcher:
    """Notes every skip, of a test or of a whole module, wherever xdist ran it."""

    def __init__(self, skipped: list[str]) -> None:
        self.skipped = skipped

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a CI session in which anything was skipped."""
    if os.environ.get("CI") and session.config.stash[SKIPPED] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say so, by name."""
    if os.environ.get("CI") and config.stash[SKIPPED]:
        terminalreporter.section("Skipped, which CI does not allow", red=True)
        for nodeid in config.stash[SKIPPED]:
            terminalreporter.line(nodeid)
