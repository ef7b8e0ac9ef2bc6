"""What someone did manually is read as it is, whatever rules a declaration must keep."""

import pytest
from plugin.conftest import StartHost
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import RunningEmulator, scope_id


@pytest.fixture
def key(start_host: StartHost, declared: Properties) -> Recorded:
    """A key that an earlier run has made."""
    return start_host().up(declared)


def test_update_corrects_a_manually_removed_role(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.change_client(key.id, clientResources=[])

    refreshed = host.refresh(key)
    inputs = host.check(declared, refreshed.inputs).inputs
    assert host.diff(refreshed, inputs).changes == "DIFF_UNKNOWN"
    host.update(refreshed, inputs)

    (resource,) = tenant.client(key.id).client_resources
    assert [scope.id for scope in resource.selected_scopes] == [scope_id("ZDX Read-only Admin")]


@pytest.mark.parametrize("name", ["ci ", "a\tb"])
def test_update_corrects_a_manually_set_invalid_name(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties, name: str
) -> None:
    tenant.change_client(key.id, name=name)

    refreshed = host.refresh(key)
    inputs = host.check(declared, refreshed.inputs).inputs
    assert host.diff(refreshed, inputs).changes == "DIFF_UNKNOWN"
    host.update(refreshed, inputs)

    assert tenant.client(key.id).name == "ci"


def test_delete_removes_a_manually_changed_key(
    host: PluginHost, tenant: RunningEmulator, key: Recorded
) -> None:
    tenant.change_client(key.id, clientResources=[], name="ci ")

    host.delete(host.refresh(key))

    assert tenant.clients() == []


def test_get_returns_a_key_without_a_zdx_role(host: PluginHost, tenant: RunningEmulator) -> None:
    client = tenant.create_client("by-hand ", role="API_Role_READONLY", service="ZIA")

    assert host.get(client.id, {}).outputs["name"] == "by-hand "


def test_update_with_a_removed_role_fails_without_an_internal_error(
    host: PluginHost, key: Recorded
) -> None:
    gone = {"role_id": "hhlm4bhmbg7ir::gone", "role": "Gone"}
    held = Recorded(key.id, {**key.inputs, **gone}, {**key.outputs, **gone})

    with pytest.raises(PluginError) as failed:
        host.update(held, {**held.inputs, "name": "ci-2"})

    assert "StopIteration" not in failed.value.shown


def test_delete_with_an_unreadable_state_shows_no_secret(host: PluginHost, key: Recorded) -> None:
    outputs = {name: value for name, value in key.outputs.items() if name != "role_id"}

    with pytest.raises(PluginError) as failed:
        host.delete(Recorded(key.id, key.inputs, outputs))

    assert key.outputs["key_secret"][-12:] not in failed.value.shown
