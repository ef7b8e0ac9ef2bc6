"""What a token may do is what its client's roles allow."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zdx_emulator.testing import (
    API_CLIENTS,
    RESOURCE_SERVERS,
    RunningEmulator,
    scope_id,
)

ORGANIZATION = ["/zdx/v1/administration/departments", "/zdx/v1/administration/locations"]
APPLICATIONS = ["/zdx/v1/apps"]
DEVICES = ["/zdx/v1/devices", "/zdx/v1/devices/9001"]
ZDX = [*ORGANIZATION, *APPLICATIONS, *DEVICES]
ADMINISTRATION = [API_CLIENTS, RESOURCE_SERVERS]

READABLE = [
    ("ZDX", "ZDX Super Admin", ZDX),
    ("ZDX", "ZDX Read-only Admin", ZDX),
    ("ZDX", "API_Role_READONLY", ZDX),
    ("ZDX", "ZDX Service Desk Tier 1", [*APPLICATIONS, *DEVICES]),
    ("ZDX", "ZDX_Admin_Role", [*ORGANIZATION, *APPLICATIONS]),
    ("ZIAM", "Super Admin", ADMINISTRATION),
    ("ZIAM", "View Only Admin", ADMINISTRATION),
    ("ZIAM", "Users Admin", []),
    ("ZIA", "API_Role01", []),
    ("ZCC", "Super Admin", []),
]


@pytest.fixture
def holder_of(tenant: RunningEmulator) -> Callable[[str, str], dict[str, str]]:
    """Gives the header of a client that holds a role."""

    def holder_of(service: str, role: str) -> dict[str, str]:
        client = tenant.create_client("holder", role=role, service=service)
        token = tenant.token_for(client.id, tenant.add_secret(client.id).value)
        return {"Authorization": f"Bearer {token}"}

    return holder_of


@pytest.mark.parametrize(("service", "role", "readable"), READABLE)
def test_read_is_allowed_only_in_the_areas_of_the_role(
    service: str,
    role: str,
    readable: list[str],
    anonymous: httpx.Client,
    holder_of: Callable[[str, str], dict[str, str]],
) -> None:
    bearer = holder_of(service, role)

    answers = {path: anonymous.get(path, headers=bearer) for path in [*ZDX, *ADMINISTRATION]}

    assert [path for path, answer in answers.items() if answer.status_code == 200] == readable
    assert {answer.status_code for answer in answers.values()} == {200, 403} - (
        set() if readable else {200}
    )


def test_write_is_refused_for_a_view_only_admin(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    body: dict[str, Any],
    holder_of: Callable[[str, str], dict[str, str]],
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id)
    path = f"{API_CLIENTS}/{client.id}"
    expiry = {"expiresAt": secret.expires_at}
    bearer = holder_of("ZIAM", "View Only Admin")

    refused = [
        anonymous.post(API_CLIENTS, json=body, headers=bearer),
        anonymous.put(path, json=body, headers=bearer),
        anonymous.delete(path, headers=bearer),
        anonymous.post(f"{path}/secrets", json=expiry, headers=bearer),
        anonymous.delete(f"{path}/secrets/{secret.id}", headers=bearer),
    ]

    assert [answer.status_code for answer in refused] == [403] * 5
    assert tenant.client(client.id) == client
    assert [held.id for held in tenant.secrets(client.id)] == [secret.id]


def test_role_change_applies_to_the_next_request(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    holder_of: Callable[[str, str], dict[str, str]],
) -> None:
    bearer = holder_of("ZDX", "ZDX Service Desk Tier 1")
    scopes = [{"id": scope_id("ZDX Super Admin")}]
    resources = [{"id": "jhlm4bhr7g7j2", "selectedScopes": scopes}]
    before = anonymous.get(ORGANIZATION[0], headers=bearer)

    tenant.change_client(tenant.client_named("holder").id, clientResources=resources)

    assert before.status_code == 403
    assert anonymous.get(ORGANIZATION[0], headers=bearer).status_code == 200


@pytest.mark.parametrize("path", [*ZDX, *ADMINISTRATION, f"{API_CLIENTS}/any/secrets"])
@pytest.mark.parametrize("header", [None, "Bearer unknown", "Bearer", "Basic dTpw"])
def test_read_without_a_valid_token_returns_401(
    path: str, header: str | None, anonymous: httpx.Client
) -> None:
    answer = anonymous.get(path, headers={"Authorization": header} if header else {})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("member", ["departments", "locations"])
def test_list_filter_searches_names(
    member: str, anonymous: httpx.Client, holder_of: Callable[[str, str], dict[str, str]]
) -> None:
    bearer = holder_of("ZDX", "ZDX Super Admin")
    path = f"/zdx/v1/administration/{member}"
    every = anonymous.get(path, headers=bearer).json()

    found = anonymous.get(path, params={"q": every[1]["name"].upper()}, headers=bearer).json()

    assert found == [every[1]]


def test_get_of_an_unknown_device_returns_404(
    anonymous: httpx.Client, holder_of: Callable[[str, str], dict[str, str]]
) -> None:
    bearer = holder_of("ZDX", "ZDX Super Admin")

    assert anonymous.get("/zdx/v1/devices/1", headers=bearer).status_code == 404
