"""`zdx-keys` as its users run it: a process of its own, against a tenant."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.pulumi_project import PulumiProject
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import ADMIN_SECRET, RunningEmulator, running_emulator


@pytest.fixture(scope="module")
def shared_tenant() -> Iterator[RunningEmulator]:
    with running_emulator() as running:
        yield running


@pytest.fixture
def tenant(shared_tenant: RunningEmulator) -> RunningEmulator:
    shared_tenant.reset()
    return shared_tenant


@pytest.fixture
def zdx_keys(tenant: RunningEmulator, tmp_path: Path) -> Iterator[ZdxKeys]:
    """The command line outside of any project, its settings in the environment."""
    command = ZdxKeys(tmp_path, tenant.environment())
    yield command
    assert not [text for text in command.transcript if ADMIN_SECRET in text]


@pytest.fixture
def project_cli(zdx_keys: ZdxKeys, project: PulumiProject) -> ZdxKeys:
    """The command line in a project, its settings in the stack alone."""
    zdx_keys.folder = project.folder
    zdx_keys.environment = project.variables()
    return zdx_keys
