"""Where the tests' time went, in addition to pytest's own `--durations`: each fixture, and each tool's installation."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Generator
from operator import itemgetter
from typing import Any

import pytest

from tools.install import REPORT

LEAST_SECONDS = 1.0
"""Anything shorter is not listed."""


class Timings:
    """A plugin that adds up the seconds of each fixture's setup over all processes and lists them at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seconds: dict[str, float] = defaultdict(float)
        self._times: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        """Time one setup; the fixtures that it takes as arguments were set up before."""
        begun = time.perf_counter()
        try:
            return (yield)
        finally:
            name = f"{fixturedef.baseid or 'tests'}::{fixturedef.argname}"
            self._seconds[name] += time.perf_counter() - begun
            self._times[name] += 1

    def pytest_sessionfinish(self) -> None:
        """An xdist worker hands its figures to the process that reports."""
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["fixtures"] = (dict(self._seconds), dict(self._times))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the figures of a process that has finished."""
        seconds, times = getattr(node, "workeroutput", {}).get("fixtures", ({}, {}))
        for name, more in seconds.items():
            self._seconds[name] += more
        self._times.update(times)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """One line per fixture and one per tool, slowest first."""
        if not self._config.getoption("durations"):
            return
        terminalreporter.section("fixtures, by seconds of setup", "=")
        for name, seconds in sorted(self._seconds.items(), key=itemgetter(1), reverse=True):
            if seconds >= LEAST_SECONDS:
                terminalreporter.write_line(f"{seconds:7.1f} s  {self._times[name]:4} times  {name}")
        if REPORT.exists():
            terminalreporter.section("tools, by seconds of installation", "=")
            for tool, result in json.loads(REPORT.read_text()).items():
                said = f"{result:7.1f} s  {tool}" if isinstance(result, float) else f"   none    {tool}: {result}"
                terminalreporter.write_line(said)
