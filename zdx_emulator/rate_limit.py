"""The gateway's rate limit, and the headers in which it speaks of it.

The headers repeat, as recorded on 2026-04-14: the API's own limit first, the gateway's second.
"""

from collections.abc import Callable
from dataclasses import dataclass

_RECORDED_PER_SECOND = 500
_RECORDED_LIMIT = "500, 500;w=1, 20000;w=60"
_GATEWAY_PER_SECOND = 1000
_GATEWAY_LIMIT = "1000, 1000;w=1"
_RESET_SECONDS = "1"


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and what its answer tells of the limit."""

    allowed: bool
    headers: list[tuple[str, str]]


class RateLimiter:
    """Counts requests by the second.

    Args:
        per_second: How many pass; None names the recorded limits and holds nobody to them.
        monotonic: Gives a time in seconds that never goes back.
    """

    def __init__(self, per_second: int | None, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._second = 0
        self._count = 0

    def take(self) -> Verdict:
        """Counts one request."""
        second = int(self._monotonic())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        allowed = self._per_second is None or self._count <= self._per_second
        return Verdict(allowed, self._headers())

    def _headers(self) -> list[tuple[str, str]]:
        per_second = self._per_second or _RECORDED_PER_SECOND
        own = _RECORDED_LIMIT if self._per_second is None else f"{per_second}, {per_second};w=1"
        return [
            ("x-ratelimit-limit", own),
            ("x-ratelimit-limit", _GATEWAY_LIMIT),
            ("x-ratelimit-remaining", str(max(0, per_second - self._count))),
            ("x-ratelimit-remaining", str(max(0, _GATEWAY_PER_SECOND - self._count))),
            ("x-ratelimit-reset", _RESET_SECONDS),
            ("x-ratelimit-reset", _RESET_SECONDS),
        ]
