"""The requests to AWS that a run of the tests sends: each is held against AWS's own models and its signature's rules
before an emulator answers it, and whatever the emulator would forgive fails the test that caused it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.aws import signatures
from tests.aws.shapes import problems
from tests.aws.wire import Request, Undecodable, decode

SECRETS = {"testing": "testing", "000000000000": "test"}
"""The access keys of tests, and of the emulator's functions."""

DOMAIN = "opensearch-domain"
DOMAIN_SERVICES = ("es", "aoss")

MADE_UP = "the emulator names a delivery by a UUID; the model's DeliveryId, which AWS gives, has no hyphens"

ALLOWED = dict.fromkeys(
    (f"logs.{name}Delivery .id does not match ^[0-9A-Za-z]+$" for name in ("Get", "Delete")), MADE_UP
)
"""Findings that are faults of a model or an emulator, not of the request, each with the evidence. One that nothing
needs fails."""

MOST_BYTES = {"lambda": 70_167_211}
"""The largest request to a service; Lambda: 'Request must be smaller than 70167211 bytes for the PublishLayerVersion
operation', which is a zip of 50 MB as base64."""

SHOWN = 200
"""Characters of a value that a finding shows."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a request: `what` is the same for all requests of the kind."""

    what: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.what}: {self.value[:SHOWN]}" if self.value else self.what


class Record:
    """What one process has seen. Findings are taken by the test that they belong to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._findings: dict[Finding, int] = {}
        self.counts: Counter[str] = Counter()
        self.allowed: set[str] = set()
        self.secrets = dict(SECRETS)

    def check(self, request: Request) -> None:
        """A request to one of AWS's services."""
        try:
            decoded = decode(request)
        except (Undecodable, ValueError) as error:
            self._add("undecodable", [Finding(f"{request.method} {request.path}: {error}", str(request.body[:SHOWN]))])
            return
        shape = decoded.operation.input_shape
        found = [Finding(f"{decoded.name} {place} {what}") for place, what in decoded.problems]
        for place, what, value in problems(shape, decoded.parameters) if shape else ():
            found.append(Finding(f"{decoded.name} {place} {what}", repr(value)))
        most = MOST_BYTES.get(decoded.operation.service_model.service_name)
        if most is not None and len(request.body) >= most:
            found.append(Finding(f"{decoded.name} is not smaller than {most} bytes", str(len(request.body))))
        self._add(decoded.name, found + self._signature(decoded.name, request))

    def check_domain(self, request: Request) -> None:
        """A request to an OpenSearch domain: there is no model of it but its signature's."""
        path = request.path.rpartition("/")[2] or "/"
        kind = f"{DOMAIN}.{request.method} {path if path.startswith('_') else 'index'}"
        self._add(kind, self._signature(kind, request, DOMAIN_SERVICES))

    def _signature(self, name: str, request: Request, services: tuple[str, ...] = ()) -> list[Finding]:
        problem = signatures.problem(request, self.secrets)
        if not problem and services and request.scope[3] not in services:
            problem = f"it is signed for {request.scope[3]!r}"
        return [Finding(f"{name}: {problem}", request.target)] if problem else []

    def _add(self, name: str, found: list[Finding]) -> None:
        with self._lock:
            self.counts[name] += 1
            for finding in found:
                if finding.what in ALLOWED:
                    self.allowed.add(finding.what)
                else:
                    self._findings[finding] = self._findings.get(finding, 0) + 1

    def take(self) -> list[str]:
        """What was found since the last time."""
        with self._lock:
            found, self._findings = self._findings, {}
        return [f"{finding} ({times} times)" if times > 1 else str(finding) for finding, times in found.items()]


RECORD = Record()
"""Of this process."""


class Requests:
    """A plugin that fails a test whose requests AWS would refuse, and says at the end how many were looked at."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._counts: Counter[str] = Counter()
        self._allowed: set[str] = set()
        self._late: list[str] = []
        self._passed: set[str] = set()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self) -> Any:
        """After a test and its fixtures, whose requests were its own: tests with servers run one after another."""
        result = yield
        if found := RECORD.take():
            pytest.fail("AWS would refuse these requests, or they are not as it documents them:\n" + "\n".join(found))
        return result

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """An xdist worker hands its figures to the process that reports, which fails for what no test failed for."""
        figures = (dict(RECORD.counts), sorted(RECORD.allowed), RECORD.take())
        if hasattr(self._config, "workeroutput"):
            self._config.workeroutput["requests"] = figures
            return
        self._add(*figures)
        if self._late or self._unneeded():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the figures of a process that has finished."""
        self._add(*getattr(node, "workeroutput", {}).get("requests", ({}, [], [])))

    def _add(self, counts: Mapping[str, int], allowed: Iterable[str], late: Iterable[str]) -> None:
        self._counts.update(counts)
        self._allowed |= {*allowed}
        self._late += late

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what has passed."""
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid.rpartition("::")[2])

    def _unneeded(self) -> set[str]:
        """Exceptions that nothing needed, although all that might have been run."""
        return ALLOWED.keys() - self._allowed if self._passed >= NEEDING else set()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A line per service."""
        if self._counts:
            terminalreporter.section("requests held against AWS's models", "=")
        services = sorted({name.partition(".")[0] for name in self._counts})
        for service in services:
            of = {name: n for name, n in self._counts.items() if name.partition(".")[0] == service}
            terminalreporter.write_line(f"{sum(of.values()):7} requests  {len(of):4} operations  {service}")
        for what in self._late:
            terminalreporter.write_line(f"Found after the last test: {what}", red=True)
        for what in sorted(self._unneeded()):
            terminalreporter.write_line(f"An exception that nothing needs: {what} ({ALLOWED[what]})", red=True)


NEEDING = {
    "test_what_the_chat_page_and_a_domain_and_an_image_of_ones_own_need_is_applied_and_goes",
    "test_the_deployed_system_works_and_goes",
}
"""The tests that send the requests of all exceptions."""
