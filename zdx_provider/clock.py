"""The product's one clock."""

from datetime import datetime, timezone

_WARNING_DAYS = 30
"""How many days before a secret or a certificate expires a warning appears."""


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(timezone.utc)


def count_days_left(expires_at: datetime, now: datetime) -> int:
    """Return the days until a moment; negative once it has passed.

    People count from date to date. A secret for 365 days less an hour, which ZIdentity accepts
    without fail, expires in 365 days then, not in 364. All dates are those of UTC.
    """
    days = (expires_at.astimezone(timezone.utc).date() - now.astimezone(timezone.utc).date()).days
    return days if expires_at > now else min(days, -1)


def describe_days_left(days: int) -> str:
    """Return days that are left, in words."""
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def describe_expiry(expires_at: datetime, now: datetime) -> str | None:
    """Say that a secret or a certificate expires soon or has expired; None if it needs no warning.

    Returns:
        The end of a sentence about it.
    """
    days_left = count_days_left(expires_at, now)
    if days_left > _WARNING_DAYS:
        return None
    day = expires_at.date()
    soon = f"expires on {day}, {describe_days_left(days_left)}"
    return f"expired on {day}" if days_left < 0 else soon
