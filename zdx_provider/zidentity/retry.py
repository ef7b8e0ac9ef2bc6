"""When a request is sent again, and how long to wait first."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import tenacity

from zdx_provider.zidentity.attempts import Attempt, AttemptObserver
from zdx_provider.zidentity.connection import ConnectionOptions
from zdx_provider.zidentity.errors import (
    CertificateError,
    RateLimitError,
    ResponseLostError,
    UnavailableError,
    UnreachableError,
    ZIdentityError,
)
from zdx_provider.zidentity.messages import Request

LONGEST_WAIT = 60.0
"""Seconds that one wait lasts at most, whatever the server asks."""

NOTABLE_WAIT = 5.0
"""Seconds from which on a wait is worth a line that a user sees unasked."""

_FIRST_WAIT = 0.5
_JITTER = 0.25

logger = logging.getLogger("zdx_provider.zidentity")
T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """Repeats requests that may be repeated, within a budget of attempts and of time.

    Args:
        options: Holds both budgets.
        monotonic: Gives seconds of a clock that never jumps.
        sleep: Waits that many seconds.
        jitter: Gives a number from 0 to 1, so that threads do not all come back at once.
        on_attempt: Called with each attempt, and with None after the last one.
    """

    options: ConnectionOptions
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[], float]
    on_attempt: AttemptObserver

    def run(self, request: Request, attempt: Callable[[], T]) -> T:
        """Run an attempt at a request until it succeeds or may not be repeated any more.

        Raises:
            ZIdentityError: The last attempt's, with the number of attempts.
        """
        deadline = self.monotonic() + self.options.retry_budget
        limit = self.options.max_retries + 1
        failures = 0

        def run_once() -> T:
            self.on_attempt(Attempt(failures + 1, limit))
            return attempt()

        def stop(state: tenacity.RetryCallState) -> bool:
            nonlocal failures
            error = _get_error(state)
            failures += not isinstance(error, RateLimitError)
            wait = max(state.upcoming_sleep, error.retry_after or 0)
            return failures >= limit or self.monotonic() + wait > deadline

        def announce(state: tenacity.RetryCallState) -> None:
            error = _get_error(state)
            number = None if isinstance(error, RateLimitError) else failures
            _log_wait(state)
            self.on_attempt(Attempt(number, limit, state.upcoming_sleep, error.problem))

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda error: can_retry(request, error)),
            wait=self._compute_wait,
            stop=stop,
            sleep=self.sleep,
            before_sleep=announce,
            reraise=True,
        )
        try:
            return retrying(run_once)
        except ZIdentityError as error:
            error.attempts = retrying.statistics["attempt_number"]
            raise
        finally:
            self.on_attempt(None)

    def _compute_wait(self, state: tenacity.RetryCallState) -> float:
        backoff = _FIRST_WAIT * 2.0 ** (state.attempt_number - 1)
        least = max(backoff, _get_error(state).retry_after or 0)
        return min(LONGEST_WAIT, least * (1 + _JITTER * self.jitter()))


def can_retry(request: Request, error: BaseException) -> bool:
    """Whether a request that failed may be sent again without doing anything twice."""
    if isinstance(error, CertificateError):
        return False
    if isinstance(error, UnreachableError | RateLimitError):
        return True
    return isinstance(error, ResponseLostError | UnavailableError) and request.idempotent


def _get_error(state: tenacity.RetryCallState) -> ZIdentityError:
    # tenacity asks only after an attempt that may be repeated, which is one that raised
    return cast("ZIdentityError", cast("tenacity.Future", state.outcome).exception())


def _log_wait(state: tenacity.RetryCallState) -> None:
    error = _get_error(state)
    logger.log(
        logging.INFO if state.upcoming_sleep >= NOTABLE_WAIT else logging.DEBUG,
        "waiting %.1f s before attempt %d to %s: %s",
        state.upcoming_sleep,
        state.attempt_number + 1,
        error.operation,
        error.problem,
    )
