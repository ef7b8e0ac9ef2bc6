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
EXPIRY_DATES = st.just(MISSING) | DATES.map(date.isoformat)
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


ROTATIONS = st.none() | rotations()


def in_days(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def test_expiry_date_of_a_new_key_follows_from_its_lifetime() -> None:
    assert compute_expiry_date(None, TODAY, build_rotation(90), None) == in_days(90)
    assert compute_expiry_date(None, TODAY, None, None) == in_days(365)


@pytest.mark.parametrize(
    ("lifetime", "window"), [(30, 10), (60, 20), (90, 30), (91, 30), (365, 30)]
)
def test_rotation_window_is_a_third_of_the_lifetime_up_to_30_days(
    lifetime: int, window: int
) -> None:
    assert build_rotation(lifetime).window_days == window


def test_overlap_is_a_week_unless_it_is_declared() -> None:
    assert Rotation().compute_overlap_end(TODAY).isoformat() == in_days(7)
    assert Rotation(keep_previous_days=0).compute_overlap_end(TODAY) == TODAY


def test_expiry_date_stays_if_the_trigger_is_unchanged() -> None:
    declared = build_rotation(90, triggers={"incident": "7"})

    assert compute_expiry_date(in_days(80), TODAY, declared, declared) == in_days(80)


def test_rotation_is_due_only_inside_its_window() -> None:
    rotation = build_rotation(90, 14)

    assert find_rotation_reason(in_days(15), TODAY, rotation, rotation) is None
    assert find_rotation_reason(in_days(14), TODAY, rotation, rotation) == (
        f"its secret expires on {in_days(14)}, within 14 days"
    )


def test_rotation_is_due_for_a_changed_or_added_trigger_only() -> None:
    one, other = Rotation(triggers={"a": "1"}), Rotation(triggers={"a": "2"})
    both = Rotation(triggers={"a": "1", "b": "1"})

    assert find_rotation_reason(in_days(365), TODAY, other, one) == "its trigger a changed"
    assert find_rotation_reason(in_days(365), TODAY, both, one) == "its trigger b changed"
    assert find_rotation_reason(in_days(365), TODAY, one, both) is None
    assert find_rotation_reason(in_days(365), TODAY, one, None) == "its trigger a changed"


def test_rotation_is_due_if_the_lifetime_becomes_too_short() -> None:
    assert find_rotation_reason(in_days(61), TODAY, build_rotation(60), build_rotation(90)) == (
        f"its secret expires on {in_days(61)}, more than 60 days from now"
    )
    assert find_rotation_reason(in_days(60), TODAY, build_rotation(60), build_rotation(90)) is None


@pytest.mark.parametrize("declared", [None, build_rotation(90)])
def test_rotation_is_due_for_a_missing_or_expired_secret(
    declared: Rotation | None,
) -> None:
    assert (
        find_rotation_reason(MISSING, TODAY, declared, declared)
        == "its secret no longer exists in the tenant"
    )
    assert (
        find_rotation_reason(in_days(0), TODAY, declared, declared)
        == f"its secret expired on {TODAY}"
    )


@given(st.integers(1, 400), ROTATIONS)
def test_rotation_is_never_due_for_a_valid_secret_without_a_rotation(
    days: int, before: Rotation | None
) -> None:
    assert find_rotation_reason(in_days(days), TODAY, None, before) is None


def test_compute_revoke_date_is_the_end_of_the_overlap_after_a_rotation() -> None:
    early = TODAY - timedelta(days=3)

    for before in (None, early):
        after = compute_revoke_date(before, TODAY, build_rotation(90), is_rotated=True)
        assert after == in_days(7)


def test_compute_revoke_date_stays_until_it_is_due() -> None:
    tomorrow = TODAY + timedelta(days=1)

    assert compute_revoke_date(tomorrow, TODAY, None, is_rotated=False) == in_days(1)
    assert compute_revoke_date(TODAY, TODAY, None, is_rotated=False) is None
    assert compute_revoke_date(None, TODAY, None, is_rotated=False) is None


@given(EXPIRY_DATES, DATES, ROTATIONS, ROTATIONS)
def test_expiry_date_moves_only_if_a_rotation_is_due(
    expires_on: str, today: date, declared: Rotation | None, before: Rotation | None
) -> None:
    after = compute_expiry_date(expires_on, today, declared, before)

    if find_rotation_reason(expires_on, today, declared, before) is None:
        assert after == expires_on
    else:
        lifetime = (declared or Rotation()).lifetime
        assert after == (today + lifetime).isoformat()


@given(st.none() | EXPIRY_DATES, DATES, ROTATIONS, ROTATIONS)
def test_rotation_is_not_due_twice_for_one_reason(
    expires_on: str | None, today: date, declared: Rotation | None, before: Rotation | None
) -> None:
    after = compute_expiry_date(expires_on, today, declared, before)

    assert find_rotation_reason(after, today, declared, declared) is None
    assert find_changed_triggers(declared, declared) == []


@given(rotations())
def test_find_contradiction_accepts_valid_numbers_of_days(rotation: Rotation) -> None:
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
def test_find_contradictions_names_the_members(rotation: Rotation, found: dict[str, str]) -> None:
    assert rotation.find_contradictions() == found


@pytest.mark.parametrize(
    ("unusable", "found"),
    [
        ({"secret_lifetime_days"}, {OVERLAP}),
        ({WINDOW}, set()),
        ({OVERLAP}, {WINDOW}),
    ],
)
def test_find_contradictions_ignores_unknown_members(unusable: set[str], found: set[str]) -> None:
    assert build_rotation(30, 30, 30).find_contradictions(unusable).keys() == found


def test_find_contradictions_ignores_the_default_window_of_an_unknown_lifetime() -> None:
    assert build_rotation(30, None, 30).find_contradictions({"secret_lifetime_days"}) == {}
