"""A team whose state is in one PostgreSQL database."""

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from support.engine_processes import CLI, EngineProcesses
from support.postgres import PASSWORD, running_postgres
from support.pulumi_project import PATIENCE_SECONDS, PulumiProject, Run
from support.soundness import assert_sound

from zdx_emulator.testing import SECRETS, RunningEmulator

UP = ("up", "--yes", "--skip-preview")
LOCKED = "the stack is currently locked by 1 lock(s)"

ONE_KEY = """
ApiKey("ci", name="ci", role="ZDX Read-only Admin")
"""
TWO_KEYS = f"""
{ONE_KEY}
ApiKey("desk", name="desk", role="ZDX Service Desk Tier 1")
"""


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with running_postgres() as url:
        yield url


@pytest.fixture
def alice(tmp_path: Path, settings: dict[str, Any], database: str) -> PulumiProject:
    """A member of the team, who has made the stack."""
    folder = tmp_path / "alice"
    folder.mkdir()
    backend = f"{database}&table=state_{uuid4().hex}"
    alice = PulumiProject(folder, environment={"PULUMI_BACKEND_URL": backend})
    return alice.create(settings).program(ONE_KEY)


@pytest.fixture
def bob(tmp_path: Path, alice: PulumiProject) -> PulumiProject:
    """Another member, with the same files and an engine of his own."""
    engine = shutil.ignore_patterns(alice.engine_folder.name)
    folder = Path(shutil.copytree(alice.folder, tmp_path / "bob", ignore=engine))
    bob = PulumiProject(folder, environment=alice.environment)
    bob.run("stack", "select", bob.stack)
    return bob


@contextmanager
def in_the_middle_of_an_up(project: PulumiProject, tenant: RunningEmulator) -> Iterator[None]:
    """Holds an `up` where it has created a secret that the state does not know yet."""
    tenant.fault(method="POST", path=SECRETS, hold="after")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(project.up)
        try:
            tenant.wait_until_held()
            yield
        finally:
            tenant.clear_faults()
        running.result()


def kill_in_the_middle_of_an_up(project: PulumiProject, tenant: RunningEmulator) -> None:
    tenant.fault(method="POST", path=SECRETS, hold="after")
    command = subprocess.Popen(
        project.command(*UP),
        cwd=project.folder,
        env=project.variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    tenant.wait_until_held()
    processes = EngineProcesses.of(command.pid)
    processes.named(CLI).kill()
    command.wait(PATIENCE_SECONDS)
    processes.kill_survivors()
    tenant.clear_faults()


def names(tenant: RunningEmulator) -> list[str]:
    return sorted(client.name for client in tenant.clients())


@pytest.mark.slow
def test_up_is_locked_during_another_run_and_works_afterwards(
    alice: PulumiProject, bob: PulumiProject, tenant: RunningEmulator
) -> None:
    bob.program(TWO_KEYS)

    with in_the_middle_of_an_up(alice, tenant):
        bob.preview()
        refused = bob.up_fails()
    bob.up()

    assert LOCKED in refused.text
    assert PASSWORD not in refused.text
    assert names(tenant) == ["ci", "desk"]
    assert_sound(alice, tenant, "ci")
    assert_sound(alice, tenant, "desk")
    alice.program(TWO_KEYS).assert_no_changes()


@pytest.mark.slow
def test_up_by_two_members_at_once_leaves_one_key_and_one_state(
    alice: PulumiProject, bob: PulumiProject, tenant: RunningEmulator
) -> None:
    def up(member: PulumiProject) -> Run:
        return member.run_unchecked(*UP)

    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(up, [alice, bob]))
    alice.up()

    assert all("currently locked by" in run.text for run in runs if run.returncode != 0)
    assert names(tenant) == ["ci"]
    assert_sound(bob, tenant)
    bob.assert_no_changes()


@pytest.mark.slow
def test_cancel_removes_the_lock_of_a_killed_run(
    alice: PulumiProject, bob: PulumiProject, tenant: RunningEmulator
) -> None:
    bob.configure({"zdx:resumeInterrupted": True})
    kill_in_the_middle_of_an_up(alice, tenant)

    refused = bob.up_fails()
    bob.run("cancel", "--yes")
    bob.up()

    assert LOCKED in refused.text
    assert names(tenant) == ["ci"]
    assert_sound(alice, tenant)
