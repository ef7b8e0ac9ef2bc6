import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.plugin_host import (
    PATIENCE_SECONDS,
    Engine,
    PluginHost,
    PluginProcess,
    Properties,
    running_engine,
    running_plugin,
)
from support.samples import DECLARED

from zdx_emulator.testing import (
    EACH_OTHER_WAY,
    RunningEmulator,
    Switches,
)

StartHost = Callable[..., PluginHost]


@dataclass(frozen=True)
class Running:
    engine: Engine
    plugin: PluginProcess
    printed: Path


@pytest.fixture(scope="session")
def server(
    fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningEmulator]:
    """The one process that the tests of a worker share."""
    with fork_server.tenant(tmp_path_factory.mktemp("tenant")) as server:
        yield server


LAG_MS = 20
YEAR_SECONDS = 365 * 86_400
ANSWERS = {
    "as_documented": Switches(),
    **EACH_OTHER_WAY,
    "read_lag_ms": Switches(read_lag_ms=LAG_MS),
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow all switches but one of each test: the tests of a file take turns."""
    others = [name for name in ANSWERS if name != "as_documented"]
    turns: dict[Path, dict[str, int]] = {}
    for item in items:
        if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
            continue
        used = item.callspec.params.get("switches")
        name = next((name for name in others if ANSWERS[name] == used), None)
        chosen = [each for each in item.iter_markers("parametrize") if each.args[0] == "switches"]
        kept = chosen[0].args[1] if chosen else ANSWERS.values()
        if name is None or len(kept) == 1:
            continue
        tests = turns.setdefault(item.path, {})
        turn = zlib.crc32(item.path.name.encode()) + tests.setdefault(item.originalname, len(tests))
        first = turn % len(others)
        names = (each for each in others[first:] + others if ANSWERS[each] in kept)
        if name != next(names):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=ANSWERS.values(), ids=tuple(ANSWERS))
def switches(request: pytest.FixtureRequest) -> Switches:
    """Each switch one way and the other, unless `only_where` or `except_where` chooses some."""
    chosen: Switches = request.param
    return chosen


def only_where(name: str) -> pytest.MarkDecorator:
    """Run a test with this switch turned and no other."""
    return pytest.mark.parametrize("switches", [ANSWERS[name]], ids=[name])


# For what no switch changes, such as a wait for real time.
without_switches = only_where("as_documented")


def except_where(**reasons: str) -> pytest.MarkDecorator:
    """Skip switches that change what a test states; each with the reason."""
    assert reasons.keys() <= EACH_OTHER_WAY.keys()
    kept = ANSWERS.keys() - reasons.keys()
    names = [name for name in ANSWERS if name in kept]
    return pytest.mark.parametrize("switches", [ANSWERS[name] for name in names], ids=names)


@pytest.fixture
def tenant(server: RunningEmulator, switches: Switches) -> RunningEmulator:
    """The tenant, without clients, faults or a log."""
    server.reset()
    server.switch(switches)
    return server


def known_secrets(tenant: RunningEmulator, key_id: str) -> list[str]:
    """Return the ids of a key's secrets, except a first one of the tenant's own.

    Only its lifetime is a whole year: the provider stays an hour inside that.
    """
    return [
        secret.id
        for secret in tenant.secrets(key_id)
        if secret.expires_at - secret.created_at < YEAR_SECONDS
    ]


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
    """The engine, which has been shown nothing yet."""
    running.engine.warnings.clear()
    running.engine.said.clear()
    return running.engine


@pytest.fixture
def start_host(running: Running, config: dict[str, str], switches: Switches) -> StartHost:
    """Start a host whose stack has this config; None takes a setting away.

    Its calls come far enough apart for reads to keep up, as those of two commands do.
    """

    def start(**changed: str | None) -> PluginHost:
        settings = {**config, **{f"zdx:{key}": value for key, value in changed.items()}}
        known = {k: v for k, v in settings.items() if v is not None}
        return running.plugin.host(known, pause=switches.read_lag_ms / 1000)

    return start


@pytest.fixture
def host(start_host: StartHost) -> PluginHost:
    return start_host()


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or process is about to do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def declared() -> Properties:
    """What a program declares of one key."""
    return {**DECLARED}
