"""`zdx-keys` as its users run it: a process of its own, against a tenant."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.pulumi_project import PulumiProject, Run

from zdx_emulator.testing import ADMIN_SECRET, RunningEmulator, running_emulator


@dataclass
class ZdxKeys:
    """The command line, run in a folder; all that it prints is kept."""

    folder: Path
    environment: dict[str, str]
    transcript: list[str] = field(default_factory=list)

    def __call__(self, *arguments: str, exits: int = 0) -> Run:
        done = subprocess.run(
            [Path(sys.executable).with_name("zdx-keys"), *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.transcript.append(done.stdout + done.stderr)
        assert done.returncode == exits, f"{done.stdout}{done.stderr}"
        return Run(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str, exits: int = 0) -> Any:
        return json.loads(self(*arguments, "--json", exits=exits).stdout)


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
def in_project(zdx_keys: ZdxKeys, project: PulumiProject) -> ZdxKeys:
    """The command line in a project, its settings in the stack alone."""
    zdx_keys.folder = project.folder
    zdx_keys.environment = project.variables()
    return zdx_keys
