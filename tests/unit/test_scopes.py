from hypothesis import given
from hypothesis import strategies as st
from support.samples import API, build_role

from zdx_provider.keys.roles import build_resources, find_scopes, parse_service_id
from zdx_provider.zidentity import ApiClient, ApiResource, Scope

ROLE = build_role("ZDX Super Admin", "zdx::super")
SCOPE_IDS = st.sampled_from(["zdx::a", "zdx::super", "zia::a", "zpa:x:b", "zdxx::c", "ziam::d"])
RESOURCES = st.lists(
    st.builds(
        ApiResource,
        id=st.sampled_from([API, "api-2", "api-3"]),
        selected_scopes=st.lists(SCOPE_IDS.map(lambda i: Scope(id=i)), max_size=4).map(tuple),
    ),
    unique_by=lambda resource: resource.id,
)


def held(resources: tuple[ApiResource, ...] | list[ApiResource]) -> list[tuple[str, str]]:
    return [(resource.id, s.id) for resource in resources for s in resource.selected_scopes]


@given(RESOURCES)
def test_build_resources_keeps_every_scope_of_other_services(resources: list[ApiResource]) -> None:
    before = [pair for pair in held(resources) if parse_service_id(pair[1]) != "zdx"]
    after = [
        pair
        for pair in held(build_resources(resources, ROLE))
        if parse_service_id(pair[1]) != "zdx"
    ]

    assert after == before


@given(RESOURCES)
def test_build_resources_leaves_exactly_one_zdx_role(resources: list[ApiResource]) -> None:
    zdx = [
        pair
        for pair in held(build_resources(resources, ROLE))
        if parse_service_id(pair[1]) == "zdx"
    ]

    assert zdx == [(API, "zdx::super")]


@given(RESOURCES)
def test_build_resources_is_idempotent(resources: list[ApiResource]) -> None:
    once = build_resources(resources, ROLE)

    assert build_resources(once, ROLE) == once


def test_build_resources_adds_the_resource_of_the_role() -> None:
    assert build_resources((), ROLE) == (
        ApiResource(id=API, selected_scopes=(Scope(id="zdx::super"),)),
    )


def test_build_resources_keeps_unknown_fields() -> None:
    resource = ApiResource.model_validate({"id": API, "selectedScopes": [], "audience": "kept"})

    (granted,) = build_resources((resource,), ROLE)

    assert granted.model_dump(by_alias=True)["audience"] == "kept"


def test_find_scopes_searches_every_resource() -> None:
    client = ApiClient(
        id="key-1",
        name="ci",
        client_resources=(
            ApiResource(id=API, selected_scopes=(Scope(id="zdx::a"), Scope(id="zia::a"))),
            ApiResource(id="api-2", selected_scopes=(Scope(id="zdx::b"), Scope(id="zdxx::b"))),
        ),
    )

    assert [scope.id for scope in find_scopes(client, {"zdx"})] == ["zdx::a", "zdx::b"]
