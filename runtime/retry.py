"""The one policy of retries: growing, random pauses, up to a number of attempts or a time."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

import tenacity


def retrying(
    when: type[Exception] | Callable[[BaseException], bool],
    *,
    first: float,
    longest: float,
    attempts: int = sys.maxsize,
    seconds: float = math.inf,
) -> tenacity.Retrying:
    """A caller of functions, which threads can share: `retrying(…)(function, *arguments)`. When the function raises an
    exception of the type `when`, or one for which `when` is true, it is called again after one of the `pauses`. After
    so many attempts, or when so many seconds have passed, the last exception is raised; any other is raised at once.

    `.copy(sleep=wait)` calls `wait(seconds)` for each pause instead; if that raises an exception, nothing is called
    again, so a wait for a stop signal can end it.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(when) if isinstance(when, type) else tenacity.retry_if_exception(when),
        wait=pauses(first, longest),
        stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_after_delay(seconds),
        reraise=True,
    )


def pauses(first: float, longest: float) -> tenacity.wait.wait_base:
    """Seconds after each attempt: at most `first`, doubled each time up to `longest`, and a random part of the second
    half of that, so that callers that failed together don't come back together ('equal jitter': Brooker, Exponential
    Backoff and Jitter, AWS Architecture Blog, 2015)."""
    fixed = tenacity.wait_exponential(multiplier=first / 2, max=longest / 2)
    return fixed + tenacity.wait_random_exponential(multiplier=first / 2, max=longest / 2)


def pause(failures: int, first: float, longest: float) -> float:
    """The seconds to wait after so many failures in a row, for a loop that does other things meanwhile."""
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    state.attempt_number = failures
    return pauses(first, longest)(state)
