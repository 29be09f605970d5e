"""boto3 clients as the adapters want them, and what botocore raises told in words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, NoCredentialsError

from runtime.ports import PlumblineError

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
ATTEMPTS = 6
CONNECTIONS = 32

DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation"})
GONE = frozenset({"ResourceNotFoundException", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue"})


class AwsError(PlumblineError):
    """An AWS service did not do what it was asked."""


def client(service: str, endpoint: str | None = None, attempts: int = ATTEMPTS) -> Any:
    """A client, to be made once: it keeps its connections, and retries with backoff and jitter what another attempt
    may change. `endpoint` is for tests; AWS_ENDPOINT_URL works as well."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return session().client(service, endpoint_url=endpoint, config=config)


def session() -> boto3.Session:
    """A session in the stack's region. By itself boto3 reads AWS_DEFAULT_REGION alone, which only Lambda sets."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def code_of(error: BaseException) -> str:
    """The service's name for an error, '' for one that no service gave."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Turns what boto3 raises inside into an AwsError: '`what` failed: …'."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise AwsError(f"{what} failed: {error}.", _remedy(error)) from error


def _remedy(error: Exception) -> str:
    code = code_of(error)
    if code in DENIED:
        return "Grant this role the permission, or use credentials that have it."
    if code in GONE:
        return "Check the stack's outputs, and that the stack is up in this region."
    if isinstance(error, NoCredentialsError):
        return "Sign in to AWS, for instance with `aws sso login`."
    if isinstance(error, EndpointConnectionError):
        return "Check the network, and AWS_REGION."
    return "Try again; nothing is lost."
