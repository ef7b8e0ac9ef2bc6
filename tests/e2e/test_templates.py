"""The templates of `pulumi new`, taken from this folder; tests/e2e/test_wheel.py installs one."""

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.documents import ROOT
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

# Each template, and the folder in which it has its virtual environment.
TEMPLATES = {"python": "", "yaml": "zdx"}


@pytest.fixture(params=TEMPLATES)
def project(
    request: pytest.FixtureRequest, tmp_path: Path, settings: dict[str, Any]
) -> PulumiProject:
    """A project from a template, with the Python of the tests as its virtual environment."""
    folder = tmp_path / "project"
    folder.mkdir()
    project = PulumiProject(folder, home=tmp_path / "engine")
    project.engine_folder.mkdir()
    template = str(ROOT / "templates" / request.param)
    project.run("new", template, "--generate-only", "--yes", f"--name={project.name}")
    (folder / TEMPLATES[request.param] / ".venv").symlink_to(sys.prefix)
    return project.init(settings)


def test_template_leaves_a_complete_project_that_creates_a_key(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()

    assert tenant.client_named("ci").id in project.outputs().values()
    description = yaml.safe_load((project.folder / "Pulumi.yaml").read_text())

    assert description["name"] == project.name
    assert "template" not in description
    assert "/.venv/" in (project.folder / ".gitignore").read_text()
    (requirements,) = [
        *project.folder.glob("requirements.txt"),
        *project.folder.glob("zdx/requirements.txt"),
    ]
    assert requirements.read_text().endswith("${ZDX_PROVIDER}/packages/emulator\n")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_asks_for_the_tenant_and_the_client(name: str) -> None:
    description = yaml.safe_load((ROOT / "templates" / name / "Pulumi.yaml").read_text())

    assert [*description["template"]["config"]] == ["zdx:vanityDomain", "zdx:clientId"]
