"""Who signed in: verifies the load balancer's token for the user, and the user pool's for the groups.

What the load balancer sends is described in "Authenticate users using an Application Load Balancer" in its manual. Its
token is a JWS (RFC 7515) with two peculiarities: its parts are padded, and issuer, client and expiry are in the header.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.datastructures import Headers

from runtime.names import OPERATORS
from ui.gate import Identity, Refused
from ui.settings import SignedIn

log = logging.getLogger("plumbline.sign_in")

DATA_HEADER = "x-amzn-oidc-data"
ACCESS_HEADER = "x-amzn-oidc-accesstoken"

BALANCER_KEYS = "https://public-keys.auth.elb.{region}.amazonaws.com"
LEEWAY = 30
"""Seconds that clocks may differ."""

KEYS_KEPT = 32
KEY_SECONDS = 24 * 3600
MISSING_SECONDS = 30
"""How long a key is kept, and how long to wait before asking again for one that could not be fetched."""

FETCH_SECONDS = 5
MIN_RSA_BITS = 2048
ES256_BYTES = 64

_PART = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUID: anything else might lead to a URL other than a key's."""

Key = TypeVar("Key")
Claims = dict[str, Any]


class SignIn:
    """Verifies the load balancer's and the user pool's tokens on every request; only their keys are kept."""

    def __init__(self, signed_in: SignedIn, balancer_keys: str = "") -> None:
        self._expected = signed_in
        self.sign_out = signed_in.sign_out
        self._balancer_url = balancer_keys or BALANCER_KEYS.format(region=signed_in.region)
        self._balancer_keys = Keys(self._balancer_key)
        self._pool_keys = Keys(self._pool_key)

    async def identify(self, headers: Headers) -> Identity:
        """The signed-in user; an operator where the user pool says so."""
        tokens = headers.getlist(DATA_HEADER)
        if len(tokens) != 1:
            raise Refused(f"The request has {len(tokens)} {DATA_HEADER} headers; one is required.")
        user = await self._user(Token.read(tokens[0]))
        return Identity(user, OPERATORS in await self._groups(headers.get(ACCESS_HEADER, ""), user))

    async def _user(self, token: Token) -> str:
        """The user whom this load balancer vouches for."""
        _expect("alg", token.header.get("alg"), "ES256")
        _expect("signer", token.header.get("signer"), self._expected.balancer)
        key_id = token.header.get("kid")
        if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
            raise Refused("The token's kid must be a UUID.")
        token.check_es256(await self._balancer_keys.get(key_id))
        for name, expected in (("iss", self._expected.issuer), ("client", self._expected.client)):
            _expect(name, token.header.get(name), expected)
        _check_expiry(token.header)
        # The same in the claims, if present.
        _expect("iss", token.claims.get("iss", self._expected.issuer), self._expected.issuer)
        if "exp" in token.claims:
            _check_expiry(token.claims)
        return _user_of(token.claims)

    async def _groups(self, access_token: str, user: str) -> tuple[str, ...]:
        """The user's groups; none unless the access token proves them."""
        if not access_token:
            return ()
        try:
            token = Token.read(access_token)
            _expect("alg", token.header.get("alg"), "RS256")
            key_id = token.header.get("kid")
            if not isinstance(key_id, str):
                raise Refused("The token has no kid.")
            token.check_rs256(await self._pool_keys.get(key_id))
            _expect("iss", token.claims.get("iss"), self._expected.issuer)
            _expect("token_use", token.claims.get("token_use"), "access")
            _expect("client_id", token.claims.get("client_id"), self._expected.client)
            _expect("sub", token.claims.get("sub"), user)
            _check_expiry(token.claims)
        except Refused as refused:
            log.warning("%s", json.dumps({"event": "groups refused", "reason": refused.reason}))
            return ()
        groups = token.claims.get("cognito:groups")
        return tuple(group for group in groups if isinstance(group, str)) if isinstance(groups, list) else ()

    async def _balancer_key(self, key_id: str) -> EllipticCurvePublicKey:
        key = load_pem_public_key(await _fetched(f"{self._balancer_url}/{key_id}"))
        if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
            raise ValueError("not a P-256 key")
        return key

    async def _pool_key(self, key_id: str) -> RSAPublicKey:
        found = json.loads(await _fetched(f"{self._expected.issuer}/.well-known/jwks.json"))
        for one in found["keys"]:
            if one.get("kid") == key_id and one.get("kty") == "RSA":
                key = RSAPublicNumbers(*(int.from_bytes(_decoded(one[part])) for part in "en")).public_key()
                if key.key_size < MIN_RSA_BITS:
                    raise ValueError("the key is too short")
                return key
        raise KeyError(key_id)


@dataclass(frozen=True, slots=True)
class Token:
    """A JWS of three parts, its signature not yet verified."""

    header: Claims
    claims: Claims
    signed: bytes
    signature: bytes

    @classmethod
    def read(cls, token: str) -> Token:
        """Parse it, with or without padding; Refused if it is not a token."""
        parts = token.split(".")
        if len(parts) != 3:
            raise Refused("The token must have three parts.")
        try:
            header, claims, signature = (_decoded(part) for part in parts)
            read = cls(json.loads(header), json.loads(claims), ".".join(parts[:2]).encode(), signature)
        except (ValueError, RecursionError) as error:
            raise Refused("The token can't be read.") from error
        if not isinstance(read.header, dict) or not isinstance(read.claims, dict) or "crit" in read.header:
            raise Refused("The token is of an unknown kind.")
        return read

    def check_es256(self, key: EllipticCurvePublicKey) -> None:
        """Refused unless the key's owner signed it, by ECDSA on P-256 (RFC 7518, 3.4)."""
        if len(self.signature) != ES256_BYTES:
            raise Refused(f"The token's signature must have {ES256_BYTES} bytes.")
        half = ES256_BYTES // 2
        pair = (int.from_bytes(self.signature[:half]), int.from_bytes(self.signature[half:]))
        try:
            key.verify(encode_dss_signature(*pair), self.signed, ECDSA(SHA256()))
        except InvalidSignature as error:
            raise Refused("The token's signature is wrong.") from error

    def check_rs256(self, key: RSAPublicKey) -> None:
        """Refused unless the key's owner signed it, by RSA with PKCS #1 v1.5 (RFC 7518, 3.3)."""
        try:
            key.verify(self.signature, self.signed, PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise Refused("The token's signature is wrong.") from error


class Keys(Generic[Key]):
    """Public keys by ID, each fetched on first use and kept for a day."""

    def __init__(self, fetch: Callable[[str], Awaitable[Key]]) -> None:
        self._fetch = fetch
        self._kept: OrderedDict[str, tuple[float, Key | Refused]] = OrderedDict()
        self._lock = asyncio.Lock()

    async def get(self, key_id: str) -> Key:
        """The key; Refused if it can't be had."""
        if (found := self._known(key_id)) is None:
            async with self._lock:  # many ask at once for the same one
                if (found := self._known(key_id)) is None:
                    found = await self._fetched(key_id)
                    lasts = MISSING_SECONDS if isinstance(found, Refused) else KEY_SECONDS
                    self._kept[key_id] = (time.monotonic() + lasts, found)
                    while len(self._kept) > KEYS_KEPT:
                        self._kept.popitem(last=False)
        if isinstance(found, Refused):
            raise Refused(found.reason, found.status)
        return found

    def _known(self, key_id: str) -> Key | Refused | None:
        until, found = self._kept.get(key_id, (0.0, None))
        return found if time.monotonic() < until else None

    async def _fetched(self, key_id: str) -> Key | Refused:
        try:
            return await self._fetch(key_id)
        except httpx.HTTPStatusError as error:
            missing = error.response.is_client_error
            reason = f"The key server answered {error.response.status_code}."
            return Refused(reason, 401 if missing else 503)
        except httpx.HTTPError as error:
            return Refused(f"The key server can't be reached: {type(error).__name__}.", 503)
        except (ValueError, KeyError, TypeError, UnsupportedAlgorithm) as error:
            return Refused(f"The token's key can't be used: {type(error).__name__}.")


async def _fetched(url: str) -> bytes:
    async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
        return (await client.get(url)).raise_for_status().content


def _decoded(part: str) -> bytes:
    if not _PART.fullmatch(part):
        raise binascii.Error("not base64url")
    bare = part.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _expect(name: str, given: object, expected: str) -> None:
    if given != expected:
        raise Refused(f"The token's {name} is wrong.")


def _check_expiry(claims: Mapping[str, Any]) -> None:
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or expires + LEEWAY < time.time():
        raise Refused("The token has expired.")


def _user_of(claims: Mapping[str, Any]) -> str:
    user = claims.get("sub")
    if not isinstance(user, str) or not user:
        raise Refused("The token names no user.")
    return user
