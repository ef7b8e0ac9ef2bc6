"""When a key's secret is replaced: decisions on dates, taken without a call.

ZIdentity ends every secret within a year and lets a client hold two ("Adding API Clients",
help.zscaler.com). The day on which the state's secret ends is an input of the key, stamped once
and kept: what is due is then a comparison of that date with today, and a preview shows the date
as it moves. Whole days, so that a preview and its update agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

MIN_LIFETIME_DAYS = 30
MAX_LIFETIME_DAYS = 365
LONGEST_DEFAULT_WINDOW_DAYS = 30

# In place of the date: the secret that the state holds is not in the tenant any more.
MISSING = "missing"


@dataclass(frozen=True)
class Rotation:
    """How a key's secret is replaced before it ends.

    Attributes:
        secret_lifetime_days: How long each secret lives.
        rotate_before_expiry_days: How long before its end a secret is replaced.
        keep_previous_days: How long the replaced secret goes on working.
        triggers: Values whose change replaces the secret at once.
    """

    secret_lifetime_days: int = MAX_LIFETIME_DAYS
    rotate_before_expiry_days: int | None = None
    keep_previous_days: int = 7
    triggers: Mapping[str, str] = field(default_factory=dict)

    @property
    def window(self) -> timedelta:
        """How long before its end a secret is replaced: a third of its life by default."""
        if self.rotate_before_expiry_days is not None:
            return timedelta(days=self.rotate_before_expiry_days)
        return timedelta(days=min(self.secret_lifetime_days // 3, LONGEST_DEFAULT_WINDOW_DAYS))

    @property
    def lifetime(self) -> timedelta:
        """How long each secret lives."""
        return timedelta(days=self.secret_lifetime_days)


@dataclass(frozen=True)
class Due:
    """Why a secret is to be replaced, as the end of a sentence that starts with the key."""

    because: str


def due(stamp: str, today: date, rotation: Rotation | None, before: Rotation | None) -> Due | None:
    """Whether the state's secret is to be replaced today, and why.

    Args:
        stamp: The day on which it ends, as an ISO date; or ``MISSING``.
        today: Today in UTC.
        rotation: What is declared; None for a key that is not rotated.
        before: What was declared at the last update.
    """
    if stamp == MISSING:
        return Due("its secret is not in the tenant any more")
    ends = date.fromisoformat(stamp)
    if ends <= today:
        return Due(f"its secret ended on {ends}")
    if rotation is None:
        return None
    changed = _changed_triggers(rotation, before)
    if changed:
        return Due(f"the trigger {', '.join(changed)} changed")
    if ends > today + rotation.lifetime:
        return Due(
            f"its secret would live until {ends}, longer than {rotation.secret_lifetime_days} days"
        )
    if ends - rotation.window <= today:
        return Due(f"its secret ends on {ends}, within {rotation.window.days} days")
    return None


def _changed_triggers(rotation: Rotation, before: Rotation | None) -> list[str]:
    known = before.triggers if before else {}
    return sorted(name for name, value in rotation.triggers.items() if known.get(name) != value)
