"""API clients: the rules of the vendor's help pages and recordings."""

import json
from typing import Any

import httpx
import pytest

from zdx_emulator.testing import API_CLIENTS, RESOURCE_SERVERS, RunningEmulator, scope_id

ZSCALER_APIS = "jhlm4bhr7g7j2"
ZPA_SCOPE = "hhlm4bhlrg7io:mplm4biidg7jg:hplm4bij007jo"


def _resources(*scope_ids: str) -> list[dict[str, Any]]:
    return [{"id": ZSCALER_APIS, "selectedScopes": [{"id": each} for each in scope_ids]}]


def _is_invalid(answer: httpx.Response, member: str) -> bool:
    return answer.status_code == 400 and f"Invalid Input for {member}" in answer.json()["detail"]


def test_create_returns_an_id_and_the_names_of_the_scopes(
    api: httpx.Client, body: dict[str, Any]
) -> None:
    client = api.post(API_CLIENTS, json=body).json()

    (resource,) = client["clientResources"]
    assert len(client["id"]) == 13
    assert resource["name"] == "Zscaler APIs"
    assert resource["defaultApi"] is True
    assert resource["selectedScopes"] == [
        {"id": "hhlm4bhmbg7ir::hplm4bko807ji", "name": "Role:ZDX Read-only Admin"}
    ]


def test_create_accepts_a_name_that_exists(api: httpx.Client, body: dict[str, Any]) -> None:
    first, second = (api.post(API_CLIENTS, json=body).json()["id"] for _ in range(2))

    assert first != second


def test_create_accepts_one_scope_of_each_of_several_services(
    api: httpx.Client, body: dict[str, Any]
) -> None:
    scopes = [scope_id("ZDX Super Admin"), scope_id("Super Admin", "ZIAM"), ZPA_SCOPE]

    client = api.post(API_CLIENTS, json=body | {"clientResources": _resources(*scopes)}).json()

    assert [each["id"] for each in client["clientResources"][0]["selectedScopes"]] == scopes


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param(
            _resources(scope_id("ZDX Super Admin"), scope_id("ZDX Read-only Admin")),
            id="two scopes of one service",
        ),
        pytest.param(_resources("hplm4bko807ji"), id="a split scope id"),
        pytest.param(_resources("hhlm4bhmbg7ir::unknown"), id="an unknown scope"),
        pytest.param([{"id": "unknown", "selectedScopes": []}], id="an unknown resource"),
        pytest.param(
            [{"id": ZSCALER_APIS, "selectedScopes": [{"name": "Role:ZDX Super Admin"}]}],
            id="a scope without its id",
        ),
        pytest.param([{"id": ZSCALER_APIS}], id="no scopes at all"),
        pytest.param("everything", id="no list"),
    ],
)
def test_create_refuses_invalid_resources(
    resources: Any, api: httpx.Client, body: dict[str, Any]
) -> None:
    answer = api.post(API_CLIENTS, json=body | {"clientResources": resources})

    assert _is_invalid(answer, "clientResources")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("accessTokenLifeTime", 59),
        ("accessTokenLifeTime", 86_401),
        ("accessTokenLifeTime", "3600"),
        ("name", ""),
        ("name", None),
        ("status", "true"),
        ("clientAuthentication", {"authType": "PASSWORD"}),
        ("clientAuthentication", {}),
    ],
)
def test_create_refuses_an_invalid_member_and_names_it(
    member: str, value: Any, api: httpx.Client, body: dict[str, Any]
) -> None:
    assert _is_invalid(api.post(API_CLIENTS, json=body | {member: value}), member)


@pytest.mark.parametrize(("member", "limit"), [("name", 128), ("description", 256)])
def test_text_longer_than_published_is_refused_and_named(
    member: str, limit: int, api: httpx.Client, body: dict[str, Any]
) -> None:
    longest, too_long = (body | {member: "é" * length} for length in (limit, limit + 1))

    client = api.post(API_CLIENTS, json=longest).json()

    assert client[member] == longest[member]
    assert _is_invalid(api.post(API_CLIENTS, json=too_long), member)
    assert _is_invalid(api.put(f"{API_CLIENTS}/{client['id']}", json=too_long), member)
    assert api.get(f"{API_CLIENTS}/{client['id']}").json() == client


@pytest.mark.parametrize("seconds", [60, 86_400])
def test_create_accepts_a_token_lifetime_of_a_minute_to_a_day(
    seconds: int, api: httpx.Client, body: dict[str, Any]
) -> None:
    answer = api.post(API_CLIENTS, json=body | {"accessTokenLifeTime": seconds})

    assert answer.json()["accessTokenLifeTime"] == seconds


def test_create_that_is_refused_creates_nothing(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    api.post(API_CLIENTS, json=body | {"clientResources": _resources("unknown")})

    assert tenant.clients() == []


def test_create_refuses_a_body_that_is_not_json(api: httpx.Client) -> None:
    answer = api.post(API_CLIENTS, content=b"{", headers={"Content-Type": "application/json"})

    assert _is_invalid(answer, "request body")


@pytest.mark.parametrize("value", [r'"\ud800"', "[" * 900 + "]" * 900], ids=["surrogate", "nest"])
def test_create_refuses_a_body_that_cannot_be_stored(
    value: str, api: httpx.Client, body: dict[str, Any]
) -> None:
    content = json.dumps(body | {"future": 1}).replace('"future": 1', f'"future": {value}')

    answer = api.post(API_CLIENTS, content=content, headers={"Content-Type": "application/json"})

    assert _is_invalid(answer, "request body")


def test_put_replaces_the_whole_client(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    client = tenant.create_client("before", description="gone", status=False, futureField=1)

    answer = api.put(f"{API_CLIENTS}/{client.id}", json=body)

    replaced = api.get(f"{API_CLIENTS}/{client.id}").json()
    assert answer.json() == replaced
    assert replaced["id"] == client.id
    assert (replaced["name"], replaced["description"], replaced["status"]) == ("ci", "", True)
    assert "futureField" not in replaced


def test_put_of_the_response_of_a_get_changes_nothing(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    future: dict[str, Any] = {
        "futureField": {"kept": [1, 2]},
        "clientAuthentication": {"authType": "SECRET", "futureMode": "strict"},
    }
    path = f"{API_CLIENTS}/{tenant.create_client('ci', **future).id}"

    before = api.get(path).json()
    api.put(path, json=before)

    assert api.get(path).json() == before
    assert before["futureField"] == {"kept": [1, 2]}
    assert before["clientAuthentication"]["futureMode"] == "strict"


def test_create_and_put_ignore_an_id_in_the_body(api: httpx.Client, body: dict[str, Any]) -> None:
    client = api.post(API_CLIENTS, json=body | {"id": "chosen"}).json()
    changed = api.put(f"{API_CLIENTS}/{client['id']}", json=body | {"id": "chosen"}).json()

    assert client["id"] == changed["id"] != "chosen"


def test_put_that_is_refused_changes_nothing(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    client = tenant.create_client("before")

    answer = api.put(
        f"{API_CLIENTS}/{client.id}", json=body | {"clientResources": _resources("unknown")}
    )

    assert _is_invalid(answer, "clientResources")
    assert tenant.client(client.id) == client


def test_delete_removes_the_client_with_its_secrets_and_tokens(
    tenant: RunningEmulator, api: httpx.Client, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id).value
    bearer = {"Authorization": f"Bearer {tenant.token_for(client.id, secret)}"}
    path = f"{API_CLIENTS}/{client.id}"

    answer = api.delete(path)

    assert answer.status_code == 204
    assert answer.content == b""
    assert api.get(path).status_code == 404
    assert api.get(f"{path}/secrets").status_code == 404
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_request_for_an_unknown_client_returns_404(
    method: str, api: httpx.Client, body: dict[str, Any]
) -> None:
    answer = api.request(method, f"{API_CLIENTS}/unknown", json=body)

    assert answer.status_code == 404
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "API client not found",
    }


def test_list_resource_servers_returns_the_five_zdx_roles(api: httpx.Client) -> None:
    (server,) = api.get(RESOURCE_SERVERS).json()["records"]

    (zdx,) = [each for each in server["serviceScopes"] if each["service"]["name"] == "ZDX"]
    assert (server["primaryAud"], server["defaultApi"]) == ("https://api.zscaler.com", True)
    assert [scope["name"] for scope in zdx["scopes"]] == [
        "Role:API_Role_READONLY",
        "Role:ZDX_Admin_Role",
        "Role:ZDX Read-only Admin",
        "Role:ZDX Service Desk Tier 1",
        "Role:ZDX Super Admin",
    ]


def test_get_of_an_unknown_resource_server_returns_404(api: httpx.Client) -> None:
    assert api.get(f"{RESOURCE_SERVERS}/unknown").status_code == 404
