"""The examples and the root project, run as they are; only the tenants' addresses differ.

Where a README is followed, its own commands are what runs.
"""

import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.calendar import Calendar
from support.example import ROOT, copy_example
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound
from support.walkthrough import Walkthrough

from zdx_emulator.testing import TOKEN, RunningEmulator

PUBLIC_PASSPHRASE = "emulator-only"
EMULATOR = "http://127.0.0.1:8765"
SECOND_EMULATOR = "http://127.0.0.1:8766"

OpenProject = Callable[..., PulumiProject]
OpenWalkthrough = Callable[[str, PulumiProject], Walkthrough]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What stands for the root of the repository."""
    return tmp_path / "copy"


@pytest.fixture
def open_project(root: Path, tenant: RunningEmulator) -> OpenProject:
    """Copy a project's files and create its stack `dev`, against the test's tenant."""

    def copied(path: str, passphrase: str = PUBLIC_PASSPHRASE) -> PulumiProject:
        project = PulumiProject(
            root / path,
            name=copy_example(path, root / path),
            stack="dev",
            environment={"PULUMI_CONFIG_PASSPHRASE": passphrase},
            home=root / "engine",
        )
        reach(project, tenant, EMULATOR)
        if passphrase != PUBLIC_PASSPHRASE:
            forget_salt(project)
        return project.init({})

    return copied


@pytest.fixture
def open_walkthrough(root: Path) -> OpenWalkthrough:
    """Begins to follow a README, from the root of the repository, for a project."""
    return lambda readme, project: Walkthrough(readme, root, project)


def reach(project: PulumiProject, tenant: RunningEmulator, address: str) -> None:
    """Have the stack's settings lead to a tenant instead of to an address."""
    file = project.folder / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace(address, tenant.url))


def names(tenant: RunningEmulator) -> list[str]:
    return sorted(client.name for client in tenant.clients())


def forget_salt(project: PulumiProject) -> None:
    """Have the stack made again, under a passphrase of its own."""
    file = project.folder / "Pulumi.dev.yaml"
    stack = yaml.safe_load(file.read_text())
    del stack["encryptionsalt"]
    file.write_text(yaml.safe_dump(stack))


def test_quickstart_creates_a_key_hides_its_secret_and_deletes_it(
    open_project: OpenProject, open_walkthrough: OpenWalkthrough, tenant: RunningEmulator
) -> None:
    project = open_project("examples/quickstart")

    said = open_walkthrough("examples/quickstart/README.md", project).follow()

    assert "+ 2 created" in said.text
    assert "key_secret  [secret]" in said.text
    assert "- 2 deleted" in said.text
    assert tenant.clients() == []


def test_consumer_reads_the_tenant_with_the_key_of_another_stack(
    open_project: OpenProject, open_walkthrough: OpenWalkthrough
) -> None:
    producer = open_project("examples/two-stacks/producer")
    consumer = open_project("examples/two-stacks/consumer")

    open_walkthrough("examples/two-stacks/README.md", producer).follow()

    assert consumer.outputs() == {"departments": ["Engineering", "Finance", "Sales"]}


@pytest.mark.slow
def test_consumer_fails_clearly_if_the_producer_has_no_key(open_project: OpenProject) -> None:
    producer = open_project("examples/two-stacks/producer")
    producer.up()
    producer.destroy()

    failed = open_project("examples/two-stacks/consumer").up_fails()

    assert "the producer has no key yet" in failed.text
    assert "Traceback" not in failed.text


@pytest.mark.slow
def test_consumer_fails_clearly_with_another_passphrase(open_project: OpenProject) -> None:
    open_project("examples/two-stacks/producer").up()
    consumer = open_project("examples/two-stacks/consumer", passphrase="another-one")

    failed = consumer.up_fails()

    assert "both stacks need the same passphrase" in failed.text


@pytest.mark.slow
def test_consumer_works_after_a_rotation(
    open_project: OpenProject, open_walkthrough: OpenWalkthrough
) -> None:
    rotating = open_project("examples/rotation")
    consumer = open_project("examples/two-stacks/consumer")
    walkthrough = open_walkthrough("examples/rotation/README.md", rotating)
    walkthrough.follow()
    walkthrough.follow()
    before = rotating.outputs()["key_secret"]

    walkthrough.follow()

    assert rotating.outputs()["key_secret"] != before
    assert consumer.outputs() == {"departments": ["Engineering", "Finance", "Sales"]}


@pytest.mark.slow
def test_consumer_fails_with_403_if_the_role_is_insufficient(open_project: OpenProject) -> None:
    producer = open_project("examples/two-stacks/producer")
    program = producer.folder / "__main__.py"
    role = "ZDX Service Desk Tier 1"
    program.write_text(program.read_text().replace("ZDX Read-only Admin", role))
    producer.up()

    failed = open_project("examples/two-stacks/consumer").up_fails()

    assert "403 Client Error: Forbidden" in failed.text


@pytest.fixture
def read_departments(tenant: RunningEmulator) -> Callable[[], list[str]]:
    """Reads departments with a key of the tenant, as the consumer of `two-stacks` does."""
    client = tenant.create_client("reports")
    secret = tenant.add_secret(client.id).value
    zdx = runpy.run_path(str(ROOT / "examples" / "two-stacks" / "consumer" / "zdx.py"))

    def read(api_url: str = tenant.url) -> list[str]:
        departments: list[str] = zdx["departments"](
            client.id, secret, token_url=f"{tenant.url}{TOKEN}", api_url=api_url
        )
        return departments

    return read


def test_consumer_reads_no_netrc(
    read_departments: Callable[[], list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password obviously-fake\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    assert read_departments() == ["Engineering", "Finance", "Sales"]


@pytest.mark.parametrize("path", [TOKEN, "/zdx/v1/*"])
def test_consumer_follows_no_redirect(
    path: str,
    read_departments: Callable[[], list[str]],
    tenant: RunningEmulator,
    globex: RunningEmulator,
) -> None:
    tenant.fault(path=path, redirect=f"{globex.url}/elsewhere")

    with pytest.raises(ValueError, match="redirects to another address"):
        read_departments()

    assert globex.requests() == []


def test_consumer_sends_no_token_without_tls(read_departments: Callable[..., list[str]]) -> None:
    with pytest.raises(ValueError, match=r"http://api\.zsapi\.net/\S+ is not https"):
        read_departments("http://api.zsapi.net")


def test_keyless_example_reads_the_tenant_and_has_no_private_key_in_its_state(
    open_project: OpenProject, open_walkthrough: OpenWalkthrough, tenant: RunningEmulator
) -> None:
    project = open_project("examples/keyless")
    walkthrough = open_walkthrough("examples/keyless/README.md", project)

    walkthrough.follow()
    read = [walkthrough.follow().stdout for _ in ("with a file", "with a signer")]
    shown = walkthrough.follow()

    assert read == ["Engineering, Finance, Sales\n"] * 2
    (client,) = tenant.clients()
    assert client.client_authentication.auth_type == "PUBKEYCERT"
    assert shown.stdout.split()[:2] == [client.id, "emulator"]
    state = project.run("stack", "export", "--show-secrets").stdout
    assert "PUBLIC KEY" in state
    assert "PRIVATE KEY" not in state


@pytest.mark.slow
def test_many_keys_example_creates_and_deletes_keys_as_its_file_changes(
    open_project: OpenProject, open_walkthrough: OpenWalkthrough, tenant: RunningEmulator
) -> None:
    project = open_project("examples/many-keys")
    entries = (project.folder / "keys.yaml").read_text()
    walkthrough = open_walkthrough("examples/many-keys/README.md", project)

    walkthrough.follow()
    listed = names(tenant)
    added = walkthrough.follow()
    grown = names(tenant)
    (project.folder / "keys.yaml").write_text(entries)
    project.up()

    assert listed == ["reports", "service-desk"]
    assert "+ 1 created\n    3 unchanged" in added.text
    assert grown == ["night-shift", "reports", "service-desk"]
    assert names(tenant) == listed


@pytest.mark.slow
def test_adopt_example_takes_over_a_key_and_later_revokes_its_old_secret(
    open_project: OpenProject, open_walkthrough: OpenWalkthrough, tenant: RunningEmulator
) -> None:
    manually = tenant.create_client("night-watch")
    old_secret = tenant.add_secret(manually.id)
    project = open_project("examples/adopt")
    walkthrough = open_walkthrough("examples/adopt/README.md", project)
    walkthrough.follow()

    refused = project.up_fails()
    taken_over = walkthrough.follow()
    shown = walkthrough.follow()
    without_permission = walkthrough.follow()

    assert "isn't managed by Pulumi" in refused.text
    assert "already existed and was taken over" in taken_over.text
    assert tenant.token_for(manually.id, str(old_secret.value))
    assert tenant.token_for(manually.id, shown.stdout.strip())
    assert "2 unchanged" in without_permission.text

    Calendar(project, tenant).pass_days(8)
    walkthrough.follow()

    assert old_secret.id not in [secret.id for secret in tenant.secrets(manually.id)]
    assert assert_sound(project, tenant, "night-watch") == manually.id
    project.assert_no_changes()


@pytest.mark.slow
def test_multi_tenant_example_creates_a_key_in_each_tenant(
    open_project: OpenProject,
    open_walkthrough: OpenWalkthrough,
    tenant: RunningEmulator,
    globex: RunningEmulator,
) -> None:
    project = open_project("examples/multi-tenant")
    reach(project, globex, SECOND_EMULATOR)
    walkthrough = open_walkthrough("examples/multi-tenant/README.md", project)

    walkthrough.follow()
    walkthrough.follow()
    listed = walkthrough.follow()
    outputs = project.outputs()

    assert outputs["emea.key_id"] == tenant.client_named("reports").id
    assert outputs["apac.key_id"] == globex.client_named("reports").id
    assert outputs["emea.key_id"] in listed.text
    assert outputs["apac.key_id"] in listed.text
    project.destroy()
    assert names(tenant) == names(globex) == []


def test_root_project_creates_the_keys_of_its_config(
    open_project: OpenProject, tenant: RunningEmulator
) -> None:
    project = open_project(".")

    project.up()

    assert names(tenant) == ["ci", "service-desk"]
    assert project.outputs()["ci.key_id"] == tenant.client_named("ci").id


@pytest.mark.slow
def test_root_project_declares_a_key_without_a_secret(
    open_project: OpenProject, tenant: RunningEmulator
) -> None:
    project = open_project(".")
    keyless = {"jwksUrl": "https://acme.example/jwks"}
    entry = {"name": "ci", "role": "ZDX Read-only Admin", "authentication": keyless}
    project.configure({"zdx-keys:keys": [entry]})

    project.up()

    authentication = tenant.client_named("ci").client_authentication
    assert authentication.client_jwks_url == "https://acme.example/jwks"
    assert "ci.key_secret" not in project.outputs()


@pytest.mark.slow
def test_root_project_accepts_a_name_of_digits_and_corrects_a_boolean(
    open_project: OpenProject, tenant: RunningEmulator
) -> None:
    project = open_project(".")
    project.run("config", "set", "--path", "zdx-keys:keys[0].name", "365")

    project.up()
    project.configure({"zdx-keys:keys": [{"name": True, "role": "ZDX Read-only Admin"}]})
    refused = project.fail("preview", "--color=never")
    (line,) = set(re.findall(r"or run: (pulumi config set .*)", refused.text))
    project.run_in_shell(line.replace("TEXT", "true"))
    project.up()

    assert names(tenant) == ["true"]


def test_root_project_refuses_the_public_passphrase_in_a_new_stack(
    open_project: OpenProject,
) -> None:
    project = open_project(".")
    project.run("stack", "init", "prod", "--copy-config-from", "dev")
    project.stack = "prod"

    failed = project.fail("preview", "--stack", "prod")

    assert "set PULUMI_CONFIG_PASSPHRASE to your own passphrase" in failed.text
