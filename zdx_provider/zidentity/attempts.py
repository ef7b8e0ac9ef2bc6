"""What a caller may learn of a request before its result: its attempts.

Apart from the retries, which load tenacity: settings and the command line need only these names.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Attempt:
    """An attempt at a request: it is under way, or it failed and another one follows.

    Attributes:
        number: Its number, from 1; None if a rate limit stopped it, which doesn't count.
        limit: How many attempts there are at most.
        wait: Seconds until the next one; None while it is under way.
        problem: Why it failed.
    """

    number: int | None
    limit: int
    wait: float | None = None
    problem: str = ""


AttemptObserver = Callable[[Attempt | None], None]
"""Called, in the thread of the request, with each attempt; with None after the last one."""


def ignore_attempts(_: Attempt | None) -> None:
    """Do nothing: no one watches."""
