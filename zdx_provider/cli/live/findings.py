"""What trying an assumption can come to."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from zdx_provider.cli.live.trial import PATIENCE_SECONDS, Trial
from zdx_provider.zidentity import ApiClient

AT_ONCE_SECONDS = 5.0


class Verdict(str, Enum):
    """Whether an assumption is true of a tenant."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What a trial came to, and what was seen."""

    verdict: Verdict
    seen: str


@dataclass(frozen=True)
class Assumption:
    """Something that this product takes for true.

    Attributes:
        claim: What, as a sentence.
        tried: Tries it on a throwaway client; a `ZIdentityError` means that it is not known.
    """

    claim: str
    tried: Callable[[Trial, ApiClient], Outcome]


@dataclass(frozen=True)
class Finding:
    """An assumption and what a tenant says to it."""

    claim: str
    verdict: Verdict
    seen: str


def holds(seen: str = "") -> Outcome:
    """The tenant does as assumed."""
    return Outcome(Verdict.HOLDS, seen)


def differs(seen: str) -> Outcome:
    """The tenant does otherwise."""
    return Outcome(Verdict.DIFFERS, seen)


def unknown(seen: str) -> Outcome:
    """The trial could not tell."""
    return Outcome(Verdict.UNKNOWN, seen)


def at_once(seconds: float | None) -> Outcome:
    """The outcome of something that is assumed to take effect without delay.

    Args:
        seconds: How long it took; None when it never happened.
    """
    if seconds is None:
        return differs(f"not within {PATIENCE_SECONDS:.0f} s")
    seen = f"after {seconds:.1f} s"
    return holds(seen) if seconds <= AT_ONCE_SECONDS else differs(seen)
