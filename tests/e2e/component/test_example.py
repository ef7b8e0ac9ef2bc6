"""The example without a program, run as it is; only its tenant's address differs."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from support.component_project import PACKAGE, ComponentProject
from support.example import copy_example

from zdx_emulator.testing import RunningEmulator

FOLLOWING = """
resources:
  keys:
    type: pulumi:pulumi:StackReference
    properties:
      name: organization/yaml-keys/dev
outputs:
  keyId: ${keys.outputs["key_id"]}
  keySecret: ${keys.outputs["key_secret"]}
"""


@pytest.fixture
def example(tmp_path: Path, settings: dict[str, Any]) -> ComponentProject:
    """The example's stack `dev`, against the test's tenant."""
    folder = tmp_path / "example"
    name = copy_example("examples/yaml", folder)
    file = folder / "Pulumi.yaml"
    described = yaml.safe_load(file.read_text())
    assert described["plugins"]["providers"][0]["path"] == "../../.venv/bin"
    file.write_text(yaml.safe_dump({**described, "plugins": {"providers": [PACKAGE]}}))
    project = ComponentProject(
        folder, name, "dev", {"PULUMI_CONFIG_PASSPHRASE": "emulator-only"}, tmp_path / "engine"
    )
    project.init({key: settings[key] for key in ("zdx:apiUrl", "zdx:tokenUrl")})
    return project


@pytest.fixture
def follower(tmp_path: Path, example: ComponentProject) -> ComponentProject:
    """Another stack, which takes the rotating key from the example's."""
    folder = tmp_path / "follower"
    folder.mkdir()
    project = ComponentProject(
        folder, "follower", "dev", {"PULUMI_CONFIG_PASSPHRASE": "emulator-only"}, example.home
    )
    project.yaml(FOLLOWING).init({})
    return project


@pytest.mark.slow
def test_example_creates_rotates_passes_on_and_deletes_its_keys(
    example: ComponentProject, follower: ComponentProject, tenant: RunningEmulator
) -> None:
    example.up()
    example.assert_no_changes()
    names = sorted(client.name for client in tenant.clients())
    assert names == ["yaml-ci", "yaml-reports", "yaml-service-desk"]
    before = example.outputs()["key_secret"]
    file = example.folder / "Pulumi.yaml"
    file.write_text(file.read_text().replace("incident: none", "incident: laptop lost"))

    example.up()
    follower.up()

    passed_on = follower.outputs()
    assert passed_on["keySecret"] != before
    assert tenant.token_for(passed_on["keyId"], passed_on["keySecret"])
    assert tenant.token_for(passed_on["keyId"], before)
    assert passed_on["keySecret"] not in "".join(follower.transcript)
    example.destroy()
    assert tenant.clients() == []
