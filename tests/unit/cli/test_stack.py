import json
import os
from pathlib import Path
from typing import Any

import pytest
from support.samples import PLANTED
from unit.cli.conftest import PulumiAnswers

from zdx_provider.cli.options import Selection
from zdx_provider.cli.stack import (
    NoStackSelectedError,
    Stack,
    find_settings,
    is_in_project,
)
from zdx_provider.errors import SettingsError

KEY_TYPE = "pulumi-python:dynamic/zdx:ApiKey"
OUTPUTS = {
    "name": "ci",
    "role": "ZDX Read-only Admin",
    "key_id": "id-1",
    "role_id": "zdx::1",
    "vanity_domain": "acme",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    (folder / "Pulumi.yaml").touch()
    return folder


def secret(value: str) -> dict[str, str]:
    return {"4dabf18193072939515e22adb298388d": "1b47", "plaintext": json.dumps(value)}


def export(*resources: dict[str, Any]) -> str:
    return json.dumps({"deployment": {"resources": resources}})


def resource(name: str, **members: Any) -> dict[str, Any]:
    urn = f"urn:pulumi:prod::keys::{KEY_TYPE}::{name}"
    return {"urn": urn, "type": KEY_TYPE, "outputs": OUTPUTS, **members}


def test_is_in_project_accepts_a_folder_inside_a_project(project: Path) -> None:
    assert is_in_project(project / "inner")
    assert not is_in_project(project.parent)


def test_read_config_returns_secrets_and_maps_as_json(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    entries = json.dumps({"eu": {"vanityDomain": "globex"}})
    pulumi_answers(
        json.dumps(
            {
                "zdx:clientSecret": {"value": PLANTED, "secret": True},
                "zdx:tenants": {"value": entries, "objectValue": {"eu": {}}, "secret": True},
                "zdx:unset": {"secret": False},
            }
        )
    )

    config = Stack(project).read_config()

    assert config == {"zdx:clientSecret": PLANTED, "zdx:tenants": entries}


def test_find_settings_prefers_the_stack_to_the_environment(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    pulumi_answers(json.dumps({"zdx:vanityDomain": {"value": "acme"}}))
    environ = {"ZSCALER_VANITY_DOMAIN": "globex", "ZSCALER_CLIENT_ID": "admin"}

    found = find_settings(Selection(project, "prod"), environ)

    assert (found.settings.vanity_domain, found.settings.client_id) == ("acme", "admin")
    assert found.source == "the stack prod, then the environment"


def test_find_settings_does_not_run_pulumi_outside_a_project(
    pulumi_answers: PulumiAnswers, tmp_path: Path
) -> None:
    pulumi_answers(exits=1)

    found = find_settings(Selection(tmp_path), {"ZSCALER_VANITY_DOMAIN": "globex"})

    assert (found.settings.vanity_domain, found.source) == ("globex", "the environment")


def test_find_settings_uses_the_environment_if_no_stack_is_selected(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    pulumi_answers(stderr="error: no stack selected; please use `pulumi stack select`", exits=1)

    found = find_settings(Selection(project), {"ZSCALER_VANITY_DOMAIN": "globex"})

    assert found.settings.vanity_domain == "globex"
    assert "no selected stack" in found.source


def test_find_settings_fails_if_the_stack_cannot_be_opened(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    pulumi_answers(stderr="warning: x\nerror: incorrect passphrase\n", exits=1)

    with pytest.raises(SettingsError, match="pulumi says: incorrect passphrase\\.") as caught:
        find_settings(Selection(project), {"ZSCALER_VANITY_DOMAIN": "globex"})
    assert not isinstance(caught.value, NoStackSelectedError)


def test_read_config_fails_with_the_command_that_shows_more(
    pulumi_answers: PulumiAnswers, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    url = f"postgres://me:{PLANTED}@127.0.0.1:1/db"
    pulumi_answers(stderr=f'error: unable to open "{url}": connection refused', exits=255)

    with pytest.raises(SettingsError) as caught:
        Stack(project, "prod").read_config()
    assert PLANTED not in str(caught.value)
    assert (
        "connection refused. To see the whole message, run: pulumi config --json --stack prod"
        in str(caught.value)
    )


def test_read_config_names_a_cli_that_cannot_be_run(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    pulumi_answers()
    cli = Path(os.environ["PATH"].split(os.pathsep)[0], "pulumi")
    cli.write_text("no program")

    with pytest.raises(SettingsError, match=f"{cli} cannot be run"):
        Stack(project).read_config()


def test_read_config_replaces_bytes_that_are_not_utf_8(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    pulumi_answers(exits=1)
    script = Path(os.environ["PATH"].split(os.pathsep)[0], "pulumi")
    script.write_text("#!/bin/sh\nprintf 'error: caf\\351' >&2\nexit 1\n")

    with pytest.raises(SettingsError, match="caf\N{REPLACEMENT CHARACTER}"):
        Stack(project).read_config()


def test_read_config_fails_if_pulumi_is_not_on_path(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(project))

    with pytest.raises(SettingsError, match="pulumi is not on PATH"):
        Stack(project).read_config()


def test_read_contents_decrypts_secret_outputs_of_a_key(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    outputs = {**OUTPUTS, "name": secret("ci-prod"), "key_secret": secret(PLANTED)}
    pulumi_answers(export(resource("ci", outputs=outputs)))

    ((urn, key),) = Stack(project).read_contents().keys.items()

    assert (urn.name, key.name, key.key_id) == ("ci", "ci-prod", "id-1")
    assert key.key_secret is not None
    assert key.key_secret.get_secret_value() == PLANTED
    assert PLANTED not in repr(key)


@pytest.mark.parametrize("name", ["team::ci", "team/ci", "a$b", """a "b" 'c'""", "::", " "])
def test_read_contents_keeps_the_whole_logical_name(
    pulumi_answers: PulumiAnswers, project: Path, name: str
) -> None:
    below = {"urn": f"urn:pulumi:prod::keys::x:y:Team${KEY_TYPE}::{name}"}
    pulumi_answers(export(resource(name), resource("", **below)))

    root, child = Stack(project).read_contents().keys

    assert (root.name, root.types) == (name, (KEY_TYPE,))
    assert (child.name, child.types) == (name, ("x:y:Team", KEY_TYPE))


def test_format_command_quotes_for_the_shell(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)

    assert Stack(project).format_command("up") == "pulumi up"
    assert Stack(project / "a b", "prod").format_command("import", "--file", "it's") == (
        f"pulumi import --file 'it'\"'\"'s' --stack prod --cwd '{project}/a b'"
    )


def test_read_contents_skips_other_resources_and_keys_to_delete(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    component = resource("team", type="zdx:index:ApiKey")
    pulumi_answers(export(component, resource("old", delete=True), resource("ci")))

    (urn,) = Stack(project).read_contents().keys
    assert urn.name == "ci"


@pytest.mark.parametrize(
    "answer",
    [
        f'{{"deployment": "{PLANTED}"',
        json.dumps({"deployment": PLANTED}),
        export(resource("ci", outputs={"key_secret": secret(PLANTED), "name": [PLANTED]})),
    ],
)
def test_read_contents_fails_without_showing_the_output_of_pulumi(
    pulumi_answers: PulumiAnswers, project: Path, answer: str
) -> None:
    pulumi_answers(answer)

    with pytest.raises(SettingsError) as caught:
        Stack(project).read_contents()
    assert PLANTED not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("answer", "place"),
    [("organization/keys/prod\n", "keys/prod"), ("acme/keys/prod", "keys/prod")],
)
def test_read_full_name_returns_the_prefix_of_the_owners_of_a_stack(
    pulumi_answers: PulumiAnswers, project: Path, answer: str, place: str
) -> None:
    pulumi_answers(answer)

    assert Stack(project).read_full_name() == place


def test_read_full_name_of_an_old_backend_is_empty(
    pulumi_answers: PulumiAnswers, project: Path
) -> None:
    pulumi_answers("prod")

    assert Stack(project).read_full_name() == ""
