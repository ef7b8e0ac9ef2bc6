from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zdx_provider.domain.expiry import MISSING, expiry_stamp

TODAY = date(2026, 3, 1)
A_YEAR_ON = "2027-03-01"

DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_a_new_key_ends_in_a_year() -> None:
    assert expiry_stamp(None, TODAY) == A_YEAR_ON


def test_a_date_that_lies_ahead_is_kept() -> None:
    assert expiry_stamp("2026-03-02", TODAY) == "2026-03-02"


@pytest.mark.parametrize("ended", ["2026-03-01", "2026-02-28", "1999-12-31"])
def test_a_secret_that_ends_today_or_has_ended_is_due(ended: str) -> None:
    assert expiry_stamp(ended, TODAY) == A_YEAR_ON


def test_a_missing_secret_is_due() -> None:
    assert expiry_stamp(MISSING, TODAY) == A_YEAR_ON


@given(st.none() | st.just(MISSING) | DATES.map(date.isoformat), DATES)
def test_a_stamp_lies_ahead_and_stays_for_the_rest_of_its_day(
    previous: str | None, today: date
) -> None:
    stamp = expiry_stamp(previous, today)

    assert date.fromisoformat(stamp) > today
    assert expiry_stamp(stamp, today) == stamp


@given(DATES, st.integers(0, 364))
def test_a_stamp_does_not_move_before_its_day(made: date, days: int) -> None:
    stamp = expiry_stamp(None, made)

    assert expiry_stamp(stamp, made + timedelta(days=days)) == stamp
