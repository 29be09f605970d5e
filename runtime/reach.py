"""Whether a server is reachable, which is found out without a request, and where it is."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

from runtime.ports import PlumblineError

CONNECT_SECONDS = 2.0
PORTS = {"http": 80, "https": 443}


def check_reachable(url: str) -> None:
    """Connect to a URL's server and disconnect: no request, so nothing is billed. PlumblineError if that fails."""
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS[parts.scheme]
        socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS).close()
    except OSError as error:
        raise PlumblineError(
            f"The server at {url} can't be reached: {error}.", "Check that it is running, and the network to it."
        ) from error


def is_this_machine(host: str) -> bool:
    """Whether a host name or address means this machine only."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def may_use_proxy(url: str) -> bool:
    """Whether a client may reach the URL through the proxy that the environment names. What is sent to this machine,
    a key perhaps, never takes that way."""
    return not is_this_machine(urlsplit(url).hostname or "")


def without_password(url: str) -> str:
    """The address without a user name and password in it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
