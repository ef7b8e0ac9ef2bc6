"""When a key's secret ends: a date that is decided once and kept.

ZIdentity ends every secret within a year ("Adding API Clients", help.zscaler.com). The day on
which the state's secret ends is an input of the key: what is due is then a comparison of dates,
without a call, and a preview shows the day as it moves.
"""

from datetime import date, timedelta

SECRET_LIFETIME = timedelta(days=365)

# In place of the date: the secret that the state holds is not in the tenant any more.
MISSING = "missing"


def expiry_stamp(previous: str | None, today: date) -> str:
    """The day on which the secret ends, as an ISO date.

    Args:
        previous: The stamp of the last update; None for a key that has none yet.
        today: Today in UTC.

    Returns:
        The previous stamp while it lies ahead, else the end of a secret that is minted today.
    """
    if previous is not None and previous != MISSING and date.fromisoformat(previous) > today:
        return previous
    return (today + SECRET_LIFETIME).isoformat()
