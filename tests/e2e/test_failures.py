"""What goes wrong in practice, as the user of the CLI meets it."""

from pathlib import Path

from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator


def test_wrong_credentials_are_one_clear_line_that_blames_no_property(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.configure({"zdx:clientSecret": "not-the-secret"})

    failed = project.up_fails()

    assert "does not accept the client id with this secret" in failed.text
    assert "property" not in failed.text
    assert "Traceback" not in failed.text
    assert "not-the-secret" not in failed.text
    assert tenant.clients() == []


def test_a_missing_credential_is_named_in_both_spellings(project: PulumiProject) -> None:
    project.configure({"zdx:clientSecret": None})

    failed = project.up_fails()

    assert "zdx:clientSecret" in failed.text
    assert "ZSCALER_CLIENT_SECRET" in failed.text
    assert "Traceback" not in failed.text


def test_credentials_may_come_from_the_environment(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.configure({"zdx:clientSecret": None})
    project.environment["ZSCALER_CLIENT_SECRET"] = "emulator-admin-secret"

    project.up()

    assert [client.name for client in tenant.clients()] == ["ci"]


def test_an_unknown_role_lists_the_candidates_at_its_own_property(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program('ApiKey("ci", name="ci", role="ZDX Read-Onyl Admin")')

    failed = project.fail("preview")

    assert "property role value {ZDX Read-Onyl Admin} has a problem" in failed.text
    assert "The tenant offers: ZDX Read-only Admin, " in failed.text
    assert tenant.clients() == []


def test_a_tenant_that_is_down_is_one_clear_line(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    tenant.stop()
    project.configure({"zdx:maxRetries": 0})

    failed = project.up_fails()

    assert "takes no connection. Check the network" in failed.text
    assert "Traceback" not in failed.text


def test_an_argument_of_the_wrong_type_is_refused_by_the_program(project: PulumiProject) -> None:
    project.program('ApiKey("ci", name="ci", role=18347)')

    failed = project.fail("preview")

    assert 'TypeError: ApiKey "ci": role must be str, not int.' in failed.text


def test_each_broken_rule_is_reported_at_its_own_property(project: PulumiProject) -> None:
    project.program(
        'ApiKey("ci", name=" ci", role="ZDX Read-only Admin", token_lifetime_seconds=59)'
    )

    failed = project.fail("preview")

    assert "property name value { ci} has a problem: must be 1 to 128 printable" in failed.text
    assert "property token_lifetime_seconds value {59} has a problem: must be a" in failed.text


def test_the_secret_is_found_nowhere(project: PulumiProject, tmp_path: Path) -> None:
    project.environment["PULUMI_DEBUG_COMMANDS"] = "true"
    events = tmp_path / "events.json"
    project.preview()
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


def test_the_value_of_a_secret_input_is_in_no_complaint_about_it(project: PulumiProject) -> None:
    project.program(
        'ApiKey("ci", name=pulumi.Output.secret(" planted"), role="ZDX Read-only Admin")'
    )
    bad_name = project.fail("preview")
    project.program('ApiKey("ci", name="ci", role=pulumi.Output.secret("planted"))')
    bad_role = project.fail("preview")

    assert "the input name, which is a secret, must be 1 to 128" in bad_name.text
    assert "the input role, which is a secret, names no ZDX role" in bad_role.text
    assert "planted" not in bad_name.text + bad_role.text
