"""What the vendor leaves open, where the provider lives with an answer in its own way."""

import time

from support.plugin_host import PluginHost, Properties

from zdx_emulator.testing import RunningEmulator, Switches

LAG_MS = 300


def test_a_first_secret_that_nobody_was_told_leaves_the_key_with_one_that_works(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(Switches(first_secret=True))

    key = host.up(declared)

    assert tenant.token_for(key.id, key.outputs["key_secret"])
    assert len(tenant.secrets(key.id)) == 2


def test_a_first_secret_that_nobody_was_told_gives_way_to_a_rotation(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(Switches(first_secret=True))
    key = host.up(declared)

    rotated = host.up_again(key, {**declared, "rotation": {"triggers": {"incident": "today"}}})

    assert tenant.token_for(key.id, key.outputs["key_secret"])
    assert tenant.token_for(key.id, rotated.outputs["key_secret"])


def test_a_tenant_whose_reads_lag_behind_gets_one_key_that_lives_and_dies(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(Switches(read_lag_ms=LAG_MS))
    key = host.up(declared)
    time.sleep(2 * LAG_MS / 1000)

    host.up_again(key, {**declared, "name": "ci-2"})

    assert [client.name for client in tenant.clients()] == ["ci-2"]
    host.delete(key)
    assert tenant.clients() == []
