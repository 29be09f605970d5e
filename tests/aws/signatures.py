"""Whether a request is signed as AWS wants it (Signature Version 4), by what came over the wire."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.aws.wire import Request, Undecodable

PRESIGNED = re.compile(r"X-Amz-SignedHeaders=([^&]+)&X-Amz-Signature=([0-9a-f]{64})$")
SIGNED = re.compile(r"SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$")


class _Query:
    """The query as AWS signs it: decoded, and encoded as its rules are. botocore takes that for granted."""

    def canonical_query_string(self, request: Any) -> str:
        pairs = (pair.partition("=") for pair in request.url.partition("?")[2].split("&") if pair)
        encoded = sorted(f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs)
        return "&".join(pair for pair in encoded if not pair.startswith("X-Amz-Signature="))


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


class _S3(_Query, S3SigV4Auth):  # type: ignore[misc]
    pass


class _Presigned(_Query, S3SigV4QueryAuth):  # type: ignore[misc]
    pass


class _Other(_Query, SigV4Auth):  # type: ignore[misc]
    pass


def problem(request: Request, secrets: Mapping[str, str]) -> str:
    """What is wrong with the request's signature, '' for nothing. `secrets` are those of the known access keys."""
    try:
        access_key, day, region, service = request.scope
    except Undecodable as error:
        return str(error)
    if access_key not in secrets:
        return f"it is signed with an unknown access key, {access_key}"
    presigned = "Authorization" not in request.headers
    found = PRESIGNED.search(request.target) if presigned else SIGNED.search(request.headers["Authorization"])
    if found is None:
        return "its signature is not complete"
    names, given = found[1].split(";"), found[2]
    said = request.headers.get("X-Amz-Content-Sha256", "")
    if said and said != hashlib.sha256(request.body).hexdigest():
        return "its body is not the one that was signed"
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    must = {"host"} | {name.lower() for name in request.headers if name.lower().startswith("x-amz-")}
    if unsigned := must - {*names}:
        return f"{', '.join(sorted(unsigned))} must be signed"
    if any(request.headers.get(name) is None for name in names):
        return "a signed header is missing"
    credentials = Credentials(access_key, secrets[access_key])
    if presigned:
        signer, time = _Presigned(credentials, service, region), request.query.get("X-Amz-Date", [""])[0]
    else:
        kind = _S3 if service == "s3" else _Other
        signer, time = kind(credentials, service, region), request.headers.get("X-Amz-Date", "")
    if not time.startswith(day):
        return f"it is signed for {day}, but sent at {time!r}"
    headers = {name: request.headers[name] for name in names}
    signed = AWSRequest(request.method, f"http://{request.headers['Host']}{request.target}", headers, request.body)
    signed.context["timestamp"] = time
    wanted = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    return "" if hmac.compare_digest(wanted, given) else "its signature is not the one of what came"
