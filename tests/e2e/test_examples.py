"""The examples and the root project, run as they are; only the tenant's address differs."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

ROOT = Path(__file__).resolve().parents[2]
PUBLIC_PASSPHRASE = "emulator-only"

OpenProject = Callable[..., PulumiProject]


@pytest.fixture
def open_project(tmp_path: Path, tenant: RunningEmulator) -> OpenProject:
    """Copies a project's files and makes its stack `dev`, against the test's tenant."""

    def copied(path: str, passphrase: str = PUBLIC_PASSPHRASE) -> PulumiProject:
        folder = tmp_path / "copy" / path
        folder.mkdir(parents=True)
        for file in (ROOT / path).glob("*.*"):
            if file.suffix in (".py", ".yaml"):
                shutil.copy(file, folder)
        description = yaml.safe_load((folder / "Pulumi.yaml").read_text())
        description["runtime"]["options"]["virtualenv"] = sys.prefix
        (folder / "Pulumi.yaml").write_text(yaml.safe_dump(description))
        project = PulumiProject(
            folder,
            name=description["name"],
            stack="dev",
            environment={"PULUMI_CONFIG_PASSPHRASE": passphrase},
            home=tmp_path / "engine",
        )
        stack = yaml.safe_load((folder / "Pulumi.dev.yaml").read_text())
        if passphrase != PUBLIC_PASSPHRASE:
            del stack["encryptionsalt"]
            (folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump(stack))
        config = stack["config"]
        namespace = "zdx" if "zdx:apiUrl" in config else description["name"]
        here = {f"{namespace}:apiUrl": tenant.url, f"{namespace}:tokenUrl": f"{tenant.url}{TOKEN}"}
        return project.init(here)

    return copied


TOKEN = "/oauth2/v1/token"


def test_the_quickstart_makes_its_key(open_project: OpenProject, tenant: RunningEmulator) -> None:
    project = open_project("examples/quickstart")

    project.up()

    assert project.outputs()["key_id"] == tenant.client_named("quickstart-ci").id


def test_a_stack_reads_the_tenant_with_the_key_of_another_stack(open_project: OpenProject) -> None:
    open_project("examples/two-stacks/producer").up()
    consumer = open_project("examples/two-stacks/consumer")

    consumer.up()

    assert consumer.outputs() == {"departments": ["Engineering", "Finance", "Sales"]}


def test_a_consumer_of_a_producer_without_a_key_is_told_so(open_project: OpenProject) -> None:
    producer = open_project("examples/two-stacks/producer")
    producer.up()
    producer.destroy()

    failed = open_project("examples/two-stacks/consumer").up_fails()

    assert "the producer has no key yet" in failed.text
    assert "Traceback" not in failed.text


def test_a_consumer_with_another_passphrase_is_told_so(open_project: OpenProject) -> None:
    open_project("examples/two-stacks/producer").up()
    consumer = open_project("examples/two-stacks/consumer", passphrase="another-one")

    failed = consumer.up_fails()

    assert "both stacks need the same passphrase" in failed.text


def test_a_consumer_follows_a_key_that_rotates(open_project: OpenProject) -> None:
    rotating = open_project("examples/rotation")
    rotating.up()
    consumer = open_project("examples/two-stacks/consumer")
    consumer.configure({"two-stacks-consumer:producer": "organization/rotation/dev"})
    consumer.up()
    before = rotating.outputs()["key_secret"]
    rotating.configure({"rotation:incident": "laptop lost"})

    rotating.up()
    consumer.up()

    assert rotating.outputs()["key_secret"] != before
    assert consumer.outputs() == {"departments": ["Engineering", "Finance", "Sales"]}


def test_a_role_that_does_not_allow_it_is_refused_with_403(open_project: OpenProject) -> None:
    producer = open_project("examples/two-stacks/producer")
    program = producer.folder / "__main__.py"
    role = "ZDX Service Desk Tier 1"
    program.write_text(program.read_text().replace("ZDX Read-only Admin", role))
    producer.up()

    failed = open_project("examples/two-stacks/consumer").up_fails()

    assert "403 Client Error: Forbidden" in failed.text


def test_the_root_project_makes_the_keys_that_its_config_declares(
    open_project: OpenProject, tenant: RunningEmulator
) -> None:
    project = open_project(".")

    project.up()

    assert sorted(client.name for client in tenant.clients()) == ["ci", "service-desk"]
    assert project.outputs()["ci.key_id"] == tenant.client_named("ci").id


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"name": "ci", "role": "ZDX Super Admin"}, "must be a list of entries"),
        (["ci"], "zdx-keys:keys[0] must have a name and a role"),
        ([{"name": "ci"}], "zdx-keys:keys[0] must have a name and a role"),
        ([{"name": "ci", "role": "ZDX Super Admin"}] * 2, "declares 'ci' more than once"),
        ([{"name": "ci", "role": 7}], "zdx-keys:keys[0] must have a name and a role, both text"),
        ([{"name": "", "role": "r"}], "zdx-keys:keys[0] must have a name and a role, both text"),
    ],
)
def test_a_malformed_entry_of_the_root_projects_config_is_named(
    open_project: OpenProject, keys: object, complaint: str
) -> None:
    project = open_project(".")
    project.configure({"zdx-keys:keys": keys})

    failed = project.fail("preview")

    assert complaint in failed.text


def test_a_stack_of_its_own_is_not_encrypted_with_the_public_passphrase(
    open_project: OpenProject,
) -> None:
    project = open_project(".")
    project.run("stack", "init", "prod", "--copy-config-from", "dev")
    project.stack = "prod"

    failed = project.fail("preview", "--stack", "prod")

    assert "set PULUMI_CONFIG_PASSPHRASE to one of your own" in failed.text
