"""A plugin outlives an engine that is killed, and must not go on for no one."""

from pathlib import Path

import pytest
from support.plugin_host import Engine, PluginError, Properties, running_engine, running_plugin

from zdx_emulator.testing import RunningEmulator


def test_create_stops_if_the_engine_has_stopped(
    tenant: RunningEmulator, config: dict[str, str], declared: Properties, tmp_path: Path
) -> None:
    with running_engine(Engine()) as address:
        pass

    with running_plugin(address, tmp_path / "stderr") as plugin:
        host = plugin.host(config)
        inputs = host.check(declared).inputs
        with pytest.raises(PluginError) as stopped:
            host.create(inputs)

    assert "stopped, so the provider stopped too" in stopped.value.sentence
    assert tenant.clients() == []
