"""States of other times and other places."""

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from support.calendar import MOVED_CLOCK
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

FIXTURE = Path(__file__).parent / "fixtures" / "key-of-schema-1.json"

AS_RECORDED = """
from zdx_provider import RotationArgs

key = ApiKey(
    "ci",
    name="{name}",
    role="ZDX Read-only Admin",
    description="fixture",
    rotation=RotationArgs(secret_lifetime_days=90, triggers={{"incident": "none"}}),
)
pulumi.export("key_secret", key.key_secret)
"""


@pytest.fixture
def parse_state(project: PulumiProject, tenant: RunningEmulator) -> PulumiProject:
    """A stack whose state holds the key that schema 1 recorded, on the day on which it did."""
    resource = json.loads(FIXTURE.read_text())
    outputs = resource["outputs"]
    mark = f"[pulumi {outputs['managed_by']} #{outputs['ownership_id']}]"
    client = tenant.create_client("ci", description=f"fixture {mark}")
    made = datetime.fromisoformat(outputs["secret_created_at"].replace("Z", "+00:00"))
    ahead = int((made - datetime.now(timezone.utc)).total_seconds())
    project.environment |= {
        "PYTHONPATH": str(MOVED_CLOCK),
        "ZDX_TEST_SECONDS_AHEAD": str(ahead),
    }
    project.program("").up()
    state = _exported(project)
    resource["id"] = outputs["key_id"] = client.id
    state["deployment"]["resources"].append(resource)
    _import(project, state)
    return project


@pytest.mark.slow
def test_up_with_a_state_of_schema_1_changes_nothing(parse_state: PulumiProject) -> None:
    parse_state.program(AS_RECORDED.format(name="ci"))

    parse_state.up("--expect-no-changes")

    assert parse_state.outputs()["key_secret"] == "obviously-fake-secret-of-schema-1"


def test_update_and_destroy_work_with_a_state_of_schema_1(
    parse_state: PulumiProject, tenant: RunningEmulator
) -> None:
    parse_state.program(AS_RECORDED.format(name="ci-2"))

    parse_state.up()

    assert parse_state.outputs()["key_secret"] == "obviously-fake-secret-of-schema-1"
    assert [client.name for client in tenant.clients()] == ["ci-2"]
    parse_state.destroy()
    assert tenant.clients() == []


def test_destroy_refuses_the_state_of_a_later_version(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()
    before = tenant.clients()
    state = _exported(project)
    for resource in state["deployment"]["resources"]:
        if resource["type"].endswith(":ApiKey"):
            resource["outputs"]["schema_version"] = 2
    _import(project, state)

    refused = project.fail("destroy", "--yes", "--skip-preview")

    assert "has schema 2, but this version of zdx-provider supports schemas up to 1" in refused.text
    assert "Upgrade the package zdx-provider" in refused.text
    assert tenant.clients() == before


@pytest.mark.slow
def test_destroy_works_from_another_directory(
    project: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    project.up()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.environment["PULUMI_PYTHON_CMD"] = sys.executable
    stack = f"organization/{project.name}/{project.stack}"

    project.destroy("--stack", stack, "--cwd", str(elsewhere))

    assert tenant.clients() == []


def _exported(project: PulumiProject) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(project.run("stack", "export").stdout)
    return state


def _import(project: PulumiProject, state: dict[str, Any]) -> None:
    file = project.folder / "state.json"
    file.write_text(json.dumps(state))
    project.run("stack", "import", "--file", str(file))
