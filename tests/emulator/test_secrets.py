"""A client's secrets: shown once, two at most, 30 to 365 days."""

from typing import Any

import httpx
import pytest

from zdx_emulator.testing import API_CLIENTS, RunningEmulator

DAY = 86_400


@pytest.fixture
def path(tenant: RunningEmulator) -> str:
    """Where the secrets of a client are."""
    return f"{API_CLIENTS}/{tenant.create_client('ci').id}/secrets"


def _create(api: httpx.Client, path: str, expires_at: object) -> httpx.Response:
    return api.post(path, json={"expiresAt": expires_at})


def test_list_masks_the_value_that_create_returned(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    created = _create(api, path, tenant.now() + 40 * DAY).json()

    listing = api.get(path)

    assert listing.json() == [created | {"value": "********"}]
    assert created["value"] not in listing.text


def test_create_returns_dates_in_epoch_seconds(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    before = tenant.now()
    created = _create(api, path, before + 40 * DAY).json()

    assert created["expiresAt"] == before + 40 * DAY
    assert before <= created["createdAt"] <= tenant.now()


@pytest.mark.parametrize("days", [29.99, 365.01, 0, -1, 40_000])
def test_create_refuses_an_expiry_out_of_bounds(
    days: float, tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    answer = _create(api, path, int(tenant.now() + days * DAY))

    assert answer.status_code == 400
    assert api.get(path).json() == []


@pytest.mark.parametrize("days", [30.01, 364.99])
def test_create_accepts_an_expiry_within_bounds(
    days: float, tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    assert _create(api, path, int(tenant.now() + days * DAY)).status_code == 201


def test_create_refuses_an_expiry_in_milliseconds(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    assert _create(api, path, (tenant.now() + 40 * DAY) * 1000).status_code == 400


@pytest.mark.parametrize("expires_at", [None, "2027-01-01", 1.5, True])
def test_create_refuses_an_expiry_that_is_not_a_whole_number(
    expires_at: object, api: httpx.Client, path: str
) -> None:
    answer = _create(api, path, expires_at)

    assert answer.status_code == 400
    assert "expiresAt" in answer.json()["detail"]


def test_create_of_a_third_secret_replaces_the_newest(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    # The second ends first, so that age and expiry name different secrets.
    first, second, third = (
        _create(api, path, tenant.now() + days * DAY).json() for days in (50, 40, 60)
    )

    held = [secret["id"] for secret in api.get(path).json()]

    assert held == [first["id"], third["id"]]
    client_id = path.split("/")[-2]
    assert tenant.token_for(client_id, first["value"])
    assert tenant.token_for(client_id, third["value"])
    assert second["id"] not in held


def test_list_includes_an_expired_secret_that_uses_a_slot(
    tenant: RunningEmulator, path: str
) -> None:
    client_id = path.split("/")[-2]
    expired = tenant.add_secret(client_id, days=30)
    tenant.move_clock(31 * DAY)

    tenant.add_secret(client_id)
    last = tenant.add_secret(client_id)

    assert [secret.id for secret in tenant.secrets(client_id)] == [expired.id, last.id]


def test_delete_removes_only_its_secret(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    client_id = path.split("/")[-2]
    kept, deleted = tenant.add_secret(client_id), tenant.add_secret(client_id)

    answer = api.delete(f"{path}/{deleted.id}")

    assert answer.is_success
    assert [secret.id for secret in tenant.secrets(client_id)] == [kept.id]
    assert api.delete(f"{path}/{deleted.id}").status_code == 404


def test_delete_refuses_a_secret_of_another_client(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    other = tenant.create_client("other")
    secret = tenant.add_secret(other.id)

    assert api.delete(f"{path}/{secret.id}").status_code == 404
    assert len(tenant.secrets(other.id)) == 1


def test_create_and_list_for_an_unknown_client_return_404(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    path = f"{API_CLIENTS}/unknown/secrets"

    assert api.get(path).status_code == 404
    assert _create(api, path, tenant.now() + 40 * DAY).status_code == 404


def test_create_and_list_are_refused_for_a_client_with_a_public_key(
    tenant: RunningEmulator, api: httpx.Client, rsa_key: Any
) -> None:
    keys = [{"keyName": "k", "keyValue": rsa_key.public_pem}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    client = tenant.create_client("signed", clientAuthentication=authentication)
    path = f"{API_CLIENTS}/{client.id}/secrets"

    assert _create(api, path, tenant.now() + 40 * DAY).status_code == 400
    assert api.get(path).status_code == 400


def test_put_of_the_client_keeps_its_secrets(tenant: RunningEmulator, path: str) -> None:
    client_id = path.split("/")[-2]
    secret = tenant.add_secret(client_id)

    tenant.change_client(client_id, name="renamed")

    assert tenant.token_for(client_id, secret.value)
