"""A key that two states, or none, speak of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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
def stack_a(open_stack: OpenStack) -> PulumiProject:
    """A stack with a key in its state."""
    stack = open_stack("a")
    stack.up()
    return stack


@pytest.fixture
def heir(
    open_stack: OpenStack,
    stack_a: PulumiProject,  # noqa: ARG001 - its key is there first
) -> PulumiProject:
    """Stack B, which has taken over the key that stack A has in its state."""
    stack = open_stack("b").program(ADOPTED.format(role="ZDX Service Desk Tier 1"))
    stack.up()
    return stack


def test_a_key_that_is_passed_on_works_in_both_stacks_with_a_secret_for_each(
    stack_a: PulumiProject, heir: PulumiProject, tenant: RunningEmulator
) -> None:
    assert assert_sound(stack_a, tenant) == assert_sound(heir, tenant)
    assert stack_a.key()["key_secret"] != heir.key()["key_secret"]


def test_a_take_over_is_shown_with_the_day_on_which_the_former_secret_goes(
    stack_a: PulumiProject, open_stack: OpenStack
) -> None:
    former = stack_a.key()["secret_id"]

    said = open_stack("b").program(ADOPTED.format(role="ZDX Super Admin")).up()

    assert "already existed and was taken over" in said.text
    assert f"revokes the previous one, {former}" in said.text


def test_after_a_take_over_the_old_stack_finds_the_drift_and_is_kept_from_correcting_it(
    stack_a: PulumiProject, heir: PulumiProject, tenant: RunningEmulator
) -> None:
    before = tenant.clients()

    refresh = stack_a.refresh("--diff")
    failed = stack_a.up_fails()

    assert "ZDX Service Desk Tier 1" in refresh.text
    assert "is now managed by keys/b/ci" in failed.text
    assert tenant.clients() == before
    assert_sound(heir, tenant)
    heir.assert_no_changes()


def test_after_a_take_over_the_old_stack_is_destroyed_and_the_key_is_kept(
    stack_a: PulumiProject, heir: PulumiProject, tenant: RunningEmulator
) -> None:
    destroyed = stack_a.destroy()

    assert "was kept because keys/b/ci took it over" in destroyed.text
    assert stack_a.recorded_keys() == []
    assert_sound(heir, tenant)


def test_a_key_moved_with_its_state_stays_and_its_marker_is_rewritten(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    key_id = assert_sound(stack_a, tenant)
    stack_b = open_stack("b").program(NOTHING)
    stack_b.up()
    stack_a.run("state", "move", "--yes", "--source=a", "--dest=b", stack_a.urn_of("ci"))
    stack_a.program(NOTHING).up()
    stack_b.program(ONE_KEY.format(description=""))

    stack_b.up()

    assert assert_sound(stack_b, tenant) == key_id
    assert "[pulumi keys/b/ci #" in tenant.client(key_id).description
    stack_a.destroy()
    assert assert_sound(stack_b, tenant) == key_id


def test_a_second_state_of_the_same_stack_is_refused_the_key(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    second = open_stack("a", backend="another backend")

    failed = second.up_fails()

    assert "or another copy of this stack's state" in failed.text
    second.destroy()
    assert_sound(stack_a, tenant)
    stack_a.assert_no_changes()


def test_state_whose_key_a_second_one_took_over_neither_updates_nor_deletes_it(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    second = open_stack("a", backend="another backend")
    second.configure({"zdx:resumeInterrupted": True})
    second.up()

    failed = stack_a.program(ONE_KEY.format(description="by the first state")).up_fails()
    stack_a.destroy()

    assert "with another copy of the state" in failed.text
    assert_sound(second, tenant)


def test_copied_state_under_another_stack_name_leaves_the_key_to_the_stack_that_updated_it(
    stack_a: PulumiProject, open_stack: OpenStack, tenant: RunningEmulator
) -> None:
    exported = stack_a.run("stack", "export", "--show-secrets").stdout
    stack_a.transcript.pop()
    copy = open_stack("copy").program(NOTHING)
    renamed = copy.folder / "state.json"
    renamed.write_text(exported.replace("urn:pulumi:a::", "urn:pulumi:copy::"))
    copy.run("stack", "import", "--file", str(renamed))
    copy.program(ONE_KEY.format(description="by the copy")).up()

    refused = stack_a.program(ONE_KEY.format(description="by the first")).up_fails()
    stack_a.program(NOTHING).up()

    assert "To leave it there, remove this declaration; the key is kept" in refused.text
    assert stack_a.recorded_keys() == []
    assert_sound(copy, tenant)


def test_a_key_that_the_state_was_made_to_forget_is_refused(
    stack_a: PulumiProject, tenant: RunningEmulator
) -> None:
    key_id = assert_sound(stack_a, tenant)
    stack_a.run("state", "delete", "--yes", stack_a.urn_of("ci"))

    failed = stack_a.up_fails()

    assert "pulumi config set zdx:resumeInterrupted true, then pulumi up" in failed.text
    assert tenant.client_named("ci").id == key_id


def test_a_key_that_the_state_was_made_to_forget_comes_back_on_request(
    stack_a: PulumiProject, tenant: RunningEmulator
) -> None:
    key_id = assert_sound(stack_a, tenant)
    stack_a.run("state", "delete", "--yes", stack_a.urn_of("ci"))
    stack_a.run("config", "set", "zdx:resumeInterrupted", "true")

    stack_a.up()

    assert assert_sound(stack_a, tenant) == key_id
    assert len(tenant.secrets(key_id)) == 2
    stack_a.assert_no_changes()
