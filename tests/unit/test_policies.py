"""The policy pack's rules, without Pulumi."""

import pytest
from support.samples import build_role

from policies.rules import find_name_problem, find_role_problem, find_rotation_problem
from zdx_emulator.testing import scope_id
from zdx_provider.keys.roles import find_role

SUPER = build_role("ZDX Super Admin")
SUPER_ID = scope_id("ZDX Super Admin")


def problem_of_role(role: str, *allowed_ids: str) -> str | None:
    return find_role_problem(role, restricted=["ZDX Super Admin"], allowed_ids=allowed_ids)


@pytest.mark.parametrize(
    "spelling",
    [
        "ZDX Super Admin",
        "zdx SUPER admin",
        "Role:ZDX Super Admin",
        "Role: zdx super admin",
        "zs:config:zdx.zscalerbeta.net:8061240:config:18347:ZDX Super Admin",
    ],
)
def test_a_restricted_role_is_known_in_every_spelling_that_the_provider_takes(
    spelling: str,
) -> None:
    assert find_role(spelling, [SUPER]) is SUPER

    assert str(problem_of_role(spelling)).startswith('Its role is "ZDX Super Admin".')


@pytest.mark.parametrize(
    "role", ["ZDX Read-only Admin", "ZDX Super Admin Reports", "Reports: EMEA", "Role:Ops::EMEA 2"]
)
def test_any_other_role_is_free(role: str) -> None:
    assert problem_of_role(role) is None


def test_a_prefix_in_the_config_is_matched_off_too() -> None:
    assert find_role_problem("zdx super admin", restricted=["Role:ZDX Super Admin"], allowed_ids=[])


def test_an_id_is_refused_as_it_hides_the_roles_name() -> None:
    assert "declared by an ID" in str(problem_of_role(SUPER_ID))


def test_an_id_that_is_known_to_be_another_role_is_free() -> None:
    assert problem_of_role(SUPER_ID, SUPER_ID) is None


def test_an_id_can_be_restricted() -> None:
    found = find_role_problem(SUPER_ID, restricted=[SUPER_ID], allowed_ids=[SUPER_ID])

    assert str(found).startswith(f'Its role is "{SUPER_ID}".')


def test_a_key_without_rotation_is_shown_the_longest_lifetime() -> None:
    found = find_rotation_problem(None, longest_days=90.0)

    assert (
        found
        == "It declares no rotation. Declare a rotation with a secret lifetime of at most 90 days."
    )


@pytest.mark.parametrize("days", [30.0, 90.0])
def test_a_secret_may_live_as_long_as_the_config_says(days: float) -> None:
    assert find_rotation_problem(days, longest_days=90) is None


def test_a_secret_may_not_live_a_day_longer() -> None:
    assert "too long" in str(find_rotation_problem(91, longest_days=90))


def test_a_name_that_matches_the_pattern_is_free() -> None:
    assert find_name_problem("team-ci", pattern="team-[a-z]+") is None


@pytest.mark.parametrize("name", ["team-ci\n", "team-ci 2", "my team-ci"])
def test_a_name_must_match_the_pattern_from_end_to_end(name: str) -> None:
    assert "does not match team-[a-z]+." in str(find_name_problem(name, pattern="team-[a-z]+"))


def test_a_pattern_that_is_no_regular_expression_is_named() -> None:
    with pytest.raises(ValueError, match='"pattern" of name-pattern is not a regular expression'):
        find_name_problem("ci", pattern="(")


def test_no_problem_quotes_an_input() -> None:
    found = find_name_problem("Planted", pattern="[a-z]+"), problem_of_role("role:for:Planted")

    assert all(found)
    assert "Planted" not in "".join(map(str, found))
