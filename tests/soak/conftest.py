"""Long runs can be stopped: what passed with this commit is noted, and not run again."""

from __future__ import annotations

import os
import subprocess

import pytest

from tools.cache import ROOT


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unversioned"


PASSED = ROOT / "build" / "soak" / _commit()
"""A line a test. To begin anew, remove it."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    passed = set(PASSED.read_text().splitlines()) if PASSED.exists() else set()
    config.hook.pytest_deselected(items=[item for item in items if _name(item.nodeid) in passed])
    items[:] = [item for item in items if _name(item.nodeid) not in passed]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.passed and "PYTEST_XDIST_WORKER" not in os.environ:
        PASSED.parent.mkdir(parents=True, exist_ok=True)
        with PASSED.open("a") as file:
            file.write(_name(report.nodeid) + "\n")


def _name(nodeid: str) -> str:
    """Without the group that xdist adds."""
    return nodeid.partition("@")[0]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and PASSED.exists():
        print(f"\nAll of these have passed with this commit: {PASSED.relative_to(ROOT)} lists them.")
        session.exitstatus = pytest.ExitCode.OK
