"""The vendor's first Python SDK, `zscaler-sdk-python`, manages a key from create to delete.

It has no setting for either address: only those two are led to the tenant.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from zdx_emulator.testing import ADMIN_ID, ADMIN_SECRET, TOKEN, RunningEmulator, scope_id

ZSCALER_APIS = "jhlm4bhr7g7j2"
READ_ONLY = scope_id("ZDX Read-only Admin")
SERVICE_DESK = scope_id("ZDX Service Desk Tier 1")


@pytest.fixture
def sdk(tenant: RunningEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The SDK's client, authenticated as the admin client."""
    # Its import reads files below the home and the working folder.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZSCALER_SDK_LOG", "false")  # it sets this itself, and leaves it
    client = import_module("zscaler").ZscalerClient
    monkeypatch.setattr("zscaler.request_executor.RequestExecutor.BASE_URL", tenant.url)
    monkeypatch.setattr(
        "zscaler.oneapi_oauth_client.OAuth._get_auth_url", lambda *_: tenant.url + TOKEN
    )
    return client(
        {"clientId": ADMIN_ID, "clientSecret": ADMIN_SECRET, "vanityDomain": "example"}
    ).zid


def _members(name: str, scope: str) -> dict[str, Any]:
    return {
        "name": name,
        "status": True,
        "access_token_life_time": 3600,
        "client_authentication": {"auth_type": "SECRET"},
        "client_resources": [{"id": ZSCALER_APIS, "selected_scopes": [{"id": scope}]}],
    }


def _scope(client: Any) -> str:
    (resource,) = client.client_resources
    (scope,) = resource.selected_scopes
    return str(scope.id)


@pytest.fixture
def made(sdk: Any) -> Any:
    """A client as the SDK made it."""
    made, _, error = sdk.api_client.add_api_client(**_members("ci", READ_ONLY))
    assert error is None
    return made


def test_list_resource_servers_returns_the_zdx_roles(sdk: Any) -> None:
    servers, _, error = sdk.resource_servers.list_resource_servers()

    assert error is None
    scopes = [
        scope.id
        for server in servers.records
        for service in server.service_scopes
        for scope in service.scopes
    ]
    assert {READ_ONLY, SERVICE_DESK} <= set(scopes)


def test_create_adds_a_client_that_list_and_get_find(sdk: Any, made: Any) -> None:
    found, _, list_error = sdk.api_client.list_api_clients({"name[like]": "c"})
    fetched, _, error = sdk.api_client.get_api_client(made.id)

    assert (list_error, error) == (None, None)
    assert [client.id for client in found.records] == [made.id]
    assert (fetched.name, _scope(fetched)) == ("ci", READ_ONLY)


def test_update_changes_name_and_role(sdk: Any, made: Any, tenant: RunningEmulator) -> None:
    _, _, error = sdk.api_client.update_api_client(made.id, **_members("renamed", SERVICE_DESK))

    assert error is None
    changed = tenant.client(made.id)
    assert (changed.name, _scope(changed)) == ("renamed", SERVICE_DESK)


def test_secret_is_created_listed_and_deleted(sdk: Any, made: Any, tenant: RunningEmulator) -> None:
    expires_at = tenant.now() + 60 * 86_400
    secret, _, error = sdk.api_client.add_api_client_secret(made.id, expires_at=expires_at)
    works = tenant.token_for(made.id, secret.value)
    # The SDK's own model of the list is broken: it expects an object where an array comes.
    _, listed, list_error = sdk.api_client.get_api_client_secret(made.id)
    _, _, delete_error = sdk.api_client.delete_api_client_secret(made.id, secret.id)

    assert (error, list_error, delete_error) == (None, None, None)
    assert works
    assert [each["id"] for each in listed.get_body()] == [secret.id]
    assert tenant.secrets(made.id) == []


def test_delete_removes_a_client(sdk: Any, made: Any, tenant: RunningEmulator) -> None:
    _, _, error = sdk.api_client.delete_api_client(made.id)

    assert error is None
    assert tenant.clients() == []
