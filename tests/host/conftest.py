from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.plugin_host import Engine, PluginHost, Properties, running_engine, running_host

from zdx_emulator.testing import ADMIN_ID, ADMIN_SECRET, TOKEN, RunningEmulator, running_emulator

StartHost = Callable[..., PluginHost]


@pytest.fixture(scope="session")
def server() -> Iterator[RunningEmulator]:
    """The one process that the tests of a worker share."""
    with running_emulator() as server:
        yield server


@pytest.fixture
def tenant(server: RunningEmulator) -> RunningEmulator:
    """The tenant, without clients, faults or a log."""
    server.reset()
    return server


@pytest.fixture
def config(tenant: RunningEmulator) -> dict[str, str]:
    """The stack's config as the engine sends it, other packages' settings included."""
    return {
        "zdx:vanityDomain": "acme",
        "zdx:apiUrl": tenant.url,
        "zdx:tokenUrl": f"{tenant.url}{TOKEN}",
        "zdx:clientId": ADMIN_ID,
        "zdx:clientSecret": ADMIN_SECRET,
        "keys:keys": '[{"name": "ci"}]',
    }


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def start_host(engine: Engine, config: dict[str, str], tmp_path: Path) -> Iterator[StartHost]:
    """Starts a host whose stack has this config; None takes a setting away."""
    hosts = iter(range(100))

    with running_engine(engine) as address, ExitStack() as started:

        def start(**changed: str | None) -> PluginHost:
            printed = tmp_path / f"stderr-{next(hosts)}"
            host = started.enter_context(running_host(address, printed))
            settings = {**config, **{f"zdx:{key}": value for key, value in changed.items()}}
            host.configure({key: value for key, value in settings.items() if value is not None})
            return host

        yield start


@pytest.fixture
def host(start_host: StartHost) -> PluginHost:
    return start_host()


@pytest.fixture
def printed(tmp_path: Path) -> Callable[[], str]:
    """All that the hosts of this test have printed."""
    return lambda: "".join(file.read_text() for file in tmp_path.glob("stderr-*"))


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
