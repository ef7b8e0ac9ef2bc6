"""States of other times and other places."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.fork_server import ForkServer
from support.pulumi_project import PulumiProject
from support.recorded_state import RecordedStack, load

from zdx_emulator.testing import RunningEmulator

RECORDED = sorted((Path(__file__).parent / "fixtures/states").iterdir())
SECRETS = ("plain", "rotated", "disabled", "private")


@pytest.fixture(params=RECORDED, ids=lambda folder: folder.name)
def recorded(
    request: pytest.FixtureRequest, tmp_path: Path, fork_server: ForkServer
) -> Iterator[RecordedStack]:
    """A stack whose state a released version wrote."""
    with load(request.param, tmp_path, fork_server) as stack:
        yield stack


def test_refresh_and_up_with_a_recorded_state_change_nothing(recorded: RecordedStack) -> None:
    project = recorded.declare(1)

    project.refresh("--expect-no-changes")
    project.up("--expect-no-changes")

    secrets = read_secrets(recorded)
    recorded.tenant.change_client(recorded.tenant.client_named("disabled").id, status=True)
    assert [name for name in SECRETS if can_authenticate(recorded, name, secrets[name])] == [
        *SECRETS
    ]


def test_update_rotation_and_destroy_work_with_a_recorded_state(recorded: RecordedStack) -> None:
    before, tenant = read_secrets(recorded), recorded.tenant

    recorded.declare(2).up()

    after = read_secrets(recorded)
    assert {name for name in SECRETS if after[name] != before[name]} == {"rotated"}
    assert [name for name in SECRETS if can_authenticate(recorded, name, after[name])] == [*SECRETS]
    assert tenant.client_named("disabled").status
    for name in ("plain", "private", "certificate", "jwks"):
        assert tenant.client_named(name).description.startswith("round 2 [pulumi")
    public_keys = tenant.client_named("public-keys").client_authentication.public_keys or []
    assert [key.key_name for key in public_keys] == ["a", "b"]
    assert tenant.client_named("converted").client_authentication.auth_type == "SECRET"
    recorded.project.destroy()
    assert [client.name for client in tenant.clients()] == ["shared"]


def read_secrets(recorded: RecordedStack) -> dict[str, str]:
    """Return the secrets in the state by the names of their keys."""
    outputs = recorded.project.outputs()
    return {name: outputs[f"{name} secret"] for name in SECRETS}


def can_authenticate(recorded: RecordedStack, name: str, secret: str) -> bool:
    return recorded.tenant.can_authenticate(recorded.tenant.client_named(name).id, secret)


@pytest.mark.slow
def test_destroy_works_from_another_directory(
    created: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    project = created
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    project.environment["PULUMI_PYTHON_CMD"] = sys.executable
    stack = f"organization/{project.name}/{project.stack}"

    project.destroy("--stack", stack, "--cwd", str(elsewhere))

    assert tenant.clients() == []
