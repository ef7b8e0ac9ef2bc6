from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zdx_provider.keys.rotation import (
    MISSING,
    Rotation,
    compute_expiry_date,
    compute_revoke_date,
    find_changed_triggers,
    find_rotation_reason,
)

TODAY = date(2026, 3, 1)
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1))
STAMPS = st.just(MISSING) | DATES.map(date.isoformat)
TRIGGERS = st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))


def build_rotation(
    lifetime: int,
    window: int | None = None,
    overlap: int = 7,
    triggers: dict[str, str] | None = None,
) -> Rotation:
    return Rotation(
        secret_lifetime_days=lifetime,
        rotate_before_expiry_days=window,
        keep_previous_days=overlap,
        triggers=triggers,
    )


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    lifetime = draw(st.integers(30, 365))
    window = draw(st.none() | st.integers(1, lifetime - 1))
    triggers = draw(TRIGGERS)
    shortest = Rotation(
        secret_lifetime_days=lifetime,
        rotate_before_expiry_days=window,
        keep_previous_days=0,
        triggers=triggers,
    )
    longest = min(shortest.window_days - 1, lifetime - shortest.window_days)
    overlap = draw(st.integers(0, longest))
    return Rotation(
        secret_lifetime_days=lifetime,
        rotate_before_expiry_days=window,
        keep_previous_days=overlap,
        triggers=triggers,
    )


PLANS = st.none() | rotations()


def in_days(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def test_a_new_key_ends_after_its_lifetime() -> None:
    assert compute_expiry_date(None, TODAY, build_rotation(90), None) == in_days(90)
    assert compute_expiry_date(None, TODAY, None, None) == in_days(365)


@pytest.mark.parametrize(
    ("lifetime", "window"), [(30, 10), (60, 20), (90, 30), (91, 30), (365, 30)]
)
def test_the_window_is_a_third_of_the_lifetime_and_thirty_days_at_most(
    lifetime: int, window: int
) -> None:
    assert build_rotation(lifetime).window_days == window


def test_a_trigger_that_stays_as_it_is_leaves_the_stamp_where_it_is() -> None:
    declared = build_rotation(90, triggers={"incident": "7"})

    assert compute_expiry_date(in_days(80), TODAY, declared, declared) == in_days(80)


def test_a_secret_inside_its_window_is_due_and_one_before_it_is_not() -> None:
    rotation = build_rotation(90, 14)

    assert find_rotation_reason(in_days(15), TODAY, rotation, rotation) is None
    assert find_rotation_reason(in_days(14), TODAY, rotation, rotation) == (
        f"its secret expires on {in_days(14)}, within 14 days"
    )


def test_a_changed_trigger_and_an_added_one_are_due_and_a_removed_one_is_not() -> None:
    one, other = Rotation(triggers={"a": "1"}), Rotation(triggers={"a": "2"})
    both = Rotation(triggers={"a": "1", "b": "1"})

    assert find_rotation_reason(in_days(365), TODAY, other, one) == "its trigger a changed"
    assert find_rotation_reason(in_days(365), TODAY, both, one) == "its trigger b changed"
    assert find_rotation_reason(in_days(365), TODAY, one, both) is None
    assert find_rotation_reason(in_days(365), TODAY, one, None) == "its trigger a changed"


def test_a_lifetime_shortened_below_what_is_left_is_due() -> None:
    assert find_rotation_reason(in_days(61), TODAY, build_rotation(60), build_rotation(90)) == (
        f"its secret expires on {in_days(61)}, more than 60 days from now"
    )
    assert find_rotation_reason(in_days(60), TODAY, build_rotation(60), build_rotation(90)) is None


@pytest.mark.parametrize("plan", [None, build_rotation(90)])
def test_a_secret_that_is_missing_or_has_ended_is_due_with_and_without_rotation(
    plan: Rotation | None,
) -> None:
    assert (
        find_rotation_reason(MISSING, TODAY, plan, plan)
        == "its secret no longer exists in the tenant"
    )
    assert find_rotation_reason(in_days(0), TODAY, plan, plan) == f"its secret expired on {TODAY}"


@given(st.integers(1, 400), PLANS)
def test_without_rotation_a_living_secret_is_never_due(days: int, before: Rotation | None) -> None:
    assert find_rotation_reason(in_days(days), TODAY, None, before) is None


def test_a_rotation_sets_the_day_on_which_the_previous_secret_is_revoked() -> None:
    early = TODAY - timedelta(days=3)

    for before in (None, early):
        after = compute_revoke_date(before, TODAY, build_rotation(90), is_rotated=True)
        assert after == in_days(7)


def test_the_day_of_a_revoke_stays_until_it_has_come() -> None:
    tomorrow = TODAY + timedelta(days=1)

    assert compute_revoke_date(tomorrow, TODAY, None, is_rotated=False) == in_days(1)
    assert compute_revoke_date(TODAY, TODAY, None, is_rotated=False) is None
    assert compute_revoke_date(None, TODAY, None, is_rotated=False) is None


@given(STAMPS, DATES, PLANS, PLANS)
def test_a_stamp_moves_exactly_when_the_secret_is_due_or_stays_on_its_day(
    stamp: str, today: date, declared: Rotation | None, before: Rotation | None
) -> None:
    after = compute_expiry_date(stamp, today, declared, before)

    if find_rotation_reason(stamp, today, declared, before) is None:
        assert after == stamp
    else:
        lifetime = (declared or Rotation()).lifetime
        assert after == (today + lifetime).isoformat()


@given(st.none() | STAMPS, DATES, PLANS, PLANS)
def test_one_reason_is_one_rotation(
    stamp: str | None, today: date, declared: Rotation | None, before: Rotation | None
) -> None:
    after = compute_expiry_date(stamp, today, declared, before)

    assert find_rotation_reason(after, today, declared, declared) is None
    assert find_changed_triggers(declared, declared) == []


@given(rotations())
def test_a_plan_that_works_is_no_contradiction(rotation: Rotation) -> None:
    assert rotation.find_contradictions() == {}


WINDOW, OVERLAP = "rotate_before_expiry_days", "keep_previous_days"
LESS_THAN_30 = "must be less than secret_lifetime_days, which is 30"
LESS_THAN_7 = (
    "must be less than rotate_before_expiry_days, which is 7: the previous secret expires by then"
)


@pytest.mark.parametrize(
    ("rotation", "found"),
    [
        (build_rotation(30, 30, 7), {WINDOW: LESS_THAN_30}),
        (build_rotation(90, 7, 7), {OVERLAP: LESS_THAN_7}),
        (
            build_rotation(30, 24, 7),
            {
                OVERLAP: "must be at most 6, which is secret_lifetime_days minus "
                "rotate_before_expiry_days: the next rotation needs the secret slot"
            },
        ),
        (
            build_rotation(30, 30, 30),
            {WINDOW: LESS_THAN_30, OVERLAP: LESS_THAN_7.replace("7", "30")},
        ),
    ],
)
def test_a_plan_that_cannot_be_meant_is_named_at_its_members(
    rotation: Rotation, found: dict[str, str]
) -> None:
    assert rotation.find_contradictions() == found


@pytest.mark.parametrize(
    ("unusable", "found"),
    [
        ({"secret_lifetime_days"}, {OVERLAP}),
        ({WINDOW}, set()),
        ({OVERLAP}, {WINDOW}),
    ],
)
def test_a_member_that_is_unknown_contradicts_none(unusable: set[str], found: set[str]) -> None:
    assert build_rotation(30, 30, 30).find_contradictions(unusable).keys() == found


def test_a_default_window_of_an_unknown_lifetime_contradicts_none() -> None:
    assert build_rotation(30, None, 30).find_contradictions({"secret_lifetime_days"}) == {}
