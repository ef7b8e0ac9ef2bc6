"""The vendor's own SDK manages a client from create to delete."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    TOKEN,
    RunningEmulator,
    Switches,
    scope_id,
)

# The SDK ships stub files with syntax errors, which end a type checker that follows an import.
Session = import_module("zssdk").Session
ClientError = import_module("zssdk.zscore.exceptions").ClientError
ServiceModel = import_module("zssdk.zscore.model").ServiceModel

READ_ONLY = {"id": scope_id("ZDX Read-only Admin"), "name": "Role:ZDX Read-only Admin"}
SERVICE_DESK = {
    "id": scope_id("ZDX Service Desk Tier 1"),
    "name": "Role:ZDX Service Desk Tier 1",
}


@pytest.fixture
def authenticate(
    tenant: RunningEmulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., Any]]:
    """Makes the SDK's clients, led to the tenant, and closes them: by itself the SDK never does.

    The SDK has a setting for the token's address, but none for the API's.
    """

    def model(data: Any, *, service_name: str, endpoint_url: str) -> Any:
        assert endpoint_url.startswith("https://api")
        return ServiceModel(data, service_name=service_name, endpoint_url=tenant.url)

    def authenticate(service: str, **credentials: str) -> Any:
        client = Session(vanity_domain="example", **credentials).client(service)
        opened.callback(client.close)
        return client

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ZSCALER_TOKEN_URL", tenant.url + TOKEN)
    monkeypatch.setattr("zssdk.zscore.args.ServiceModel", model)
    with ExitStack() as opened:
        yield authenticate


@pytest.fixture
def zid(authenticate: Callable[..., Any]) -> Any:
    """The SDK's identity client, authenticated as the admin client."""
    return authenticate("zid", client_id=ADMIN_ID, client_secret=ADMIN_SECRET)


@pytest.fixture
def members(zid: Any) -> dict[str, Any]:
    """What the SDK wants of a client; it insists on the names that the tenant answers."""
    server = zid.list_resource_servers()["records"][0]
    resource = {name: server[name] for name in ("id", "name", "defaultApi")}
    return {
        "name": "ci",
        "access_token_life_time": 3600,
        "client_authentication": {"authType": "SECRET"},
        "client_resources": [{**resource, "selectedScopes": [READ_ONLY]}],
    }


def _scopes(client: Any) -> list[str]:
    return [scope["id"] for scope in client["clientResources"][0]["selectedScopes"]]


def test_get_resource_server_returns_the_zdx_roles(zid: Any) -> None:
    server = zid.get_resource_server(id=zid.list_resource_servers()["records"][0]["id"])

    (scopes,) = [
        service["scopes"]
        for service in server["serviceScopes"]
        if service["service"]["name"] == "ZDX"
    ]

    assert READ_ONLY in scopes
    assert SERVICE_DESK in scopes


def test_create_adds_a_client_that_list_finds_by_part_of_its_name(
    zid: Any, members: dict[str, Any]
) -> None:
    made = zid.create_api_client(**members)

    found = zid.list_api_clients(limit=10, **{"name[like]": "c"})

    assert found["records"] == [made]
    assert zid.get_api_client(id=made["id"]) == made
    assert _scopes(made) == [READ_ONLY["id"]]


def test_update_changes_name_and_role(
    zid: Any, members: dict[str, Any], tenant: RunningEmulator
) -> None:
    # The SDK sends no ids of scopes in a PUT, which the published API reference requires.
    tenant.switch(Switches(scope_names_in_put=True))
    made = zid.create_api_client(**members)
    resource = {**made["clientResources"][0], "selectedScopes": [SERVICE_DESK]}
    changes = {"name": "renamed", "client_resources": [resource]}

    zid.update_api_client(id=made["id"], **{**members, **changes})

    changed = zid.get_api_client(id=made["id"])
    assert changed["name"] == "renamed"
    assert _scopes(changed) == [SERVICE_DESK["id"]]


def test_secret_is_created_listed_and_deleted(
    zid: Any, members: dict[str, Any], tenant: RunningEmulator
) -> None:
    client_id = zid.create_api_client(**members)["id"]

    created = zid.add_secret(id=client_id, expires_at=tenant.now() + 60 * 86_400)
    (listed,) = zid.get_secrets(id=client_id)
    zid.delete_secret(id=client_id, secretId=created["id"])

    assert {**listed, "value": created["value"]} == created
    assert listed["value"] != created["value"]
    assert tenant.secrets(client_id) == []


def test_authenticate_with_a_created_key_succeeds(
    zid: Any,
    members: dict[str, Any],
    tenant: RunningEmulator,
    authenticate: Callable[..., Any],
) -> None:
    client_id = zid.create_api_client(**members)["id"]
    secret = zid.add_secret(id=client_id, expires_at=tenant.now() + 60 * 86_400)["value"]

    zdx = authenticate("zdx", client_id=client_id, client_secret=secret)

    assert "Engineering" in [each["name"] for each in zdx.list_departments()]


def test_authenticate_with_a_private_key_succeeds(
    tenant: RunningEmulator, authenticate: Callable[..., Any], rsa_key: Any
) -> None:
    client = tenant.create_client(
        "signed",
        clientAuthentication={
            "authType": "PUBKEYCERT",
            "publicKeys": [{"keyName": "k", "keyValue": rsa_key.public_pem}],
        },
    )

    zdx = authenticate("zdx", client_id=client.id, private_key=rsa_key.private_pem)

    assert zdx.list_devices()["devices"]


def test_authenticate_with_a_private_key_in_the_environment_succeeds(
    tenant: RunningEmulator,
    authenticate: Callable[..., Any],
    rsa_key: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys = [{"keyName": "k", "keyValue": rsa_key.public_pem}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    client = tenant.create_client("signed", clientAuthentication=authentication)
    monkeypatch.setenv("ZSCALER_CLIENT_ID", client.id)
    monkeypatch.setenv("ZSCALER_PRIVATE_KEY", rsa_key.private_pem)

    zdx = authenticate("zdx")

    assert "Engineering" in [each["name"] for each in zdx.list_departments()]


def test_remove_deletes_a_client(zid: Any, members: dict[str, Any]) -> None:
    client_id = zid.create_api_client(**members)["id"]

    zid.remove_api_client(id=client_id)

    with pytest.raises(ClientError, match=r"\(404\)"):
        zid.get_api_client(id=client_id)
