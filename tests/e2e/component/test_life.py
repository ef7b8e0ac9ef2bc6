"""A key that is declared in YAML, from its first `up` to `destroy`."""

import json
from typing import Any

from support.component_project import COMPONENT, RESOURCE, ComponentProject
from support.soundness import assert_sound

from zdx_emulator.testing import ADMIN_SECRET, RunningEmulator

IDENTITY = ("key_id", "key_secret", "secret_id")


def test_up_makes_a_component_with_a_key_below_it_whose_secret_works(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    shown = project.up().stdout

    assert f"+  {COMPONENT} ci" in shown
    assert f"+  {RESOURCE} ci" in shown
    outputs = project.outputs()
    assert outputs["keyId"] == assert_sound(project, tenant)
    assert json.loads(outputs["keyJson"]) == {
        "key_id": outputs["keyId"],
        "key_secret": outputs["keySecret"],
    }
    project.assert_no_changes()


def test_no_secret_is_shown_or_written_in_plain_text(project: ComponentProject) -> None:
    project.configure({"zdx:clientSecret": None})
    project.run("config", "set", "--secret", "zdx:clientSecret", ADMIN_SECRET)
    project.up()
    project.run("stack", "output")

    secret = project.key()["key_secret"]
    state = [file for file in (project.engine_folder / "state").rglob("*") if file.is_file()]
    assert state
    for text in [*project.transcript, *(file.read_text() for file in state)]:
        assert secret not in text
        assert ADMIN_SECRET not in text


def test_changes_are_previewed_and_written_in_place(
    project: ComponentProject, tenant: RunningEmulator, first: dict[str, Any]
) -> None:
    project.declare(
        role="ZDX Service Desk Tier 1",
        description="of the pipeline",
        enabled=False,
        tokenLifetimeSeconds=600,
    )

    shown = " ".join(project.preview().text.split())
    project.up()

    assert '~ role : "ZDX Read-only Admin" => "ZDX Service Desk Tier 1"' in shown
    assert "~ token_lifetime_seconds: 3600 => 600" in shown
    assert {name: project.key()[name] for name in IDENTITY} == {
        name: first[name] for name in IDENTITY
    }
    client = tenant.client(first["key_id"])
    assert (client.status, client.access_token_life_time) == (False, 600)
    project.assert_no_changes()


def test_a_replace_deletes_first_and_leaves_one_key(
    project: ComponentProject, tenant: RunningEmulator, first: dict[str, Any]
) -> None:
    project.up("--replace", project.urn_of("ci"))

    assert assert_sound(project, tenant) != first["key_id"]
    project.assert_no_changes()


def test_protection_of_the_component_protects_the_key(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    project.declare(options={"protect": True})
    project.up()
    project.yaml("resources: {}")

    failed = project.up_fails()

    assert "cannot be deleted" in failed.text
    assert_sound(project, tenant)


def test_a_key_that_is_retained_outlives_the_component(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    project.declare(options={"retainOnDelete": True})
    project.up()

    project.destroy()

    assert [client.name for client in tenant.clients()] == ["ci"]


def test_what_other_resources_say_may_be_an_input(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    project.yaml(
        """
        resources:
          first:
            type: zdx:ApiKey
            properties: {name: first, role: ZDX Read-only Admin, tokenLifetimeSeconds: 600}
          second:
            type: zdx:ApiKey
            properties:
              name: ${first.keyId}
              role: ${first.role}
              tokenLifetimeSeconds: ${first.tokenLifetimeSeconds}
              rotation:
                keepPreviousDays: 3
                secretLifetimeDays: ${lifetime}
                triggers: {first: "${first.secretId}", incident: "${incident}"}
        variables:
          lifetime: {fn::secret: 90}
          incident: {fn::secret: laptop lost}
        """
    )

    project.run("up", "--yes")

    first = tenant.client_named("first")
    second = tenant.client_named(first.id)
    assert second.access_token_life_time == 600
    assert "laptop lost" not in project.state_file.read_text()
    project.assert_no_changes()
