"""What goes wrong in practice, as the user of the CLI meets it."""

from pathlib import Path

import pytest
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import ADMIN_SECRET, RunningEmulator


def test_up_with_wrong_credentials_fails_in_one_line_and_blames_no_property(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.configure({"zdx:clientSecret": "not-the-secret"})

    failed = project.up_fails()

    assert "refused the client ID with this secret" in failed.text
    assert "property" not in failed.text
    assert "Traceback" not in failed.text
    assert "not-the-secret" not in failed.text
    assert tenant.clients() == []


def test_commands_and_state_show_no_plain_secret(project: PulumiProject, tmp_path: Path) -> None:
    project.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    events = tmp_path / "events.json"
    project.up("--diff", f"--event-log={events}")
    project.program(
        """
        key = ApiKey("ci", name="ci-2", role="ZDX Read-only Admin")
        pulumi.export("key_secret", key.key_secret)
        pulumi.export("key_json", key.key_json)
        """
    )
    project.run("preview", "--json")
    project.up("--diff", "--show-full-output")
    project.refresh("--diff")
    project.run("stack", "output", "--json")
    project.run("stack", "export")
    secret = project.key()["key_secret"]

    assert len(secret) > 10
    assert not [text for text in project.transcript if secret in text]
    written = [*project.engine_folder.rglob("*"), events]
    assert project.state_file in written
    assert [f for f in written if f.is_file() and secret.encode() in f.read_bytes()] == []


@pytest.mark.slow
def test_preview_shows_no_value_of_an_invalid_secret_input(project: PulumiProject) -> None:
    project.program(
        'ApiKey("ci", name=pulumi.Output.secret(" planted"), role="ZDX Read-only Admin")'
    )
    bad_name = project.fail("preview")
    project.program('ApiKey("ci", name="ci", role=pulumi.Output.secret("planted"))')
    bad_role = project.fail("preview")

    assert "name must be 1 to 128" in bad_name.text
    assert 'no ZDX role is named "[secret]"' in bad_role.text
    assert "planted" not in bad_name.text + bad_role.text


PUT_IN = {
    "transformation": """
def put(args):
    if not args.type_.endswith(":ApiKey"):
        return None
    planted = {{**args.props, "{prop}": {value}}}
    return pulumi.ResourceTransformationResult(planted, args.opts)

pulumi.runtime.register_stack_transformation(put)
""",
    "transform": """
def put(args):
    if not args.type_.endswith(":ApiKey"):
        return None
    planted = {{**args.props, "{prop}": {value}}}
    return pulumi.ResourceTransformResult(planted, args.opts)

pulumi.runtime.register_resource_transform(put)
""",
}


@pytest.mark.parametrize(
    "kind", ["transform", pytest.param("transformation", marks=pytest.mark.slow)]
)
def test_preview_shows_no_secret_that_a_stack_transform_adds(
    project: PulumiProject, kind: str
) -> None:
    planted = '{"triggers": [{"a": [pulumi.Output.secret("planted")]}]}'
    declaration = '\nApiKey("ci", name="ci", role="ZDX Read-only Admin")'
    project.program(PUT_IN[kind].format(prop="rotation", value=planted) + declaration)

    failed = project.fail("preview")

    assert "has a problem: rotation" in failed.text
    assert "planted" not in failed.text


def test_up_names_a_file_that_hides_a_module(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    module = "types"  # which Python itself imports first
    file = project.folder / f"{module}.py"
    file.write_text("")

    failed = project.up_fails()

    assert f'{file} hides the module "{module}"' in failed.text
    assert tenant.clients() == []


@pytest.mark.slow
def test_lookup_names_a_file_that_hides_a_module_in_one_line(
    project: PulumiProject,
) -> None:
    (project.folder / "requests.py").write_text("")
    project.program("from zdx_provider import get_api_keys\nget_api_keys()")

    failed = project.fail("preview")

    assert "error: get_api_keys: " in failed.text
    assert 'requests.py hides the module "requests"' in failed.text
    assert "Traceback" not in failed.text


def test_refresh_and_destroy_with_a_replaced_secret_say_what_works(
    created: PulumiProject, tenant: RunningEmulator
) -> None:
    recorded = created.state_file.read_text()
    assert ADMIN_SECRET in recorded  # the engine keeps the settings of the last run
    created.state_file.write_text(recorded.replace(ADMIN_SECRET, "obviously-fake-replaced-secret"))

    refreshed = created.fail("refresh", "--yes", "--skip-preview")
    destroyed = created.fail("destroy", "--yes", "--skip-preview")

    for failed in (refreshed, destroyed):
        assert "run pulumi refresh or pulumi destroy with --run-program" in failed.text
        assert "obviously-fake" not in failed.text
    created.refresh("--run-program")
    created.destroy()
    assert tenant.clients() == []
