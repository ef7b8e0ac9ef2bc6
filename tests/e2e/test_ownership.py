"""A key that two states, or none, speak of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.first_up import FirstUp
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator

OpenStack = Callable[..., PulumiProject]

ONE_KEY = 'ApiKey("ci", name="ci", role="ZDX Read-only Admin", description={description!r})'
ADOPTED = 'ApiKey("ci", name="ci", role="{role}", adopt=True)'
NOTHING = ""


@pytest.fixture
def open_stack(tmp_path: Path, settings: dict[str, Any]) -> OpenStack:
    """Makes a stack whose program declares one key; stacks share a backend unless shown not to."""

    def opened(stack: str, backend: str = "backend") -> PulumiProject:
        folder = tmp_path / f"{stack} in {backend}"
        folder.mkdir()
        project = PulumiProject(folder, stack=stack, home=tmp_path / backend)
        return project.create(settings).program(ONE_KEY.format(description=""))

    return opened


@pytest.fixture
def stack_a(
    open_stack: OpenStack, tenant: RunningEmulator, first_up: FirstUp, tmp_path: Path
) -> PulumiProject:
    """A stack with a key in its state."""
    stack = open_stack("test")
    first_up.copy_to(stack, tenant, tmp_path / "tenant")
    return stack


def test_take_over_by_another_stack_locks_out_the_first_stack(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    before = stack_a.key()
    stack_b = open_stack("b").program(ADOPTED.format(role="ZDX Service Desk Tier 1"))

    taken_over = stack_b.up()
    assert assert_sound(stack_a, tenant) == assert_sound(stack_b, tenant)
    refused = stack_a.program(ONE_KEY.format(description="by the first")).up_fails()
    destroyed = stack_a.destroy()

    assert "already existed and was taken over" in taken_over.text
    assert f"revokes the previous one, {before['secret_id']}" in taken_over.text
    assert before["key_secret"] != stack_b.key()["key_secret"]
    assert "is now managed by keys/b/ci" in refused.text
    assert "was kept because keys/b/ci took it over" in destroyed.text
    assert stack_a.recorded_keys() == []
    assert_sound(stack_b, tenant)


@pytest.mark.slow
def test_state_move_keeps_the_key_and_rewrites_its_marker(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    key_id = assert_sound(stack_a, tenant)
    stack_b = open_stack("b").program(NOTHING)
    stack_b.up()
    stack_a.run("state", "move", "--yes", "--source=test", "--dest=b", stack_a.urn_of("ci"))
    stack_a.program(NOTHING).up()
    stack_b.program(ONE_KEY.format(description=""))

    stack_b.up()

    assert assert_sound(stack_b, tenant) == key_id
    assert "[pulumi keys/b/ci #" in tenant.client(key_id).description
    stack_a.destroy()
    assert assert_sound(stack_b, tenant) == key_id


@pytest.mark.slow
def test_up_with_a_second_state_is_refused_until_resume_interrupted(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    second = open_stack("test", backend="another backend")
    refused = second.up_fails()
    second.configure({"zdx:resumeInterrupted": True})
    second.up()

    refused_first = stack_a.program(ONE_KEY.format(description="by the first state")).up_fails()
    stack_a.destroy()

    assert "or another copy of this stack's state" in refused.text
    assert "with another copy of the state" in refused_first.text
    assert_sound(second, tenant)


@pytest.mark.slow
def test_up_from_a_copied_state_leaves_the_key_to_the_last_updater(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    exported = stack_a.run("stack", "export", "--show-secrets").stdout
    stack_a.transcript.pop()
    copy = open_stack("copy").program(NOTHING)
    renamed = copy.folder / "state.json"
    renamed.write_text(exported.replace("urn:pulumi:test::", "urn:pulumi:copy::"))
    copy.run("stack", "import", "--file", str(renamed))
    copy.program(ONE_KEY.format(description="by the copy")).up()

    refused = stack_a.program(ONE_KEY.format(description="by the first")).up_fails()
    stack_a.program(NOTHING).up()

    assert "To leave it there, remove this declaration; the key is kept" in refused.text
    assert stack_a.recorded_keys() == []
    assert_sound(copy, tenant)


@pytest.mark.slow
def test_up_after_state_delete_is_refused_until_resume_interrupted(
    stack_a: PulumiProject, tenant: RunningEmulator
) -> None:
    key_id = assert_sound(stack_a, tenant)
    stack_a.run("state", "delete", "--yes", stack_a.urn_of("ci"))

    refused = stack_a.up_fails()
    stack_a.run("config", "set", "zdx:resumeInterrupted", "true")
    stack_a.up()

    assert "pulumi config set zdx:resumeInterrupted true, then pulumi up" in refused.text
    assert assert_sound(stack_a, tenant) == key_id
    assert len(tenant.secrets(key_id)) == 2
    stack_a.assert_no_changes()
