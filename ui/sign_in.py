"""Who signed in: verifies the load balancer's token for the user, and the user pool's for the groups.

What the load balancer sends is described in "Authenticate users using an Application Load Balancer" in its manual. Its
token has two peculiarities: its parts are padded, which PyJWT accepts, and issuer, client and expiry are in the header,
where no library looks for them.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import httpx
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.exceptions import InvalidSubjectError
from jwt.types import Options
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

_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A UUID: anything else might lead to a URL other than a key's."""

_REASONS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "The token has expired.",
    jwt.InvalidIssuerError: "The token's iss is wrong.",
    jwt.InvalidSignatureError: "The token's signature is wrong.",
    InvalidSubjectError: "The token's sub is wrong.",
}

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
        user = await self._user(tokens[0])
        return Identity(user, OPERATORS in await self._groups(headers.get(ACCESS_HEADER, ""), user))

    async def _user(self, token: str) -> str:
        """The user whom this load balancer vouches for."""
        header = _header(token, "ES256")
        _expect("signer", header.get("signer"), self._expected.balancer)
        key_id = header.get("kid", "")
        if not _KEY_ID.fullmatch(key_id):
            raise Refused("The token's kid must be a UUID.")
        claims = _verified(token, await self._balancer_keys.get(key_id), "ES256")
        for name, expected in (("iss", self._expected.issuer), ("client", self._expected.client)):
            _expect(name, header.get(name), expected)
        _check_expiry(header)
        # The same in the claims, if present; PyJWT has checked their expiry.
        _expect("iss", claims.get("iss", self._expected.issuer), self._expected.issuer)
        return _user_of(claims)

    async def _groups(self, token: str, user: str) -> tuple[str, ...]:
        """The user's groups; none unless the access token proves them."""
        if not token:
            return ()
        try:
            key_id = _header(token, "RS256").get("kid", "")
            key = await self._pool_keys.get(key_id)
            claims = _verified(token, key, "RS256", ("exp", "iss", "sub"), self._expected.issuer, user)
            _expect("token_use", claims.get("token_use"), "access")
            _expect("client_id", claims.get("client_id"), self._expected.client)
        except Refused as refused:
            log.warning("%s", json.dumps({"event": "groups refused", "reason": refused.reason}))
            return ()
        groups = claims.get("cognito:groups")
        return tuple(group for group in groups if isinstance(group, str)) if isinstance(groups, list) else ()

    async def _balancer_key(self, key_id: str) -> EllipticCurvePublicKey:
        key = load_pem_public_key(await _fetched(f"{self._balancer_url}/{key_id}"))
        if not isinstance(key, EllipticCurvePublicKey):
            raise ValueError("not a key of an elliptic curve")
        return key

    async def _pool_key(self, key_id: str) -> jwt.PyJWK:
        found = json.loads(await _fetched(f"{self._expected.issuer}/.well-known/jwks.json"))
        return jwt.PyJWK({key.get("kid"): key for key in found["keys"]}[key_id], "RS256")


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
        except (ValueError, KeyError, TypeError, UnsupportedAlgorithm, jwt.PyJWTError) as error:
            return Refused(f"The token's key can't be used: {type(error).__name__}.")


async def _fetched(url: str) -> bytes:
    async with httpx.AsyncClient(timeout=FETCH_SECONDS) as client:
        return (await client.get(url)).raise_for_status().content


def _header(token: str, algorithm: str) -> Claims:
    """A token's header, not yet verified; Refused unless it names the algorithm."""
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise Refused(f"The token can't be read: {error}") from error
    _expect("alg", header.get("alg"), algorithm)
    return header


def _verified(
    token: str,
    key: EllipticCurvePublicKey | jwt.PyJWK,
    algorithm: str,
    required: tuple[str, ...] = (),
    issuer: str | None = None,
    user: str | None = None,
) -> Claims:
    """A token's claims; Refused unless the key's owner signed it and it is valid now, from the issuer for the user."""
    options: Options = {"require": list(required), "verify_aud": False, "enforce_minimum_key_length": True}
    try:
        return jwt.decode(token, key, [algorithm], options, issuer=issuer, subject=user, leeway=LEEWAY)
    except jwt.PyJWTError as error:
        raise Refused(_REASONS.get(type(error), f"The token is invalid: {error}")) from error


def _expect(name: str, given: object, expected: str) -> None:
    if given != expected:
        raise Refused(f"The token's {name} is wrong.")


def _check_expiry(header: Claims) -> None:
    expires = header.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float) or expires + LEEWAY < time.time():
        raise Refused("The token has expired.")


def _user_of(claims: Claims) -> str:
    user = claims.get("sub")
    if not isinstance(user, str) or not user:
        raise Refused("The token names no user.")
    return user
