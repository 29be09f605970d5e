"""boto3 clients for the adapters, and botocore's exceptions as typed errors."""

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
QUOTA = frozenset(
    {
        *("LimitExceededException", "ServiceQuotaExceededException", "ProvisionedThroughputExceededException"),
        *("RequestLimitExceeded", "ThrottlingException", "Throttling", "TooManyRequestsException"),
    }
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"})
GONE = frozenset({"ResourceNotFoundException", "NoSuchBucket", "AWS.SimpleQueueService.NonExistentQueue"})

SIGN_IN = "Sign in to AWS, for instance with `aws sso login`."


class AwsError(PlumblineError):
    """A request to an AWS service failed."""


class Busy(AwsError):
    """A service did not accept all of a request for now: what is left can be sent again."""


def client(service: str, endpoint: str | None = None, attempts: int = ATTEMPTS) -> Any:
    """A client, to be created once: it keeps its connections, and retries transient errors with backoff and jitter.
    `endpoint` is for tests; AWS_ENDPOINT_URL works as well."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        max_pool_connections=CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    return session().client(service, endpoint_url=endpoint, config=config)


def session() -> boto3.Session:
    """A session in the stack's region. boto3 itself reads only AWS_DEFAULT_REGION, which only Lambda sets."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def code_of(error: BaseException) -> str:
    """The service's error code, '' for an error that is not from a service."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Turns boto3's exceptions into an AwsError: '`what` failed: …'."""
    try:
        yield
    except (ClientError, BotoCoreError, Boto3Error) as error:
        raise AwsError(f"{what} failed: {error}.", _remedy(error)) from error


def no_credentials(service: str) -> AwsError:
    """The error for a service whose requests can't be signed."""
    return AwsError(f"There are no AWS credentials to sign requests to {service} with.", SIGN_IN)


def _remedy(error: Exception) -> str:
    code = code_of(error)
    if code in DENIED:
        return "Grant this role the permission, or use credentials that have it."
    if code in QUOTA:
        return "Raise the service's quota, or wait; nothing is lost."
    if code in EXPIRED:
        return SIGN_IN
    if code in GONE:
        return "Check the stack's outputs, and that the stack is up in this region."
    if isinstance(error, NoCredentialsError):
        return SIGN_IN
    if isinstance(error, EndpointConnectionError):
        return "Check the network, AWS_REGION, and that the region has the service."
    return "Try again; nothing is lost."
