"""A client's secrets: shown once, two at most, 30 to 365 days."""

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


def test_a_value_is_shown_when_created_and_masked_ever_after(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    created = _create(api, path, tenant.now() + 40 * DAY).json()

    listing = api.get(path)

    assert listing.json() == [created | {"value": "********"}]
    assert created["value"] not in listing.text


def test_a_secret_knows_when_it_was_made_and_when_it_expires_in_epoch_seconds(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    before = tenant.now()
    created = _create(api, path, before + 40 * DAY).json()

    assert created["expiresAt"] == before + 40 * DAY
    assert before <= created["createdAt"] <= tenant.now()


@pytest.mark.parametrize("days", [29.99, 365.01, 0, -1, 40_000])
def test_an_expiry_out_of_bounds_is_refused(
    days: float, tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    answer = _create(api, path, int(tenant.now() + days * DAY))

    assert answer.status_code == 400
    assert api.get(path).json() == []


@pytest.mark.parametrize("days", [30.01, 364.99])
def test_an_expiry_within_bounds_is_granted(
    days: float, tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    assert _create(api, path, int(tenant.now() + days * DAY)).status_code == 201


def test_milliseconds_are_not_taken_for_seconds(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    assert _create(api, path, (tenant.now() + 40 * DAY) * 1000).status_code == 400


@pytest.mark.parametrize("expires_at", [None, "2027-01-01", 1.5, True])
def test_an_expiry_must_be_a_whole_number(expires_at: object, api: httpx.Client, path: str) -> None:
    answer = _create(api, path, expires_at)

    assert answer.status_code == 400
    assert "expiresAt" in answer.json()["detail"]


def test_a_third_secret_replaces_the_newest(
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


def test_an_expired_secret_is_still_listed_and_takes_a_place(
    tenant: RunningEmulator, path: str
) -> None:
    client_id = path.split("/")[-2]
    expired = tenant.add_secret(client_id, days=30)
    tenant.move_clock(31 * DAY)

    tenant.add_secret(client_id)
    last = tenant.add_secret(client_id)

    assert [secret.id for secret in tenant.secrets(client_id)] == [expired.id, last.id]


def test_a_deleted_secret_is_gone(tenant: RunningEmulator, api: httpx.Client, path: str) -> None:
    client_id = path.split("/")[-2]
    kept, deleted = tenant.add_secret(client_id), tenant.add_secret(client_id)

    answer = api.delete(f"{path}/{deleted.id}")

    assert answer.is_success
    assert [secret.id for secret in tenant.secrets(client_id)] == [kept.id]
    assert api.delete(f"{path}/{deleted.id}").status_code == 404


def test_a_secret_of_another_client_cannot_be_deleted(
    tenant: RunningEmulator, api: httpx.Client, path: str
) -> None:
    other = tenant.create_client("other")
    secret = tenant.add_secret(other.id)

    assert api.delete(f"{path}/{secret.id}").status_code == 404
    assert len(tenant.secrets(other.id)) == 1


def test_a_client_that_is_not_there_has_no_secrets(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    path = f"{API_CLIENTS}/unknown/secrets"

    assert api.get(path).status_code == 404
    assert _create(api, path, tenant.now() + 40 * DAY).status_code == 404


def test_a_client_that_authenticates_by_a_key_has_no_secrets(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    client = tenant.create_client("signed", clientAuthentication={"authType": "PUBKEYCERT"})
    path = f"{API_CLIENTS}/{client.id}/secrets"

    assert _create(api, path, tenant.now() + 40 * DAY).status_code == 400
    assert api.get(path).status_code == 400


def test_a_put_leaves_the_secrets_alone(tenant: RunningEmulator, path: str) -> None:
    client_id = path.split("/")[-2]
    secret = tenant.add_secret(client_id)

    tenant.change_client(client_id, name="renamed")

    assert tenant.token_for(client_id, secret.value)
