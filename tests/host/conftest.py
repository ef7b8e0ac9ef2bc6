from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.plugin_host import (
    Engine,
    PluginHost,
    PluginProcess,
    Properties,
    running_engine,
    running_plugin,
)

from zdx_emulator.testing import (
    EACH_OTHER_WAY,
    RunningEmulator,
    Switches,
    running_emulator,
)

StartHost = Callable[..., PluginHost]


@dataclass(frozen=True)
class Running:
    engine: Engine
    plugin: PluginProcess
    printed: Path


@pytest.fixture(scope="session")
def server() -> Iterator[RunningEmulator]:
    """The one process that the tests of a worker share."""
    with running_emulator() as server:
        yield server


# Those that leave every sentence of these tests true. The others have tests of their own.
SWITCHES = ("unique_names", "statuses", "list_descriptions", "description_limit")


@pytest.fixture(params=["as_documented", *SWITCHES])
def tenant(server: RunningEmulator, request: pytest.FixtureRequest) -> RunningEmulator:
    """The tenant, without clients, faults or a log, with each switch one way and the other."""
    server.reset()
    server.switch(EACH_OTHER_WAY.get(request.param, Switches()))
    return server


@pytest.fixture
def config(tenant: RunningEmulator) -> dict[str, str]:
    """The stack's config as the engine sends it, other packages' settings included."""
    return {**tenant.stack_config(), "keys:keys": '[{"name": "ci"}]'}


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The engine and the host's process that the tests of a worker share."""
    engine = Engine()
    printed = tmp_path_factory.mktemp("host") / "stderr"
    with running_engine(engine) as address, running_plugin(address, printed) as plugin:
        yield Running(engine, plugin, printed)


@pytest.fixture
def engine(running: Running) -> Engine:
    """The engine, which has been told nothing yet."""
    running.engine.warnings.clear()
    return running.engine


@pytest.fixture
def start_host(running: Running, config: dict[str, str]) -> StartHost:
    """Starts a host whose stack has this config; None takes a setting away."""

    def start(**changed: str | None) -> PluginHost:
        settings = {**config, **{f"zdx:{key}": value for key, value in changed.items()}}
        return running.plugin.host({k: v for k, v in settings.items() if v is not None})

    return start


@pytest.fixture
def host(start_host: StartHost) -> PluginHost:
    return start_host()


@pytest.fixture
def declared() -> Properties:
    """What a program declares of one key."""
    return {
        "name": "ci",
        "role": "ZDX Read-only Admin",
        "description": "for the pipeline",
        "enabled": True,
        "token_lifetime_seconds": 3600,
        "adopt": False,
        "managed_by": "keys/prod/ci",
    }
