"""When a key's secret is replaced: decisions on dates, taken without a call.

ZIdentity ends every secret within a year and lets a client hold two ("Adding API Clients",
help.zscaler.com). The day on which the state's secret ends is an input of the key, stamped once
and kept: what is due is then a comparison of that date with today, and a preview shows the date
as it moves. Whole days, so that a preview and its update agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from zdx_provider.zidentity.models import MAX_SECRET_LIFETIME_DAYS

_LONGEST_DEFAULT_WINDOW_DAYS = 30

# In place of the date: the secret that the state holds is not in the tenant any more.
MISSING = "missing"


@dataclass(frozen=True)
class Rotation:
    """How a key's secret is replaced before it ends.

    Attributes:
        secret_lifetime_days: How long each secret lives.
        rotate_before_expiry_days: How long before its end a secret is replaced; None: a third of
            its life, 30 days at most.
        keep_previous_days: How long the replaced secret goes on working.
        triggers: Values whose change replaces the secret at once.
    """

    secret_lifetime_days: int = MAX_SECRET_LIFETIME_DAYS
    rotate_before_expiry_days: int | None = None
    keep_previous_days: int = 7
    triggers: Mapping[str, object] = field(default_factory=dict)

    @property
    def window_days(self) -> int:
        """How long before its end a secret is replaced."""
        if self.rotate_before_expiry_days is not None:
            return self.rotate_before_expiry_days
        return min(self.secret_lifetime_days // 3, _LONGEST_DEFAULT_WINDOW_DAYS)

    @property
    def lifetime(self) -> timedelta:
        """How long each secret lives."""
        return timedelta(days=self.secret_lifetime_days)

    @property
    def overlap(self) -> timedelta:
        """How long the replaced secret goes on working."""
        return timedelta(days=self.keep_previous_days)

    def contradiction(self) -> str | None:
        """What cannot be meant, as the end of a sentence; None for a plan that works."""
        if self.window_days >= self.secret_lifetime_days:
            return (
                f"rotates {self.window_days} days before the end of a secret that lives "
                f"{self.secret_lifetime_days} days; rotate_before_expiry_days must be less than "
                "secret_lifetime_days"
            )
        if self.keep_previous_days >= self.window_days:
            return (
                f"keeps the previous secret {self.keep_previous_days} days, though it ends "
                f"{self.window_days} days after its rotation; keep_previous_days must be less than "
                "rotate_before_expiry_days"
            )
        return None


def due(stamp: str, today: date, declared: Rotation | None, before: Rotation | None) -> str | None:
    """Why the state's secret is to be replaced today; None when it is not.

    Args:
        stamp: The day on which it ends, as an ISO date; or ``MISSING``.
        today: Today in UTC.
        declared: The rotation that is declared; None for a key that has none.
        before: What was declared at the last update.

    Returns:
        The reason, as a sentence about the secret.
    """
    if stamp == MISSING:
        return "its secret is not in the tenant any more"
    ends = date.fromisoformat(stamp)
    if ends <= today:
        return f"its secret ended on {ends}"
    if declared is not None:
        return _due_early(ends, today, declared, before)
    return None


def next_stamp(
    stamp: str | None, today: date, declared: Rotation | None, before: Rotation | None
) -> str:
    """The day on which the secret will end that the key has after this update, as an ISO date.

    Args:
        stamp: That of the last update; None for a new key.
        today: Today in UTC.
        declared: The rotation that is declared; None for a key that has none.
        before: What was declared at the last update.
    """
    if stamp is not None and due(stamp, today, declared, before) is None:
        return stamp
    return (today + (declared or Rotation()).lifetime).isoformat()


def changed_triggers(declared: Rotation | None, before: Rotation | None) -> list[str]:
    """The triggers that are new or have another value than at the last update, by name.

    They call for a new secret also where the stamp stays, on the day on which the old one was made.
    """
    known = before.triggers if before else {}
    triggers = declared.triggers if declared else {}
    return sorted(name for name, value in triggers.items() if known.get(name) != value)


def _due_early(ends: date, today: date, declared: Rotation, before: Rotation | None) -> str | None:
    changed = changed_triggers(declared, before)
    if changed:
        return f"its trigger {', '.join(changed)} changed"
    if ends > today + declared.lifetime:
        return f"its secret would live until {ends}, beyond {declared.secret_lifetime_days} days"
    if ends <= today + timedelta(days=declared.window_days):
        return f"its secret ends on {ends}, within {declared.window_days} days"
    return None
