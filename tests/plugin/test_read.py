"""What a refresh finds, and what `ApiKey.get` gives."""

import pytest
from plugin.conftest import StartHost, except_where
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import API_CLIENT, SECRETS, RunningEmulator, Switches, scope_id


@pytest.fixture
def key(start_host: StartHost, declared: Properties) -> Recorded:
    """A key that an earlier run has made."""
    return start_host().up(declared)


def changes(key: Recorded, refreshed: Recorded) -> Properties:
    """What a refresh changed of the outputs."""
    assert refreshed.id == key.id
    assert refreshed.outputs.keys() == key.outputs.keys()
    return {name: value for name, value in refreshed.outputs.items() if value != key.outputs[name]}


def test_refresh_of_an_unchanged_key_changes_nothing(host: PluginHost, key: Recorded) -> None:
    refreshed = host.refresh(key)

    assert refreshed == key


@pytest.mark.parametrize(
    ("manually", "drift"),
    [
        ({"name": "renamed"}, {"name": "renamed"}),
        ({"status": False}, {"enabled": False}),
        ({"accessTokenLifeTime": 61}, {"token_lifetime_seconds": 61}),
    ],
)
def test_refresh_records_drift_in_outputs_and_inputs(
    host: PluginHost,
    tenant: RunningEmulator,
    key: Recorded,
    *,
    manually: Properties,
    drift: Properties,
) -> None:
    tenant.change_client(key.id, **manually)

    refreshed = host.refresh(key)

    assert changes(key, refreshed) == drift
    assert refreshed.inputs == {**key.inputs, **drift}


def test_refresh_reads_a_description_without_its_marker(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    remote = tenant.client(key.id).description.replace("for the pipeline", "for what?")
    tenant.change_client(key.id, description=remote)

    assert changes(key, host.refresh(key)) == {"description": "for what?"}


def test_refresh_of_an_empty_description_finds_no_owner(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    tenant.change_client(key.id, description="")

    assert changes(key, host.refresh(key)) == {"description": "", "managed_by": ""}


def test_refresh_reads_a_changed_role_by_its_name(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    other = tenant.create_client("other", role="ZDX Super Admin")
    resources = other.model_dump(by_alias=True)["clientResources"]
    tenant.change_client(key.id, clientResources=resources)

    assert changes(key, host.refresh(key)) == {
        "role": "ZDX Super Admin",
        "role_id": scope_id("ZDX Super Admin"),
    }


def test_refresh_keeps_the_declared_spelling_of_a_role(
    start_host: StartHost, declared: Properties
) -> None:
    key = start_host().up({**declared, "role": "zdx read-only ADMIN"})

    assert start_host().refresh(key).outputs["role"] == "zdx read-only ADMIN"


def test_refresh_marks_a_revoked_secret_missing_and_keeps_its_value(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    tenant.delete_secret(key.id, key.outputs["secret_id"])

    assert changes(key, host.refresh(key)) == {"secret_expires_on": "missing"}


@except_where(first_secret="one more is a third one there")
def test_refresh_ignores_a_manually_created_second_secret(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    tenant.add_secret(key.id)

    assert changes(key, host.refresh(key)) == {}


def test_refresh_of_a_deleted_key_returns_no_id(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    tenant.delete_client(key.id)

    assert host.refresh(key) == Recorded("", {}, {})


def test_get_returns_an_existing_key_without_its_secret(
    host: PluginHost, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("by-hand", role="ZDX Super Admin", description="made manually")
    secret = tenant.add_secret(client.id)

    found = host.get(client.id, {})

    assert found.id == client.id
    assert found.outputs["key_id"] == client.id
    assert found.outputs["name"] == "by-hand"
    assert found.outputs["role"] == "ZDX Super Admin"
    assert found.outputs["description"] == "made manually"
    assert found.outputs["managed_by"] == ""
    assert found.outputs["secret_id"] == secret.id
    assert found.outputs.keys().isdisjoint({"key_secret", "key_json"})
    assert secret.value not in str(found)


@except_where(first_secret="no key is without a secret there")
def test_get_of_a_key_without_a_secret_returns_no_secret_id(
    host: PluginHost, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("by-hand")

    assert "secret_id" not in host.get(client.id, {}).outputs


def test_get_of_a_key_of_another_stack_returns_its_owner(host: PluginHost, key: Recorded) -> None:
    assert host.get(key.id, {}).outputs["managed_by"] == "keys/prod/ci"


@pytest.mark.parametrize("key_id", ["no-such-key", "../api-clients", "a b", "%2e%2e"])
def test_get_of_a_missing_key_is_an_error(host: PluginHost, key_id: str) -> None:
    with pytest.raises(PluginError) as failed:
        host.get(key_id, {})

    assert f"the tenant acme has no API client {key_id}." in failed.value.sentence


def test_get_in_an_unknown_tenant_is_an_error(host: PluginHost) -> None:
    with pytest.raises(PluginError, match='zdx:tenants has no tenant "eu"'):
        host.get("any", {"tenant": "eu"})


def test_refresh_names_a_key_that_it_cannot_read(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="GET", path=SECRETS, status=403)

    with pytest.raises(PluginError, match='the key "ci": could not list the secrets'):
        host.refresh(key)


def test_refresh_fails_if_only_the_secrets_are_said_to_be_gone(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    tenant.fault(method="GET", path=SECRETS, status=404)

    with pytest.raises(PluginError, match="could not list the secrets"):
        host.refresh(key)

    assert host.refresh(key).outputs == key.outputs


def test_refresh_fails_if_the_tenant_lists_a_key_and_says_that_it_is_gone(
    start_host: StartHost, tenant: RunningEmulator, key: Recorded, switches: Switches
) -> None:
    tenant.switch(switches.model_copy(update={"list_descriptions": False}))
    tenant.fault(method="GET", path=API_CLIENT, status=404)

    with pytest.raises(PluginError, match="the list of API clients contains it"):
        start_host().refresh(key)

    assert start_host().refresh(key).outputs == key.outputs
