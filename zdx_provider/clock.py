"""The product's one clock."""

from datetime import datetime, timezone


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(timezone.utc)
