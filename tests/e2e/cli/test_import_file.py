"""`zdx-keys import-file`: from a tenant full of manual keys to code."""

import json
import re
import shlex
import stat
from pathlib import Path
from typing import Any

import pytest
from support.import_journey import IMPORT, assert_manual_keys_become_code
from support.key_pair import KeyPair
from support.keyless import can_authenticate
from support.pulumi_project import PulumiProject
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator

FILES = ("--output", "import.json", "--program", "__main__.py")
TWO_OF_EACH_KIND = 28

ODD_NAMES = """
    class Team(pulumi.ComponentResource):
        def __init__(self, name, type="x:y:Team", opts=None):
            super().__init__(type, name, None, opts)

    def declare(logical_name, name, parent=None):
        opts = pulumi.ResourceOptions(parent=parent)
        ApiKey(logical_name, name=name, role="ZDX Read-only Admin", opts=opts)

    declare("team::ci", "n-colons")
    declare("team/ci", "n-slash")
    declare("x:y:Team$ci", "n-dollar")
    declare("a \\"b\\" 'c' #1] [pulumi x", "n-quotes")
    group = Team("g", "x:y:Group", pulumi.ResourceOptions(parent=Team("team ::1")))
    declare("ci", "n-below", group)
    declare("team/ci", "n-below-slash", group)
    declare("two", "n-below-two", Team("h", "x:y:Group", pulumi.ResourceOptions(parent=Team("t"))))
"""


@pytest.fixture
def home(tmp_path: Path, settings: dict[str, Any]) -> PulumiProject:
    """A project with a stack, and no program yet."""
    folder = tmp_path / "home"
    folder.mkdir()
    return PulumiProject(folder).create(settings)


@pytest.fixture
def at_home(zdx_keys: ZdxKeys, home: PulumiProject) -> ZdxKeys:
    """The command line in that project, its settings in the stack alone."""
    zdx_keys.folder = home.folder
    zdx_keys.environment = home.variables()
    return zdx_keys


def imported(folder: Path) -> dict[str, Any]:
    """The one resource of an import file."""
    (resource,) = json.loads((folder / "import.json").read_text())["resources"]
    return dict(resource)


@pytest.mark.parametrize("count", [TWO_OF_EACH_KIND, pytest.param(250, marks=pytest.mark.slow)])
def test_import_file_turns_every_kind_of_key_into_code(
    at_home: ZdxKeys, home: PulumiProject, tenant: RunningEmulator, tmp_path: Path, count: int
) -> None:
    assert_manual_keys_become_code(count, at_home, home, tenant, tmp_path / "downloads")


@pytest.mark.slow
def test_import_file_turns_keys_without_a_secret_into_code(
    at_home: ZdxKeys, home: PulumiProject, tenant: RunningEmulator
) -> None:
    pair = KeyPair.make_ec()
    certificate = pair.make_certificate(not_before=tenant.now())
    kinds = (
        pair.authentication,
        {"authType": "PUBKEYCERT", "clientCertificates": [{"certContent": certificate}]},
        {"authType": "JWKS", "clientJWKsUrl": "https://acme.example/jwks"},
    )
    clients = [
        tenant.create_client(f"ci-{number}", clientAuthentication=kind)
        for number, kind in enumerate(kinds)
    ]

    written = at_home.json("import-file", *FILES)
    home.run(*IMPORT)
    home.up()

    assert {key["key_id"] for key in written["keys"]} == {client.id for client in clients}
    assert [tenant.client(client.id).client_authentication for client in clients] == [
        client.client_authentication for client in clients
    ]
    assert can_authenticate(tenant, clients[0].id, pair)
    assert [key for key in home.recorded_keys() if "key_secret" in key] == []
    home.assert_no_changes()
    home.run("refresh", "--preview-only", "--expect-no-changes")


@pytest.mark.slow
def test_import_file_keeps_unknown_secrets_until_a_trigger_changes(
    at_home: ZdxKeys, home: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("ci")
    unknown = [tenant.add_secret(client.id) for _ in range(2)]

    at_home("import-file", *FILES)
    home.run(*IMPORT)
    home.up("--refresh")

    assert [secret.id for secret in tenant.secrets(client.id)] == [s.id for s in unknown]
    assert "key_secret" not in home.key()
    home.assert_no_changes()

    home.program("""
        from zdx_provider import RotationArgs
        rotation = RotationArgs(triggers={"imported": "1"})
        ApiKey("ci", name="ci", role="ZDX Read-only Admin", rotation=rotation)
    """)
    refused = home.up_fails()
    assert f"zdx-keys revoke {client.id} SECRET_ID" in refused.text

    at_home("revoke", client.id, unknown[0].id, "--yes")
    home.up()

    key = home.key()
    assert tenant.token_for(client.id, key["key_secret"])
    assert tenant.token_for(client.id, str(unknown[1].value))
    assert key["previous_secret_id"] == unknown[1].id


def test_import_file_recovers_a_lost_state_with_odd_names_and_components(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(ODD_NAMES).up()
    before = tenant.clients()
    keys = {key["name"]: key["key_id"] for key in project.recorded_keys()}
    found = project_cli.json("download", "team::ci", "--output", "key.json")
    held = project_cli("import-file", "--output", "held.json", "--program", "held.py", exits=1)
    project.lose_state()

    shown = project_cli("import-file", "--output", "roots.json", "--program", "roots.py")
    (first,) = set(re.findall(r"Create the parent first: (pulumi up .*)\. Then run", shown.stderr))
    project.run_in_shell(f"{first} --yes --skip-preview")
    project_cli("import-file", "--output", "import.json", "--program", "keys.py")
    project.run(*IMPORT)

    assert found["key_id"] == keys["n-colons"]
    assert "is already in this stack" in held.stderr
    assert "has a parent of the type x:y:Group" in shown.stderr
    project.up("--expect-no-changes")
    assert {key["name"]: key["key_id"] for key in project.recorded_keys()} == keys
    assert tenant.clients() == before
    assert (project.folder / "keys.py").read_text().count("# Declared by a parent") == 3


def test_import_file_prints_a_next_step_that_can_be_pasted(
    at_home: ZdxKeys, home: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    client = tenant.create_client("ci")
    elsewhere = tmp_path / "an other"
    elsewhere.mkdir()
    at_home.folder = elsewhere

    shown = at_home(
        *("import-file", "--cwd", "../home", "--stack", "test"),
        *("--output", "the keys.json", "--program", "keys.py"),
    )
    (line,) = re.findall(r"Next, run: (pulumi import .*)", shown.stdout)
    home.run_in_shell(f"cd {shlex.quote(str(elsewhere))}; {line} --yes --skip-preview")

    assert home.key()["key_id"] == client.id


def test_import_file_skips_keys_of_another_stack_and_suggests_adopt(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    theirs = tenant.create_client("ci", description="[pulumi keys/prod/ci #0a1b]")
    tenant.create_client("mine")

    shown = zdx_keys("import-file", *FILES)
    only_theirs = zdx_keys("import-file", "ci", "-o", "a.json", "--program", "a.py", exits=1)

    assert f'Skipped: the key "ci" ({theirs.id}) is managed by keys/prod/ci.' in shown.stderr
    assert "adopt=True" in shown.stderr
    assert imported(zdx_keys.folder)["logicalName"] == "mine"
    assert "has no key that can be imported here" in only_theirs.stderr
    assert not (zdx_keys.folder / "a.json").exists()


@pytest.mark.slow
def test_import_file_writes_selected_keys_privately_and_overwrites_nothing(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    by_name, by_id = tenant.create_client("by-name"), tenant.create_client("by-id")
    tenant.create_client("another")

    written = zdx_keys.json("import-file", "by-name", by_id.id, *FILES)
    again = zdx_keys("import-file", "another", *FILES, exits=1)
    unknown = zdx_keys("import-file", "no one", "-o", "a.json", "--program", "a.py", exits=1)

    assert [key["key_id"] for key in written["keys"]] == [by_id.id, by_name.id]
    for name in ("import.json", "__main__.py"):
        assert stat.S_IMODE((zdx_keys.folder / name).stat().st_mode) == 0o600
    assert "already exists and isn't overwritten" in again.stderr
    assert 'no key with the ID or name "no one"' in unknown.stderr


def test_import_file_accepts_only_a_valid_secret_from_a_file(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("ci")
    working = tenant.add_secret(client.id).value
    file = zdx_keys.folder / "ci.json"
    from_file = ("import-file", "--downloaded", str(file), "--program")

    file.write_text(json.dumps({"key_id": client.id, "key_secret": "obviously-fake-and-ended"}))
    stale = zdx_keys(*from_file, "stale.py", "-o", "stale.json")
    file.write_text(json.dumps({"key_id": "made-on-the-portal", "key_secret": working}))
    foreign = zdx_keys(*from_file, "foreign.py", "-o", "foreign.json")
    file.write_text(json.dumps({"key_id": client.id, "key_secret": working}))
    shown = zdx_keys(*from_file, "keys.py", "-o", "import.json")

    assert "contains a secret that no longer works" in stale.stderr
    assert "belongs to the key made-on-the-portal, which isn't imported" in foreign.stderr
    assert "import.json contains the secrets of 1 key in plain text. Delete it" in shown.stdout
    assert 'Secret unknown: 1 key ("ci"). It still works' in stale.stdout
    assert "# The state doesn't have its secret" in (zdx_keys.folder / "stale.py").read_text()
    assert "Secret unknown" not in shown.stdout
    for name, held in (("stale", False), ("foreign", False), ("import", True)):
        assert (str(working) in (zdx_keys.folder / f"{name}.json").read_text()) is held
    assert str(working) not in "".join(zdx_keys.transcript)


def test_import_file_skips_a_key_that_a_program_cannot_declare(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    tenant.create_client(" ci ")
    tenant.create_client(
        "certified",
        clientAuthentication={"authType": "JWKS", "clientJWKsUrl": "https://acme.example/jwks"},
    )
    tenant.create_client("wordy", description="x" * 256)
    tenant.create_client("ci")

    written = zdx_keys.json("import-file", *FILES)

    reasons = {each["item"].split('"')[1]: each["reason"] for each in written["skipped"]}
    assert [key["resource_name"] for key in written["keys"]] == ["certified", "ci"]
    assert "https://acme.example/jwks" in (zdx_keys.folder / "__main__.py").read_text()
    assert "its name must be 1 to 128 printable characters" in reasons[" ci "]
    assert "its description must have at most" in reasons["wordy"]


@pytest.mark.slow
def test_import_file_declares_keys_with_their_tenant(
    at_home: ZdxKeys, home: PulumiProject, tenant: RunningEmulator
) -> None:
    home.configure({"zdx:tenants": {"eu": tenant.settings("globex")}})
    tenant.create_client("ci")

    at_home("import-file", "--tenant", "eu", *FILES)

    outputs = imported(home.folder)["outputs"]
    assert (outputs["tenant"], outputs["vanity_domain"]) == ("eu", "globex")
    assert 'tenant="eu"' in (home.folder / "__main__.py").read_text()
