"""The policy pack's rules, without Pulumi."""

import pytest
from support.samples import build_role

from policies.rules import (
    find_name_problem,
    find_role_problem,
    find_rotation_problem,
    find_secret_problem,
    has_secret_in_state,
)
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
def test_role_policy_finds_a_restricted_role_in_every_spelling(
    spelling: str,
) -> None:
    assert find_role(spelling, [SUPER]) is SUPER

    assert str(problem_of_role(spelling)).startswith('Its role is "ZDX Super Admin".')


@pytest.mark.parametrize(
    "role", ["ZDX Read-only Admin", "ZDX Super Admin Reports", "Reports: EMEA", "Role:Ops::EMEA 2"]
)
def test_role_policy_allows_any_other_role(role: str) -> None:
    assert problem_of_role(role) is None


def test_role_policy_ignores_a_prefix_in_its_config() -> None:
    assert find_role_problem("zdx super admin", restricted=["Role:ZDX Super Admin"], allowed_ids=[])


def test_role_policy_refuses_an_id() -> None:
    assert "declared by an ID" in str(problem_of_role(SUPER_ID))


def test_role_policy_allows_an_id_in_its_allowed_ids() -> None:
    assert problem_of_role(SUPER_ID, SUPER_ID) is None


def test_role_policy_can_restrict_an_id() -> None:
    found = find_role_problem(SUPER_ID, restricted=[SUPER_ID], allowed_ids=[SUPER_ID])

    assert str(found).startswith(f'Its role is "{SUPER_ID}".')


def test_rotation_policy_names_the_longest_lifetime_without_a_rotation() -> None:
    found = find_rotation_problem(None, longest_days=90.0)

    assert (
        found
        == "It declares no rotation. Declare a rotation with a secret lifetime of at most 90 days."
    )


@pytest.mark.parametrize("days", [30.0, 90.0])
def test_rotation_policy_allows_the_longest_lifetime(days: float) -> None:
    assert find_rotation_problem(days, longest_days=90) is None


def test_rotation_policy_refuses_one_day_more_than_the_longest_lifetime() -> None:
    assert "too long" in str(find_rotation_problem(91, longest_days=90))


def test_secret_policy_refuses_a_key_with_a_secret() -> None:
    found = find_secret_problem("ZDX Super Admin", has_secret=True, allowed_roles=["Other"])

    assert str(found).startswith("Its secret is in the state.")


@pytest.mark.parametrize(
    ("role", "has_secret"), [("ZDX Super Admin", False), ("Role:zdx read-only ADMIN", True)]
)
def test_secret_policy_allows_other_keys_and_roles(role: str, *, has_secret: bool) -> None:
    allowed = ["ZDX Read-only Admin"]

    assert find_secret_problem(role, has_secret=has_secret, allowed_roles=allowed) is None


@pytest.mark.parametrize(
    ("props", "has_secret"),
    [
        ({"authentication": {"jwks_url": "https://acme.com"}, "key_secret": "fake"}, True),
        ({"authentication": {"jwks_url": "https://acme.com"}, "secret_id": "7q2v"}, True),
        ({"authentication": {"jwks_url": "https://acme.com"}, "key_secret": None}, False),
        ({}, False),
    ],
)
def test_secret_policy_finds_a_secret_that_the_state_still_has(
    props: dict[str, object], *, has_secret: bool
) -> None:
    assert has_secret_in_state(props) is has_secret


def test_name_policy_allows_a_name_that_matches_the_pattern() -> None:
    assert find_name_problem("team-ci", pattern="team-[a-z]+") is None


@pytest.mark.parametrize("name", ["team-ci\n", "team-ci 2", "my team-ci"])
def test_name_policy_matches_the_whole_name(name: str) -> None:
    assert "does not match team-[a-z]+." in str(find_name_problem(name, pattern="team-[a-z]+"))


def test_name_policy_refuses_an_invalid_pattern() -> None:
    with pytest.raises(ValueError, match='"pattern" of name-pattern is not a regular expression'):
        find_name_problem("ci", pattern="(")


def test_policy_message_quotes_no_input() -> None:
    found = (
        find_name_problem("Planted", pattern="[a-z]+"),
        problem_of_role("role:for:Planted"),
        find_secret_problem("Planted", has_secret=True, allowed_roles=[]),
    )

    assert all(found)
    assert "Planted" not in "".join(map(str, found))
