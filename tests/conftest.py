from collections.abc import Iterator

import pytest
from support.fork_server import ForkServer, running_fork_server


@pytest.fixture(scope="session")
def fork_server() -> Iterator[ForkServer]:
    """What the tenants of a worker are forked off."""
    with running_fork_server() as server:
        yield server
