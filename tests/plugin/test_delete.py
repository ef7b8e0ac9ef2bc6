"""What a delete removes, and what it leaves."""

import pytest
from plugin.conftest import StartHost, except_where
from support.plugin_host import Engine, PluginError, PluginHost, Properties

from zdx_emulator.testing import API_CLIENT, RunningEmulator


def test_delete_removes_only_its_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    other = tenant.create_client("other")

    host.delete(host.up(declared))

    assert tenant.clients() == [other]


def test_delete_of_a_missing_key_succeeds(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    key = host.up(declared)
    tenant.delete_client(key.id)

    host.delete(key)

    assert engine.warnings == []


def test_delete_succeeds_if_the_key_disappears_meanwhile(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="DELETE", path=API_CLIENT, status=404, applied=True)

    host.delete(key)

    assert tenant.clients() == []


def test_delete_keeps_a_key_of_another_owner_and_warns(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    key = host.up(declared)
    taken = tenant.change_client(key.id, description="[pulumi other/prod/ci #d00d]")

    host.delete(key)

    assert tenant.clients() == [taken]
    (warning,) = engine.warnings
    assert f'the key "ci" ({key.id}) was kept because' in warning
    assert "other/prod/ci took it over" in warning


@except_where(first_secret="both slots are taken there")
def test_delete_keeps_a_key_with_a_newer_ownership_id(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    first = host.up(declared)
    second = host.up({**declared, "adopt": True})

    host.delete(first)

    assert [client.id for client in tenant.clients()] == [first.id] == [second.id]
    assert tenant.can_authenticate(second.id, second.outputs["key_secret"])
    assert len(engine.warnings) == 1


def test_delete_removes_a_key_without_an_ownership_marker(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.change_client(key.id, description="")

    host.delete(key)

    assert tenant.clients() == []


def test_delete_frees_the_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    first = host.up(declared)
    host.delete(first)

    second = host.up(declared)

    assert [client.id for client in tenant.clients()] == [second.id] != [first.id]


def test_delete_leaves_a_key_whose_copied_state_gave_it_to_another_stack(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    key = start_host().up(declared)
    # The copy of the state, under another stack's name: the same ownership ID, another owner.
    copied = start_host().up_again(key, {**declared, "managed_by": "keys/copy/ci"})
    with pytest.raises(PluginError) as refused:
        start_host().up_again(key, {**declared, "enabled": False})

    start_host().delete(key)

    assert "To leave it there, remove this declaration; the key is kept" in refused.value.sentence
    assert [client.id for client in tenant.clients()] == [key.id]
    assert tenant.can_authenticate(copied.id, copied.outputs["key_secret"])
    (warning,) = engine.warnings
    assert "keys/copy/ci took it over" in warning


def test_delete_refuses_a_key_that_is_listed_and_said_to_be_gone(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="GET", path=API_CLIENT, status=404)

    with pytest.raises(PluginError, match="the list of API clients contains it"):
        host.delete(key)

    assert [client.id for client in tenant.clients()] == [key.id]


def test_delete_fails_if_the_tenant_says_gone_and_keeps_the_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="DELETE", path=API_CLIENT, status=404)

    with pytest.raises(PluginError, match="could not delete the API client"):
        host.delete(key)

    host.delete(key)
    assert tenant.clients() == []
