"""The example's pipelines: what their files show GitHub and GitLab to run is run here.

Not run is what sets a machine up: actions, the image, and what needs a package registry.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.calendar import MOVED_CLOCK, SECONDS_A_DAY
from support.ci_file import (
    Event,
    Script,
    read_github_script,
    read_gitlab_jobs,
    read_gitlab_script,
    read_gitlab_setup,
    read_workflows,
)
from support.example import ROOT, copy_example
from support.key_pair import KeyPair
from support.pulumi_project import PulumiProject, Run, run_program
from support.soundness import assert_sound

from zdx_emulator.testing import TOKEN, VANITY_DOMAIN, RunningEmulator

EXAMPLE = ROOT / "examples" / "pipeline"
PASSPHRASE = "not-a-real-passphrase"
PASSWORD = "not-a-real-password"
INSTALL = "python -m venv .venv && .venv/bin/pip install -r requirements.txt"
ACTIONS = {"actions/checkout", "actions/setup-python", "pulumi/actions"}

PINNED = re.compile(r"(- )?uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+.*")

ReadScript = Callable[[Path, Event, Mapping[str, str]], Script]


@dataclass(frozen=True)
class Pipeline:
    """The example's project in the hands of a CI server.

    Attributes:
        project: The project; its environment is that of the server's machine.
        read: Gives what the server runs.
        stored: What the server keeps for the project.
        outputs: What every run has printed.
    """

    project: PulumiProject
    read: ReadScript
    stored: dict[str, str]
    outputs: list[str] = field(default_factory=list)

    def run(self, event: Event) -> Run:
        script = self.read(EXAMPLE, event, self.stored)
        machine = self.project.variables()
        for name in ("BACKEND_URL", "CONFIG_PASSPHRASE", "STACK"):
            del machine[f"PULUMI_{name}"]
        command = [*script.shell, script.text]
        run = run_program(command, self.project.folder, {**machine, **script.environment})
        self.outputs.append(run.text)
        return run

    def succeed(self, event: Event) -> Run:
        run = self.run(event)
        assert run.returncode == 0, str(run)
        return run

    def move_to_week(self, week: int) -> None:
        """Make that many weeks pass for program and plugin.

        Not for the tenant: what the private key signs bears the true time.
        """
        self.project.environment["PYTHONPATH"] = str(MOVED_CLOCK)
        self.project.environment["ZDX_TEST_SECONDS_AHEAD"] = str(7 * week * SECONDS_A_DAY)


def secret_ids(tenant: RunningEmulator) -> list[str]:
    """The secrets of the example's key."""
    return [secret.id for secret in tenant.secrets(tenant.client_named("reports").id)]


@pytest.fixture
def project(tmp_path: Path, tenant: RunningEmulator) -> PulumiProject:
    """The example's project with its stack, as its README has it set up."""
    folder = tmp_path / "repository"
    where_the_tenant_is = {"zdx:apiUrl": tenant.url, "zdx:tokenUrl": f"{tenant.url}{TOKEN}"}
    return PulumiProject(
        folder,
        name=copy_example("examples/pipeline", folder),
        stack="prod",
        environment={"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE},
        home=tmp_path / "engine",
    ).init(where_the_tenant_is)


@pytest.fixture(
    params=[read_github_script, pytest.param(read_gitlab_script, marks=pytest.mark.slow)],
    ids=["GitHub", "GitLab"],
)
def pipeline(
    request: pytest.FixtureRequest, project: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> Iterator[Pipeline]:
    """The pipeline, which authenticates with a private key and shows no secret in any run."""
    key = KeyPair.make()
    client = tenant.create_client(
        "pipeline", role="Super Admin", service="ZIAM", clientAuthentication=key.authentication
    )
    project.configure({"zdx:clientId": client.id, "zdx:vanityDomain": VANITY_DOMAIN})
    file = tmp_path / "private-key"
    file.write_text(key.private_pem)
    private_key = {
        read_github_script: {"ZSCALER_PRIVATE_KEY": key.private_pem},
        read_gitlab_script: {"PRIVATE_KEY_FILE": str(file)},
    }
    stored = {
        "PULUMI_BACKEND_URL": project.variables()["PULUMI_BACKEND_URL"],
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PGPASSWORD": PASSWORD,
        **private_key[request.param],
    }
    pipeline = Pipeline(project, request.param, stored)
    yield pipeline
    secrets = {PASSPHRASE, PASSWORD, *key.private_pem.splitlines()}
    secrets |= {key["key_secret"] for key in project.recorded_keys()}
    shown = [secret for secret in secrets for output in pipeline.outputs if secret in output]
    assert shown == []


def test_merge_creates_the_key_of_a_pull_request_and_a_weekly_run_rotates_its_secret(
    pipeline: Pipeline, tenant: RunningEmulator
) -> None:
    before = tenant.clients()
    shown = pipeline.succeed(Event.REQUEST)
    unchanged = tenant.clients() == before and pipeline.project.recorded_keys() == []
    pipeline.succeed(Event.MERGE)
    (first,) = secret_ids(tenant)
    pipeline.move_to_week(10)

    pipeline.succeed(Event.SCHEDULE)

    assert "+ pulumi-python:dynamic/zdx:ApiKey: (create)" in shown.text
    assert unchanged
    assert secret_ids(tenant) == [first, pipeline.project.key()["secret_id"]]
    assert_sound(pipeline.project, tenant, "reports")


@pytest.mark.slow
def test_weekly_run_fails_if_a_key_was_changed_manually(
    pipeline: Pipeline, tenant: RunningEmulator
) -> None:
    pipeline.succeed(Event.MERGE)
    tenant.change_client(tenant.client_named("reports").id, accessTokenLifeTime=86_400)

    failed = pipeline.run(Event.SCHEDULE)

    assert failed.returncode != 0
    assert "token_lifetime_seconds" in failed.text
    assert pipeline.project.key()["token_lifetime_seconds"] == 3600


def test_workflow_setup_steps_only_install() -> None:
    set_up = [
        step.run for workflow in read_workflows(EXAMPLE) for step in workflow.steps if step.sets_up
    ]

    assert set_up == [INSTALL, INSTALL]
    assert read_gitlab_setup(EXAMPLE) == [INSTALL]


def test_workflow_applies_only_merges_to_main() -> None:
    (up,) = [workflow for workflow in read_workflows(EXAMPLE) if "push" in workflow.on]

    assert up.on["push"] == {"branches": ["main"]}
    assert "pull_request" not in up.on


def test_workflow_uses_only_known_actions() -> None:
    used = [
        step.uses for workflow in read_workflows(EXAMPLE) for step in workflow.steps if step.uses
    ]

    assert {action.split("@")[0] for action in used} == ACTIONS


def test_workflow_actions_are_pinned_to_a_commit_with_a_version() -> None:
    files = run_program(["git", "ls-files", "*.yml", "*.yaml", "*.md"], ROOT, dict(os.environ))
    lines = [
        line.strip()
        for file in files.stdout.splitlines()
        for line in (ROOT / file).read_text().splitlines()
        if re.match(r"\s*(- )?uses: ", line)
    ]

    assert len(lines) >= 3 * len(ACTIONS)
    assert [line for line in lines if not PINNED.fullmatch(line)] == []


def test_workflow_may_only_read_the_repository() -> None:
    assert [workflow.permissions for workflow in read_workflows(EXAMPLE)] == [
        {"contents": "read"}
    ] * 2


def test_workflow_gives_secrets_only_to_the_step_that_runs_pulumi() -> None:
    steps = [step for workflow in read_workflows(EXAMPLE) for step in workflow.steps]

    holders = [step for step in steps if "secrets." in step.model_dump_json()]

    assert [step.run.split()[0] for step in holders] == ["pulumi", "pulumi"]
    assert [step for step in holders if "secrets." in step.run] == []


def test_workflow_runs_one_up_at_a_time_without_blocking_previews() -> None:
    turns = {workflow.name: workflow.concurrency for workflow in read_workflows(EXAMPLE)}

    assert turns["preview"] is None
    assert turns["up"] is not None
    assert not turns["up"].cancel_in_progress
    assert {name: job.resource_group for name, job in read_gitlab_jobs(EXAMPLE).items()} == {
        "preview": "",
        "up": turns["up"].group,
    }
