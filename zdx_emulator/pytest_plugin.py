"""The emulator as a pytest fixture: `pytest_plugins = ["zdx_emulator.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from zdx_emulator.testing import RunningEmulator, running_emulator


@pytest.fixture(scope="session")
def zdx_server() -> Iterator[RunningEmulator]:
    """Run one process for all tests of a session; with pytest-xdist, of a worker."""
    with running_emulator() as server:
        yield server


@pytest.fixture
def zdx_tenant(zdx_server: RunningEmulator) -> RunningEmulator:
    """Return an empty tenant: no API clients, no faults, no logged requests, the true time."""
    zdx_server.reset()
    return zdx_server
