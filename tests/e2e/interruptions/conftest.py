from pathlib import Path
from typing import Any

import pytest
from support.pulumi_project import PulumiProject


@pytest.fixture
def project(tmp_path: Path, settings: dict[str, Any]) -> PulumiProject:
    """A project with a stack, and nothing in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    return PulumiProject(folder).create(settings)
