"""Calls of models: adaptive concurrency, retries when throttled, and readable errors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

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


def error_message(error: ClientError | BotoCoreError) -> str:
    """The message of a model's container, or of the service in front of it."""
    if not isinstance(error, ClientError):
        return str(error)
    status = error.response.get("OriginalStatusCode", code_of(error))
    message = error.response.get("OriginalMessage") or error.response.get("Error", {}).get("Message", "")
    return f"{status} {message}"[:300]


def model_error(model: str, sent: str, error: ClientError | BotoCoreError) -> AwsError:
    """The error for a model that did not answer `sent`: which model, its message, and what to do."""
    code, message = code_of(error), error_message(error)
    if code.startswith("Validation") and "not found" in message.casefold():
        remedy = "Deploy it in this region, or correct its name in the stack's settings."
    elif "inservice" in message.casefold() or code == "ModelNotReadyException":
        remedy = "Wait until its state is InService; if it does not get there, check its logs."
    elif code.startswith("AccessDenied"):
        remedy = "Allow this role to call it; for a Bedrock model, request access to it in the Bedrock console."
    elif code.startswith("Model"):
        remedy = "Check the endpoint's logs, and whether its container accepts this payload."
    else:
        remedy = "Check the endpoint's state and its quotas; nothing is lost, and the next try resumes."
    return AwsError(f"The model {model} did not answer {sent}: {message.rstrip('.')}.", remedy)
