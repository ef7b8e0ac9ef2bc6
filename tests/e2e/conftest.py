from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.figures import Figures
from support.first_up import FirstUp
from support.fork_server import ForkServer
from support.pulumi_project import PulumiProject, require_cli

from zdx_emulator.testing import RunningEmulator


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("slow")
    group.addoption("--figures", type=Path, help="The JSON file that the figures are written to.")
    group.addoption("--share", type=float, default=1.0, help="How much of a matrix, from 0 to 1.")
    group.addoption("--seed", type=int, default=1, help="Which part of a matrix, which lives.")
    group.addoption("--lives", type=int, default=25, help="How many random lives.")
    group.addoption("--life", type=Path, help="A file with the steps of the one life to replay.")


def pytest_configure(config: pytest.Config) -> None:
    counts_for_all_workers = not hasattr(config, "workerinput")
    if counts_for_all_workers:
        config.pluginmanager.register(Figures(config))


@pytest.fixture(scope="session", autouse=True)
def _cli() -> None:
    require_cli()


@pytest.fixture
def tenant(fork_server: ForkServer, tmp_path: Path) -> Iterator[RunningEmulator]:
    """A tenant of the test's own."""
    with fork_server.tenant(tmp_path / "tenant") as running:
        yield running


@pytest.fixture
def globex(fork_server: ForkServer, tmp_path: Path) -> Iterator[RunningEmulator]:
    """Another tenant than the test's own."""
    with fork_server.tenant(tmp_path / "globex") as running:
        yield running


@pytest.fixture
def settings(tenant: RunningEmulator) -> dict[str, Any]:
    """The stack config that reaches the tenant."""
    return tenant.stack_config()


@pytest.fixture
def project(tmp_path: Path, settings: dict[str, Any]) -> PulumiProject:
    """A project whose program declares one key."""
    folder = tmp_path / "project"
    folder.mkdir()
    return PulumiProject(folder).create(settings).program(ONE_KEY)


@pytest.fixture(scope="session")
def first_up(fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory) -> FirstUp:
    """What the first `up` of `project` leaves; a worker runs it once."""
    folder = tmp_path_factory.mktemp("first-up")
    data_dir = folder / "tenant"
    with fork_server.tenant(data_dir) as tenant:
        project = PulumiProject(folder).create(tenant.stack_config()).program(ONE_KEY)
        return FirstUp.run(project, tenant, data_dir)


@pytest.fixture
def created(
    project: PulumiProject, tenant: RunningEmulator, first_up: FirstUp, tmp_path: Path
) -> PulumiProject:
    """The project after its first `up`."""
    first_up.copy_to(project, tenant, tmp_path / "tenant")
    return project


ONE_KEY = """
key = ApiKey("ci", name="ci", role="ZDX Read-only Admin")
pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
"""
