from pathlib import Path
from typing import Any

import pytest
from support.component_project import ComponentProject

from zdx_emulator.testing import RunningEmulator


@pytest.fixture
def project(tmp_path: Path, settings: dict[str, Any]) -> ComponentProject:
    """A project that declares one key by the component, and has no program."""
    folder = tmp_path / "project"
    folder.mkdir()
    project = ComponentProject(folder).declare()
    project.init(settings)
    return project


@pytest.fixture
def first(project: ComponentProject, tenant: RunningEmulator) -> dict[str, Any]:
    """What the state says of the project's key, which an `up` has made."""
    project.up()
    key = project.key()
    assert key["key_id"] == tenant.client_named("ci").id
    return key
