import pytest
from support.samples import API, build_role, build_server

from zdx_provider.keys.roles import (
    Role,
    RoleNotFoundError,
    find_role,
    parse_role_name,
    parse_roles,
    parse_service_id,
)

READ_ONLY = build_role("ZDX Read-only Admin")
SUPER = build_role("ZDX Super Admin")
DESK = build_role("ZDX Service Desk Tier 1")
OFFERED = [READ_ONLY, SUPER, DESK]

PREFIXES = ["Role:", "Role: ", "zs:config:zdx.zscalerbeta.net:8061240:config:18347:"]


def test_find_role_finds_a_role_by_its_portal_name() -> None:
    assert find_role("ZDX Super Admin", OFFERED) is SUPER


def test_find_role_ignores_case_if_the_match_is_unique() -> None:
    assert find_role("zdx READ-Only Admin", OFFERED) is READ_ONLY


def test_find_role_prefers_the_exact_case() -> None:
    other_case = build_role("zdx super admin")

    assert find_role("ZDX Super Admin", [other_case, SUPER]) is SUPER


@pytest.mark.parametrize("prefix", PREFIXES)
def test_find_role_ignores_a_prefix_of_the_declared_name(prefix: str) -> None:
    assert find_role(f"{prefix}ZDX Super Admin", OFFERED) is SUPER


@pytest.mark.parametrize("prefix", PREFIXES)
def test_find_role_ignores_a_prefix_of_the_offered_name(prefix: str) -> None:
    offered = parse_roles([build_server(f"{prefix}ZDX Super Admin", f"{prefix}ZDX_Admin_Role")])

    assert find_role("ZDX Super Admin", offered).name == "ZDX Super Admin"


@pytest.mark.parametrize("declared", PREFIXES)
@pytest.mark.parametrize("offered", PREFIXES)
def test_find_role_ignores_different_prefixes_on_both_sides(declared: str, offered: str) -> None:
    roles = parse_roles([build_server(f"{offered}ZDX Super Admin")])

    assert find_role(f"{declared}ZDX Super Admin", roles) == roles[0]


@pytest.mark.parametrize("name", ["Roles: all", "role:Admin", "zs:config:Admin"])
def test_parse_role_name_keeps_a_name_that_resembles_a_prefix(name: str) -> None:
    assert parse_role_name(name) == name


def test_find_role_finds_a_role_by_its_id() -> None:
    assert find_role(SUPER.id, OFFERED) is SUPER


def test_find_role_prefers_an_id_to_a_name() -> None:
    named_as_an_id = build_role(SUPER.id, "zdx::other")

    assert find_role(SUPER.id, [named_as_an_id, SUPER]) is SUPER


def test_find_role_matches_an_id_case_sensitively() -> None:
    with pytest.raises(RoleNotFoundError):
        find_role("ZDX::ABC", [build_role("ZDX Super Admin", "zdx::abc")])


def test_find_role_lists_the_most_similar_candidates_first() -> None:
    with pytest.raises(RoleNotFoundError) as refused:
        find_role("ZDX Read-Onyl Admin", OFFERED)

    names = "ZDX Read-only Admin, ZDX Super Admin, ZDX Service Desk Tier 1."
    assert 'no ZDX role is named "ZDX Read-Onyl Admin"' in str(refused.value)
    assert f"The tenant has: {names}" in str(refused.value)


def test_find_role_lists_roles_of_one_name_with_their_ids() -> None:
    twins = [build_role("ZDX Super Admin", "zdx::1"), build_role("ZDX Super Admin", "zdx::2")]

    with pytest.raises(RoleNotFoundError) as refused:
        find_role("ZDX Super Admin", [*twins, READ_ONLY])

    ids = 'zdx::1 ("ZDX Super Admin"), zdx::2 ("ZDX Super Admin")'
    assert f"Declare one by its role ID: {ids}." in str(refused.value)
    assert READ_ONLY.id not in str(refused.value)


def test_find_role_lists_roles_that_differ_only_in_case_with_their_ids() -> None:
    with pytest.raises(RoleNotFoundError) as refused:
        find_role(
            "ZDX ADMIN", [build_role("ZDX Admin", "zdx::1"), build_role("zdx admin", "zdx::2")]
        )

    assert 'zdx::1 ("ZDX Admin"), zdx::2 ("zdx admin")' in str(refused.value)


def test_find_role_in_a_tenant_without_zdx_roles_says_what_is_needed() -> None:
    with pytest.raises(RoleNotFoundError, match="this tenant has no ZDX role") as refused:
        find_role("ZDX Super Admin", [])

    assert "needs a ZDX subscription" in str(refused.value)


def test_parse_roles_returns_only_scopes_of_zdx() -> None:
    servers = [
        build_server("Role:Super Admin", service="ZIA"),
        build_server("Role:ZDX Super Admin"),
    ]

    assert parse_roles(servers) == [Role("zdx::0", "ZDX Super Admin", API)]


def test_parse_service_id_returns_the_first_part_of_a_scope_id() -> None:
    assert parse_service_id("hhlm4bhlrg7io:mplm4biidg7jg:hplm4bij007jo") == "hhlm4bhlrg7io"
