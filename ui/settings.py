"""How the page identifies its readers, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from runtime.names import SIGN_IN_BALANCER, SIGN_IN_CLIENT, SIGN_IN_ISSUER, SIGN_OUT_URL, STOP_SECONDS
from runtime.ports import PlumblineError
from runtime.settings import number_setting

PASSWORD = "PLUMBLINE_PASSWORD"  # noqa: S105
PASSWORD_FILE = "PLUMBLINE_PASSWORD_FILE"  # noqa: S105
MIN_PASSWORD_LENGTH = 12
"""In characters; nothing slows down guessing."""

KEEP_SECONDS = 5
CLOSE_SECONDS = 2
"""For a closing page: how long storing the answers in progress may take, and how long finishing requests may take."""

ROOM_SECONDS = KEEP_SECONDS + CLOSE_SECONDS + 1
DEFAULT_STOP_SECONDS = 10
"""How long Docker waits by default."""

_BALANCER = re.compile(r"arn:aws:elasticloadbalancing:(?P<region>[a-z0-9-]+):\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]+")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Where a stack's readers sign in before they reach the page."""

    balancer: str
    """The load balancer's ARN, which its tokens name as the signer."""
    region: str
    """The load balancer's region."""
    issuer: str
    """The user pool's URL."""
    client: str
    """The page's client ID in the user pool."""
    sign_out: str
    """The URL that ends the user pool's own session."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may reach the page: readers who signed in, or those with a password; without either, this machine only."""

    signed_in: SignedIn | None
    password: str

    @classmethod
    def read(cls, environment: MutableMapping[str, str]) -> Access:
        """Parse the environment and remove the password from it, which no child process needs; PlumblineError names
        every wrong value at once."""
        wrong: list[str] = []
        signed_in = _signed_in(environment, wrong)
        password = _password(environment, wrong)
        if signed_in and password:
            wrong.append(f"{PASSWORD} and {SIGN_IN_BALANCER} are both set, but readers who sign in need no password.")
        if wrong:
            raise PlumblineError(" ".join(wrong), "Correct or unset the variable.")
        return cls(signed_in, password)


def stop_seconds(environment: Mapping[str, str]) -> float:
    """How long the page may take to close once told to; PlumblineError if the value is wrong."""
    wrong: list[str] = []
    name = STOP_SECONDS.removeprefix("PLUMBLINE_")
    seconds = number_setting(environment, name, DEFAULT_STOP_SECONDS, ROOM_SECONDS, 3600, wrong)
    if wrong:
        raise PlumblineError(wrong[0], "Correct or unset the variable.")
    return seconds


def _signed_in(environment: Mapping[str, str], wrong: list[str]) -> SignedIn | None:
    names = (SIGN_IN_BALANCER, SIGN_IN_ISSUER, SIGN_IN_CLIENT, SIGN_OUT_URL)
    balancer, issuer, client, sign_out = (environment.get(name, "") for name in names)
    missing = [name for name in names if not environment.get(name)]
    if len(missing) == len(names):
        return None
    if missing:
        wrong.append(f"{', '.join(missing)} must be set too, to know who is asking.")
        return None
    found = _BALANCER.fullmatch(balancer)
    if not found:
        wrong.append(f"{SIGN_IN_BALANCER} is {balancer!r}; it must be the ARN of an application load balancer.")
    for name, url in ((SIGN_IN_ISSUER, issuer), (SIGN_OUT_URL, sign_out)):
        if urlsplit(url).scheme != "https":
            wrong.append(f"{name} is {url!r}; it must start with https://.")
    return SignedIn(balancer, found["region"] if found else "", issuer.rstrip("/"), client, sign_out)


def _password(environment: MutableMapping[str, str], wrong: list[str]) -> str:
    password, file = environment.pop(PASSWORD, ""), environment.get(PASSWORD_FILE, "")
    if password and file:
        wrong.append(f"{PASSWORD} and {PASSWORD_FILE} are both set; set only one.")
    if file:
        try:
            password = Path(file).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            wrong.append(f"{PASSWORD_FILE} is {file!r}, which can't be read: {type(error).__name__}.")
            return ""
    if (password or file) and len(password) < MIN_PASSWORD_LENGTH:
        wrong.append(f"The password has {len(password)} characters; it needs at least {MIN_PASSWORD_LENGTH}.")
    return password
