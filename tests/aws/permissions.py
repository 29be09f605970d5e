"""What each role of a stack calls, recorded by a proxy of the role's own, and whether its policies allow it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.aws import proxy
from tests.deploy.resources import ACCOUNT, REGION
from tools.install import place

SCOPE = re.compile(r"Credential=[^/]+/\d{8}/[a-z0-9-]+/([a-z0-9-]+)/aws4_request")
"""The service that a request is signed for."""

Statements = Sequence[Mapping[str, Any]]


class Recorder:
    """Servers by role: what comes to `before(role, server)` is a call of the role's."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._proxies: dict[tuple[str, str], proxy.Proxy] = {}

    def before(self, role: str, server: str) -> str:
        """The role's own address of a server."""
        if (role, server) not in self._proxies:
            self._proxies[role, server] = self._stack.enter_context(proxy.before(server))
        return self._proxies[role, server].url

    def forget(self) -> None:
        """Begin anew."""
        for made in self._proxies.values():
            made.requests.clear()

    def requests(self) -> Iterator[tuple[str, proxy.Request]]:
        """Each with its role."""
        for (role, _), made in self._proxies.items():
            for request in made.requests:
                yield role, request


@contextmanager
def recording() -> Iterator[Recorder]:
    """A recorder, until its proxies are ended."""
    with ExitStack() as stack:
        yield Recorder(stack)


@dataclass(frozen=True)
class Policies:
    """Statements by role, and by the ARN of the resource whose policy has them; `account` is that of the services, and
    `domain` the OpenSearch domain's ARN."""

    roles: Mapping[str, Statements]
    resources: Mapping[str, Statements] = field(default_factory=dict)
    account: str = ACCOUNT
    domain: str = ""


@dataclass(frozen=True)
class Judged:
    """Calls that a role's policies do not allow, as (role, action, resource), and what nobody calls: (owner of the
    policy, action, the statement's resources)."""

    refused: list[tuple[str, str, str]]
    unused: list[tuple[str, str, str]]

    def and_then(self, other: Judged) -> Judged:
        """The verdict on both: what either refused, and what neither used."""
        return Judged([*self.refused, *other.refused], [one for one in other.unused if one in self.unused])

    def unjustified(self, reasons: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """The unused without a reason; `reasons` are by patterns of 'OWNER ACTION'. AssertionError for one that
        nothing needs."""
        needed = {
            pattern: [one for one in self.unused if fnmatchcase(f"{one[0]} {one[1]}", pattern)] for pattern in reasons
        }
        assert all(needed.values()), [pattern for pattern, those in needed.items() if not those]
        return [one for one in self.unused if not any(one in those for those in needed.values())]


def judge(recorder: Recorder, policies: Policies) -> Judged:
    """Hold what was recorded against the policies, by MiniStack's evaluation of them."""
    owners = {**policies.roles, **policies.resources}
    named = {f"{owner}/{number}": (owner, one) for owner, those in owners.items() for number, one in enumerate(those)}

    def statements_of(owner: str) -> dict[str, Any]:
        return {name: one for name, (whose, one) in named.items() if whose == owner}

    requests = [
        {
            "role": role,
            "service": signed_for(one),
            "method": one.method,
            "path": one.path,
            "headers": one.headers,
            "body": base64.b64encode(one.body).decode(),
        }
        for role, one in recorder.requests()
    ]
    given = {
        "region": REGION,
        "account": policies.account,
        "models_account": ACCOUNT,
        "domain": policies.domain,
        "roles": {
            role: {"arn": f"arn:aws:iam::{policies.account}:role/{role}", "statements": statements_of(role)}
            for role in policies.roles
        },
        "resources": {arn: statements_of(arn) for arn in policies.resources},
        "requests": requests,
    }
    program = [str(place("ministack") / "bin" / "python"), str(Path(__file__).with_name("judge.py"))]
    environment = {"PATH": os.environ["PATH"], "AWS_REGION": REGION}
    done = subprocess.run(
        program, input=json.dumps(given), env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    used = {(name, action) for name, action in found["used"]}
    unused = [
        (owner, action, ", ".join(listed(one.get("Resource", "*"))))
        for name, (owner, one) in named.items()
        for action in listed(one["Action"])
        if not any(fnmatchcase(called, action) for whose, called in used if whose == name)
    ]
    return Judged([tuple(one) for one in found["refused"]], unused)


def signed_for(request: proxy.Request) -> str:
    """The service of a request's signature; an unsigned one is an error."""
    found = SCOPE.search(request.headers.get("authorization", ""))
    assert found, f"{request.method} {request.path} is not signed"
    return found[1]


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
