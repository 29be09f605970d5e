"""What is in front of a stack's page, made by a test: the keys and tokens of the load balancer and the user pool."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.listening import listening
from ui.settings import SignedIn

BALANCER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/plumbline/50dc6c495c0c9188"
CLIENT = "4h1example"
POOL_KEY = "pool-key="


def encoded(part: bytes, padded: bool) -> bytes:
    made = base64.urlsafe_b64encode(part)
    return made if padded else made.rstrip(b"=")


def joined(header: dict[str, Any], claims: dict[str, Any], padded: bool = False) -> bytes:
    """The text that is signed."""
    return b".".join(encoded(json.dumps(part).encode(), padded) for part in (header, claims))


def with_signature(signed: bytes, signature: bytes, padded: bool = False) -> str:
    return b".".join((signed, encoded(signature, padded))).decode()


@dataclass
class Signing:
    """A load balancer and a user pool with keys of their own, served at `url`."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The paths requested from the key server."""
    key_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    balancer_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @cached_property
    def pool_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65537, 2048)

    @property
    def issuer(self) -> str:
        return f"{self.url}/eu-central-1_pool"

    @property
    def signed_in(self) -> SignedIn:
        out = f"{self.url}/logout?{urlencode({'client_id': CLIENT, 'logout_uri': 'https://ask.example.org/'})}"
        return SignedIn(BALANCER, "eu-central-1", self.issuer, CLIENT, out)

    def public_pem(self) -> bytes:
        return self.balancer_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def jwks(self) -> dict[str, Any]:
        numbers = self.pool_key.public_key().public_numbers()
        parts = {
            name: encoded(value.to_bytes((value.bit_length() + 7) // 8), padded=False).decode()
            for name, value in (("n", numbers.n), ("e", numbers.e))
        }
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": POOL_KEY, **parts}]}

    def header(self, **other: Any) -> dict[str, Any]:
        """The header of the load balancer's token."""
        return {
            "typ": "JWT",
            "kid": self.key_id,
            "alg": "ES256",
            "iss": self.issuer,
            "client": CLIENT,
            "signer": BALANCER,
            "exp": int(time.time()) + 3600,
            **other,
        }

    def claims(self, user: str, **other: Any) -> dict[str, Any]:
        """The claims of the load balancer's token: what the user pool's /userInfo says."""
        claims = {"sub": user, "email": f"{user}@example.org", "username": user, "iss": self.issuer}
        return {**claims, "exp": int(time.time()) + 3600, **other}

    def es256(self, signed: bytes, key: ec.EllipticCurvePrivateKey | None = None) -> bytes:
        pair = decode_dss_signature((key or self.balancer_key).sign(signed, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32) for number in pair)

    def token(self, user: str, header: dict[str, Any] | None = None, padded: bool = True, **claims: Any) -> str:
        """The load balancer's token, as it is sent: padded."""
        signed = joined(self.header(**(header or {})), self.claims(user, **claims), padded)
        return with_signature(signed, self.es256(signed), padded)

    def access(
        self,
        user: str,
        groups: tuple[str, ...] = ("operators",),
        header: dict[str, Any] | None = None,
        key: rsa.RSAPrivateKey | None = None,
        **claims: Any,
    ) -> str:
        """The user pool's access token."""
        made = {
            "sub": user,
            "cognito:groups": list(groups),
            "iss": self.issuer,
            "client_id": CLIENT,
            "token_use": "access",
            "scope": "openid email",
            "exp": int(time.time()) + 3600,
            **claims,
        }
        signed = joined({"kid": POOL_KEY, "alg": "RS256", **(header or {})}, made)
        return with_signature(signed, (key or self.pool_key).sign(signed, padding.PKCS1v15(), hashes.SHA256()))

    def reader(self, user: str) -> dict[str, str]:
        """The headers of a reader, who may ask."""
        return {"x-amzn-oidc-data": self.token(user), "x-amzn-oidc-accesstoken": self.access(user, ())}

    def operator(self, user: str) -> dict[str, str]:
        """The headers of an operator, who looks after the library."""
        return {**self.reader(user), "x-amzn-oidc-accesstoken": self.access(user)}


@contextmanager
def signing() -> Iterator[Signing]:
    """The key servers, listening, and the page where signing out ends."""
    made = Signing()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            answers = {
                f"/keys/{made.key_id}": made.public_pem(),
                "/eu-central-1_pool/.well-known/jwks.json": json.dumps(made.jwks()).encode(),
            }
            found = b"<h1>Signed out</h1>" if self.path.startswith("/logout?") else answers.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object) -> None:
            pass

    with listening(Keys) as made.url:
        yield made
