"""A stand-in tenant as a pytest fixture: `pytest_plugins = ["zdx_emulator.pytest_plugin"]`."""

from collections.abc import Iterator

import pytest

from zdx_emulator.testing import RunningEmulator, running_emulator


@pytest.fixture(scope="session")
def zdx_server() -> Iterator[RunningEmulator]:
    """The one process that the tests of a session share; with pytest-xdist, of a worker."""
    with running_emulator() as server:
        yield server


@pytest.fixture
def zdx_tenant(zdx_server: RunningEmulator) -> RunningEmulator:
    """A tenant as new: no API clients, no faults, an empty log, the true time."""
    zdx_server.reset()
    return zdx_server
