"""Checks that a server is reachable, without sending a request."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

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
