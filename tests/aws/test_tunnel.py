"""A domain that is reached through a tunnel: connections go to this machine, and everything else is the domain's."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme
from botocore.credentials import Credentials

from runtime.aws.opensearch import OpenSearchError, OpenSearchIndexes, connect
from runtime.retry import pauses

DOMAIN = "vpc-library-abc.eu-central-1.es.amazonaws.com"


class Handler(BaseHTTPRequestHandler):
    """Keeps what it was asked, and knows of no alias."""

    seen: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        body = json.dumps({"passages-x": {"aliases": {}}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def served(context: ssl.SSLContext) -> Iterator[tuple[int, type[Handler]]]:
    handler = type("Mine", (Handler,), {"seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def domain(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[tuple[int, type[Handler]]]:
    """A server with a certificate of the name given, whose authority this process trusts."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trusted = staticmethod(lambda: str(tmp_path / "ca.pem"))
    monkeypatch.setattr("opensearchpy.connection.base.Connection.default_ca_certs", trusted)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(request.param).configure_cert(context)
    yield from served(context)


@pytest.mark.parametrize("domain", [DOMAIN], indirect=True)
def test_certificate_host_and_signature_are_the_domains(domain: tuple[int, type[Handler]]) -> None:
    port, handler = domain
    client = connect(f"https://{DOMAIN}", Credentials("id", "secret"), "eu-central-1", tunnel=port)
    assert OpenSearchIndexes(client).live() == "passages-x"
    ((path, headers),) = handler.seen
    assert path == "/_alias/passages-live"
    assert headers["Host"].partition(":")[0] == DOMAIN
    assert "Credential=id/" in headers["Authorization"]


@pytest.mark.parametrize("domain", ["somebody-else.example.org"], indirect=True)
def test_a_tunnel_that_ends_at_another_server_is_refused(
    domain: tuple[int, type[Handler]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.aws.opensearch.RETRY.wait", pauses(0.01, 0.1))
    port, handler = domain
    with pytest.raises(OpenSearchError, match=r"is not valid for|doesn't match"):
        OpenSearchIndexes(connect(f"https://{DOMAIN}", Credentials("id", "secret"), "eu-central-1", tunnel=port)).live()
    assert handler.seen == []
