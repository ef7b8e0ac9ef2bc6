from datetime import datetime, timedelta, timezone

import pytest

from zdx_provider.clock import count_days_left, describe_days_left

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=365, hours=-1), 365),
        (timedelta(hours=13), 1),
        (timedelta(hours=1), 0),
        (timedelta(0), -1),
        (timedelta(hours=-1), -1),
        (timedelta(days=-3), -3),
    ],
)
def test_days_are_counted_from_date_to_date(left: timedelta, days: int) -> None:
    assert count_days_left(NOON + left, NOON) == days


def test_dates_are_those_of_utc() -> None:
    east = timezone(timedelta(hours=12))

    assert count_days_left(NOON + timedelta(hours=1), NOON.astimezone(east)) == 0


@pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "tomorrow"), (2, "in 2 days")])
def test_days_left_in_words(days: int, words: str) -> None:
    assert describe_days_left(days) == words
