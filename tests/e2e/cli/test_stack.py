"""`zdx-keys` in a Pulumi project."""

import json
import re
import shlex
import stat
import subprocess
from pathlib import Path

import pytest
import requests
from support.key_pair import KeyPair
from support.pulumi_project import PulumiProject
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator


def test_verify_reads_settings_from_the_selected_stack(project_cli: ZdxKeys) -> None:
    steps = project_cli.json("verify")["steps"]

    assert "from the selected stack in" in steps[0]["detail"]


def test_verify_reads_settings_from_a_named_stack_and_tenant(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    project_cli.folder = tmp_path
    project.configure({"zdx:tenants": {"eu": tenant.settings("globex")}})

    where = ("--cwd", str(project.folder), "--stack", "test", "--tenant", "eu")
    steps = project_cli.json("verify", *where)["steps"]

    assert "tenant globex" in steps[0]["detail"]
    assert "from the stack test" in steps[0]["detail"]


def test_roles_shows_the_error_of_pulumi_in_one_line(
    project_cli: ZdxKeys, project: PulumiProject
) -> None:
    project.run("config", "set", "--secret", "zdx:privateKey", "obviously-fake-planted-key")
    project_cli.environment["PULUMI_CONFIG_PASSPHRASE"] = "obviously-not-the-passphrase"

    locked = project_cli("roles", exits=3)
    unknown = project_cli("roles", "--stack", "nowhere", exits=3)

    assert "pulumi says: incorrect passphrase" in locked.stderr
    assert "no stack named 'nowhere' found" in unknown.stderr
    assert locked.stderr.count("\n") == unknown.stderr.count("\n") == 1


def test_roles_shows_an_unreachable_backend_without_its_password(project_cli: ZdxKeys) -> None:
    password = "obviously-fake-planted-password"
    url = f"postgres://me:{password}@127.0.0.1:1/db?sslmode=disable"
    project_cli.environment["PULUMI_BACKEND_URL"] = url

    refused = project_cli("roles", exits=3)

    assert "postgres://[redacted]@127.0.0.1:1/db" in refused.stderr
    assert "connection refused" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert password not in refused.text


@pytest.mark.slow
def test_roles_shows_how_to_upgrade_an_old_backend(project_cli: ZdxKeys, tmp_path: Path) -> None:
    old = tmp_path / "old/.pulumi/stacks"
    old.mkdir(parents=True)
    (old / "test.json").write_text('{"version": 3, "checkpoint": {"stack": "test"}}')
    project_cli.environment["PULUMI_BACKEND_URL"] = f"file://{tmp_path}/old"

    refused = project_cli("roles", exits=3)

    assert "'pulumi state upgrade'" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_roles_shows_a_command_for_the_whole_error_of_pulumi(
    project_cli: ZdxKeys, project: PulumiProject
) -> None:
    (project.folder / "Pulumi.test.yaml").write_text("config: [")

    refused = project_cli("roles", "--stack", "test", exits=3)
    (line,) = re.findall(r"To see the whole message, run: (.*)", refused.stderr)

    assert "yaml" in refused.stderr
    assert "yaml" in project.fail(*shlex.split(line)[1:]).stderr


def test_roles_uses_only_the_environment_outside_a_project(
    project_cli: ZdxKeys, tenant: RunningEmulator
) -> None:
    project_cli.environment = {"PATH": "/nowhere", **tenant.environment()}

    refused = project_cli("roles", exits=3)
    (option,) = re.findall(r"(--cwd /)\.", refused.stderr)

    project_cli("roles", *option.split())


def test_revoke_prints_a_command_that_creates_a_new_secret(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()
    leaked = project.key()

    shown = project_cli("revoke", "ci", leaked["secret_id"], "--yes")
    (line,) = re.findall(r"run (pulumi up --refresh) in that stack", shown.stdout)
    project.run_in_shell(f"{line} --yes --skip-preview")

    key = project.key()
    assert key["secret_id"] != leaked["secret_id"]
    assert tenant.token_for(key["key_id"], key["key_secret"])


def test_download_writes_the_key_of_a_stack_without_a_request(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()
    key = project.key()
    tenant.clear_requests()

    shown = project_cli("download", "ci", "--output", "ci.json")
    written = project_cli.json("download", key["key_id"], "-f", "env", "-o", "ci.env")
    piped = project_cli("download", "ci", "--output", "-")
    project_cli.transcript.pop()

    file = project.folder / "ci.json"
    secret = {"key_id": key["key_id"], "key_secret": key["key_secret"]}
    assert json.loads(file.read_text()) == json.loads(piped.stdout) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    sourced = 'set -a; . ./ci.env; printf "%s %s" "$ZSCALER_CLIENT_ID" "$ZSCALER_CLIENT_SECRET"'
    assert _printed_by_a_shell(sourced, project.folder) == f"{key['key_id']} {key['key_secret']}"
    assert written["key_id"] == key["key_id"]
    assert key["key_id"] in shown.stdout
    assert not [text for text in project_cli.transcript if key["key_secret"] in text]
    assert tenant.requests() == []


def test_list_and_show_name_the_secret_in_use_and_the_next_up(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()
    key = project.key()
    unknown = tenant.add_secret(key["key_id"])

    (listed,) = project_cli.json("list")
    shown = project_cli.json("show", "ci")

    uses = {secret["id"]: secret["use"] for secret in listed["secrets"]}
    assert uses == {key["secret_id"]: "in use", unknown.id: "unknown"}
    assert shown["secrets"] == listed["secrets"]
    assert shown["next_up"][0] == "It changes nothing."


def test_run_and_token_use_a_key(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.up()
    key = project.key()

    ran = project_cli("run", "ci", "--", "sh", "-c", 'echo "$ZSCALER_CLIENT_SECRET"')
    printed = project_cli("token", "ci")
    document = project_cli.json("token", "ci", "--stack", "test")
    tokens = (printed.stdout.strip(), document["access_token"])
    accepted = [_can_call_zdx(tenant, token) for token in tokens]
    tenant.change_client(key["key_id"], status=False)
    refused = project_cli("token", "ci", exits=4)

    assert ran.stdout.strip() == key["key_secret"]
    assert accepted == [True, True]
    assert (document["token_type"], document["expires_in"]) == ("Bearer", 3600)
    assert f"zdx-keys show {key['key_id']}" in refused.stderr


def test_key_without_a_secret_is_used_with_its_private_key_alone(
    project_cli: ZdxKeys, project: PulumiProject, tenant: RunningEmulator
) -> None:
    pair = KeyPair.make()
    project.program(f"""
        keys = {{"one": {pair.public_pem!r}}}
        ApiKey("ci", role="ZDX Read-only Admin", authentication={{"public_keys": keys}})
    """).up()
    (project.folder / "private.pem").write_text(pair.private_pem)
    script = "import os; print('ZSCALER_PRIVATE_KEY' in os.environ, len(os.environ))"

    granted = project_cli.json("token", "ci", "--private-key", "private.pem")
    ran = project_cli("run", "ci", "--private-key", "private.pem", "--", "python", "-c", script)
    project_cli("download", "ci", "--output", "ci.json")
    refused = project_cli("token", "ci", exits=1)
    listed, shown = project_cli("list").stdout, project_cli("show", "ci").stdout

    assert _can_call_zdx(tenant, granted["access_token"])
    assert ran.stdout.startswith("True")
    document = json.loads((project.folder / "ci.json").read_text())
    assert document["authentication"] == "private key"
    assert "Use --private-key" in refused.stderr
    assert all("public key" in text for text in (listed, shown))
    texts = [*project_cli.transcript, json.dumps(document)]
    assert not [text for text in texts if "PRIVATE KEY" in text]


@pytest.mark.slow
def test_download_overwrites_nothing_and_lists_the_keys(
    project_cli: ZdxKeys, project: PulumiProject
) -> None:
    project.up()
    file = project.folder / "ci.json"
    file.write_text("precious")

    refused = project_cli("download", "ci", "--output", "ci.json", exits=1)
    unknown = project_cli("download", "cd", "--output", "cd.json", exits=1)

    assert "already exists" in refused.stderr
    assert file.read_text() == "precious"
    assert 'has no key "cd". Its keys: ci.' in unknown.stderr
    assert not (project.folder / "cd.json").exists()


def _can_call_zdx(tenant: RunningEmulator, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{tenant.url}/zdx/v1/administration/departments"
    return requests.get(url, headers=headers, timeout=60).ok


def _printed_by_a_shell(script: str, folder: Path) -> str:
    done = subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout
