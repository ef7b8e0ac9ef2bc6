from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zdx_provider.domain.rotation import MISSING, Rotation, changed_triggers, due, next_stamp

TODAY = date(2026, 3, 1)
A_YEAR_ON = "2027-03-01"
YEARLY = Rotation()
MONTHLY = Rotation(30, keep_previous_days=2)

DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))
STAMPS = st.just(MISSING) | DATES.map(date.isoformat)
ROTATIONS = st.builds(
    Rotation,
    st.integers(30, 365),
    st.none() | st.integers(1, 364),
    st.integers(0, 364),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 1)),
).filter(lambda rotation: rotation.contradiction() is None)


def in_days(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("declared", "days"), [(None, 365), (YEARLY, 365), (MONTHLY, 30), (Rotation(90), 90)]
)
def test_a_new_keys_secret_ends_after_its_lifetime(declared: Rotation | None, days: int) -> None:
    assert next_stamp(None, TODAY, declared, None) == in_days(days)


def test_without_rotation_a_date_that_lies_ahead_is_kept() -> None:
    assert next_stamp(in_days(1), TODAY, None, None) == in_days(1)


@pytest.mark.parametrize("stamp", [MISSING, in_days(0), in_days(-1)])
@pytest.mark.parametrize("declared", [None, YEARLY])
def test_a_secret_that_is_missing_or_has_ended_is_due(
    stamp: str, declared: Rotation | None
) -> None:
    assert due(stamp, TODAY, declared, declared)
    assert next_stamp(stamp, TODAY, declared, declared) == A_YEAR_ON


@pytest.mark.parametrize(
    ("lifetime", "before_expiry", "window"),
    [(365, None, 30), (90, None, 30), (89, None, 29), (30, None, 10), (365, 100, 100), (30, 1, 1)],
)
def test_the_window_is_what_is_declared_or_a_third_of_the_lifetime_at_most_a_month(
    lifetime: int, before_expiry: int | None, window: int
) -> None:
    assert Rotation(lifetime, before_expiry, 0).window_days == window


def test_a_secret_is_due_from_the_first_day_of_the_window() -> None:
    assert due(in_days(31), TODAY, YEARLY, YEARLY) is None
    assert due(in_days(30), TODAY, YEARLY, YEARLY) == (
        "its secret ends on 2026-03-31, within 30 days"
    )


def test_a_secret_that_would_outlive_a_shortened_lifetime_is_due() -> None:
    shortened = Rotation(90)

    assert due(in_days(90), TODAY, shortened, YEARLY) is None
    assert due(in_days(91), TODAY, shortened, YEARLY) == (
        "its secret would live until 2026-05-31, beyond 90 days"
    )


def test_a_lengthened_lifetime_makes_nothing_due() -> None:
    assert due(in_days(60), TODAY, YEARLY, Rotation(90)) is None


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({}, {"b": 1, "a": 1}, ["a", "b"]),
        ({"a": 1, "b": 1}, {"a": 1}, []),
    ],
)
def test_a_trigger_that_is_new_or_has_another_value_makes_a_secret_due(
    before: dict[str, object], now: dict[str, object], changed: list[str]
) -> None:
    declared, known = Rotation(triggers=now), Rotation(triggers=before)

    assert changed_triggers(declared, known) == changed
    assert bool(due(in_days(200), TODAY, declared, known)) == bool(changed)


def test_the_first_triggers_of_a_key_make_its_secret_due() -> None:
    assert changed_triggers(Rotation(triggers={"a": 1}), None) == ["a"]


def test_declaring_rotation_for_a_young_secret_makes_nothing_due() -> None:
    assert due(in_days(300), TODAY, YEARLY, None) is None


@pytest.mark.parametrize(
    "rotation",
    [
        Rotation(30, rotate_before_expiry_days=30, keep_previous_days=0),
        Rotation(30, rotate_before_expiry_days=7, keep_previous_days=7),
        Rotation(365, keep_previous_days=30),
    ],
)
def test_a_plan_that_cannot_work_is_a_contradiction(rotation: Rotation) -> None:
    assert rotation.contradiction()


@pytest.mark.parametrize(
    "rotation", [YEARLY, MONTHLY, Rotation(30), Rotation(365, 364, 363), Rotation(30, 1, 0)]
)
def test_a_plan_that_works_is_none(rotation: Rotation) -> None:
    assert rotation.contradiction() is None


@given(st.none() | STAMPS, DATES, st.none() | ROTATIONS, st.none() | ROTATIONS)
def test_a_stamp_lies_ahead_and_stays_for_the_rest_of_its_day(
    stamp: str | None, today: date, declared: Rotation | None, before: Rotation | None
) -> None:
    after = next_stamp(stamp, today, declared, before)

    assert date.fromisoformat(after) > today
    assert next_stamp(after, today, declared, declared) == after


@given(STAMPS, DATES, st.none() | ROTATIONS)
def test_a_secret_is_never_alive_for_longer_than_declared(
    stamp: str, today: date, declared: Rotation | None
) -> None:
    ends = date.fromisoformat(next_stamp(stamp, today, declared, declared))

    assert declared is None or ends - today <= declared.lifetime


@given(DATES, ROTATIONS, st.integers(0, 800))
def test_a_secret_is_due_on_the_first_day_of_its_window_and_not_before(
    made: date, rotation: Rotation, days: int
) -> None:
    stamp = next_stamp(None, made, rotation, None)
    today = made + timedelta(days=days)

    reason = due(stamp, today, rotation, rotation)

    early = today < date.fromisoformat(stamp) - timedelta(days=rotation.window_days)
    assert (reason is None) == early
