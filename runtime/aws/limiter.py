"""Calls of models: adaptive concurrency, retries when throttled, and readable errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, HTTPClientError

from runtime.aws.clients import AwsError, code_of
from runtime.retry import retrying

ATTEMPTS = 8
"""Attempts of a call."""

BUSY = frozenset(
    {
        "InternalDependencyException",
        "InternalFailure",
        "InternalServerException",
        "ModelNotReadyException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
BUSY_STATUS = frozenset({429, 502, 503, 504})
"""Status codes of an overloaded container."""

T = TypeVar("T")


def is_busy(error: BaseException) -> bool:
    """Whether another attempt may succeed."""
    if isinstance(error, ClientError):
        if "per day" in str(error):  # Bedrock's ThrottlingException for a quota that stays used up
            return False
        return code_of(error) in BUSY or error.response.get("OriginalStatusCode") in BUSY_STATUS
    return isinstance(error, HTTPClientError)


RETRY = retrying(is_busy, first=0.5, longest=20.0, attempts=ATTEMPTS)


class Limiter:
    """At most `limit` concurrent calls: halved when the endpoint is busy, one more after `limit` successful calls
    (additive increase, multiplicative decrease: Chiu and Jain, 1989)."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self._running = 0
        self._changed = threading.Condition()

    def call(self, request: Callable[[], T]) -> T:
        """The request's result; botocore's last exception if the endpoint stays busy."""
        return RETRY(lambda: self._attempt(request))

    def _attempt(self, request: Callable[[], T]) -> T:
        try:
            with self._slot():
                done = request()
        except Exception as error:
            if is_busy(error):
                self._set(self.limit / 2)
            raise
        self._set(self.limit + 1 / self.limit)
        return done

    @contextmanager
    def _slot(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._running < int(self.limit))
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _set(self, limit: float) -> None:
        with self._changed:
            self.limit = min(max(limit, 1.0), float(self.most))
            self._changed.notify_all()


REMEDIES: tuple[tuple[str, str, str], ...] = (
    # the beginning of the code, what the message says, what to do: the first that fits
    ("", "use case details", "Fill in the provider's form in the Bedrock console's model catalog, once per account."),
    ("AccessDenied", "marketplace", "Use the model once in the Bedrock console, as someone who may subscribe to it."),
    (
        "AccessDenied",
        "not authorized to perform",
        "Run `pulumi up`, which allows the stack's roles to call its models; if it stays, your organization denies it.",
    ),
    ("AccessDenied", "", "Request access to the model in the Bedrock console, in this region."),
    ("", "on-demand throughput", "Name an inference profile of it instead, such as bedrock:eu.MODEL_ID."),
    ("", "end of its life", "Choose a newer model in the stack's settings."),
    ("", "model identifier is invalid", "Correct its name in the stack's settings, or deploy where Bedrock has it."),
    ("ResourceNotFound", "", "Deploy it in this region, or correct its name in the stack's settings."),
    ("Validation", "not found", "Deploy it in this region, or correct its name in the stack's settings."),
    ("", "inservice", "Wait until its state is InService; if it does not get there, check its logs."),
    ("ModelNotReady", "", "Wait until its state is InService; if it does not get there, check its logs."),
    ("", "per day", "The day's quota is used up: wait until tomorrow, or raise it in Service Quotas."),
    ("ServiceQuotaExceeded", "", "Raise the quota in Service Quotas; nothing is lost, and the next try resumes."),
    ("Throttling", "", "Raise its quota in Service Quotas, or wait; nothing is lost, and the next try resumes."),
    ("ExpiredToken", "", "Sign in to AWS again."),
    ("Model", "", "Check the endpoint's logs, and whether its container accepts this payload."),
)
"""Bedrock and SageMaker use one code for many causes (their API references, common errors and InvokeModel): only the
message tells them apart."""

UNREACHABLE = "Check that the region has the service, and that the network has a route to it."
OTHERWISE = "Check the endpoint's state and its quotas; nothing is lost, and the next try resumes."

MESSAGE_CHARACTERS = 600
"""Room for IAM's sentence about who may not do what to which resource, and why."""


def error_message(error: ClientError | BotoCoreError) -> str:
    """The message of a model's container, or of the service in front of it."""
    if not isinstance(error, ClientError):
        return str(error)
    status = error.response.get("OriginalStatusCode", code_of(error))
    message = error.response.get("OriginalMessage") or error.response.get("Error", {}).get("Message", "")
    return f"{status} {message}"[:MESSAGE_CHARACTERS]


def model_error(model: str, sent: str, error: ClientError | BotoCoreError) -> AwsError:
    """The error for a model that did not answer `sent`: which model, its message, and what to do."""
    code, message = code_of(error), error_message(error)
    said = message.casefold()
    known = (remedy for begins, part, remedy in REMEDIES if code.startswith(begins) and part in said)
    default = UNREACHABLE if isinstance(error, EndpointConnectionError) else OTHERWISE
    return AwsError(f"The model {model} did not answer {sent}: {message.rstrip('.')}.", next(known, default))
