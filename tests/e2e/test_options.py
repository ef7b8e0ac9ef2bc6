"""Pulumi's resource options and flags, on keys."""

from pathlib import Path

import pytest
from support.documents import ROOT
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator

WITH_OPTIONS = """
options = pulumi.ResourceOptions({options})
ApiKey("ci", name="ci", role="ZDX Read-only Admin", description={description!r}, opts=options)
"""
NOTHING = ""


def with_options(options: str, description: str = "") -> str:
    return WITH_OPTIONS.format(options=options, description=description)


def test_retain_on_delete_keeps_the_key(project: PulumiProject, tenant: RunningEmulator) -> None:
    project.program(with_options("retain_on_delete=True")).up()
    key_id = assert_sound(project, tenant)

    project.program(NOTHING).up()

    assert project.recorded_keys() == []
    assert tenant.client_named("ci").id == key_id


@pytest.mark.slow
def test_ignore_changes_leaves_the_key_unchanged(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(with_options("", description="as it was")).up()
    project.program(with_options('ignore_changes=["description"]', description="as it is now"))

    project.assert_no_changes()
    project.up()

    assert tenant.client_named("ci").description.startswith("as it was [")
    assert_sound(project, tenant)


@pytest.mark.slow
@pytest.mark.parametrize(
    "registration",
    [
        """
        def described(args):
            if args.type_.endswith(":ApiKey"):
                return pulumi.ResourceTransformResult(
                    {**args.props, "description": "by the platform team"}, args.opts
                )
        pulumi.runtime.register_resource_transform(described)
        """,
        pytest.param(
            """
        def described(args):
            if isinstance(args.resource, ApiKey):
                return pulumi.ResourceTransformationResult(
                    {**args.props, "description": "by the platform team"}, args.opts
                )
        pulumi.runtime.register_stack_transformation(described)
        """,
            marks=pytest.mark.slow,
        ),
    ],
    ids=["transform", "transformation"],
)
def test_stack_transform_applies_to_the_key(
    project: PulumiProject, tenant: RunningEmulator, registration: str
) -> None:
    declaration = """
        ApiKey("ci", name="ci", role="ZDX Read-only Admin")
        """
    project.program(registration + declaration)

    project.up()

    assert tenant.client_named("ci").description.startswith("by the platform team [")
    assert_sound(project, tenant)
    project.assert_no_changes()


@pytest.mark.slow
def test_saved_plan_is_applied_on_the_day_of_its_preview(
    project: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.json")
    project.run("preview", f"--save-plan={plan}")
    project.up(f"--plan={plan}")
    key_id = assert_sound(project, tenant)
    project.program(with_options("", description="changed"))
    project.run("preview", f"--save-plan={plan}")

    project.up(f"--plan={plan}")

    assert tenant.client(key_id).description.startswith("changed [")
    assert assert_sound(project, tenant) == key_id


def test_import_command_by_id_fails_as_documented_and_changes_nothing(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("ci")

    failed = project.fail(
        *("import", "--yes", "--skip-preview", "--generate-code=false"),
        *("pulumi-python:dynamic/zdx:ApiKey", "ci", client.id),
    )

    assert "KeyError: '__provider'" in failed.text
    assert "KeyError: '__provider'" in (ROOT / "docs/troubleshooting.md").read_text()
    assert tenant.clients() == [client]
    assert project.recorded_keys() == []


@pytest.mark.slow
def test_replace_of_a_retained_key_is_refused_until_resume_interrupted(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    program = with_options("retain_on_delete=True")
    project.program(program).up()
    key_id = assert_sound(project, tenant)

    refused = project.up_fails("--replace", project.urn_of("ci"))
    project.run("config", "set", "zdx:resumeInterrupted", "true")
    project.up()

    assert "when its resource was replaced or removed (retain_on_delete, " in refused.text
    assert assert_sound(project, tenant) == key_id
    project.assert_no_changes()


def test_declared_provider_manages_keys_without_default_providers(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    page = (ROOT / "docs/settings.md").read_text().partition("## Without default providers")[2]
    documented = page.partition("```python\n")[2].partition("```")[0]
    addresses = ("apiUrl", "tokenUrl")  # of the emulator
    more = "".join(f'    "zdx:{name}": config.require("{name}"),\n' for name in addresses)
    project.configure({"pulumi:disable-default-providers": ["*"]})

    refused = project.fail("preview")
    project.program(documented.replace("}\nprovider", f"{more}}}\nprovider")).up()
    assert_sound(project, tenant)
    secret = tenant.stack_config()["zdx:clientSecret"]
    state = project.state_file.read_text()
    project.destroy()

    assert "Default provider for 'pulumi-python' disabled" in refused.text
    assert secret not in state
    assert tenant.clients() == []
