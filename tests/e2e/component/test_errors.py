"""What goes wrong on a machine, or in a declaration: one line that says what to do."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from support.component_project import COMPONENT, ComponentProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator


def without_options(project: ComponentProject) -> None:
    """Name no Python in the project's file."""
    file = project.folder / "Pulumi.yaml"
    described = {**yaml.safe_load(file.read_text()), "runtime": "yaml"}
    file.write_text(yaml.safe_dump(described))


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """A Python in which nothing is installed."""
    python = tmp_path / "bare-python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return python


def test_up_names_a_python_without_the_provider_and_a_command(
    project: ComponentProject, tenant: RunningEmulator, bare_python: Path
) -> None:
    without_options(project)
    project.environment["PULUMI_PYTHON_CMD"] = str(bare_python)

    failed = project.up_fails()

    command, python = f"export PULUMI_PYTHON_CMD={sys.executable}", str(bare_python)
    needed = f"{python} must have zdx_provider {version('zdx-provider')} installed"
    assert f"{needed} (ModuleNotFoundError: No module named" in failed.text
    assert f"or run: {command}" in failed.text
    assert "Traceback" not in failed.text
    project.environment["PULUMI_PYTHON_CMD"] = sys.executable
    project.up()
    assert_sound(project, tenant)


@pytest.mark.slow
def test_up_names_a_missing_virtual_environment(project: ComponentProject) -> None:
    file = project.folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace(f"virtualenv: {sys.prefix}", "virtualenv: .venv"))

    failed = project.up_fails()

    python = project.folder / ".venv/bin/python"
    needed = f"{python} must have zdx_provider {version('zdx-provider')} installed"
    assert f"{needed} (No such file or directory)" in failed.text
    assert f"or set the runtime option virtualenv in Pulumi.yaml to {sys.prefix}" in failed.text


def test_up_refuses_a_boolean_as_a_name_and_a_rotation_that_is_a_secret(
    project: ComponentProject,
) -> None:
    project.declare(name=True, rotation={"fn::secret": {"keepPreviousDays": 3}})

    refused = project.up_fails()

    assert "it must be text: put it in quotes" in refused.text
    assert "its values can be outputs, but rotation itself cannot" in refused.text
    assert "Traceback" not in refused.text
    assert "File " not in refused.text


@pytest.mark.slow
def test_up_accepts_a_name_of_digits(project: ComponentProject, tenant: RunningEmulator) -> None:
    project.declare(name=365).up()

    assert project.key()["key_id"] == tenant.client_named("365").id


@pytest.mark.slow
def test_up_works_with_the_package_in_a_folder(
    project: ComponentProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    package = Path(__file__).parents[3] / "zdx_component"
    folder = tmp_path / "zdx_component"
    folder.mkdir()
    (folder / "__main__.py").write_text((package / "__main__.py").read_text())
    described = yaml.safe_load((package / "PulumiPlugin.yaml").read_text())
    described["runtime"]["options"]["virtualenv"] = sys.prefix
    (folder / "PulumiPlugin.yaml").write_text(yaml.safe_dump(described))
    file = project.folder / "Pulumi.yaml"
    plugins = {"providers": [{"name": "zdx", "path": str(folder)}]}
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "plugins": plugins}))

    shown = project.up()

    assert f"{COMPONENT} ci" in shown.text
    assert_sound(project, tenant)
