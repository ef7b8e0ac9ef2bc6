"""A key that is declared in YAML, from its first `up` to `destroy`."""

import json

import pytest
from support.component_project import COMPONENT, RESOURCE, ComponentProject
from support.key_pair import KeyPair
from support.soundness import assert_sound

from zdx_emulator.testing import ADMIN_SECRET, RunningEmulator

IDENTITY = ("key_id", "key_secret", "secret_id")


def test_up_creates_a_child_key_and_changes_it_in_place_without_showing_its_secret(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    project.configure({"zdx:clientSecret": None})
    project.run("config", "set", "--secret", "zdx:clientSecret", ADMIN_SECRET)

    shown = project.up().stdout

    assert f"+  {COMPONENT} ci" in shown
    assert f"+  {RESOURCE} ci" in shown
    outputs = project.outputs()
    assert outputs["keyId"] == assert_sound(project, tenant)
    assert json.loads(outputs["keyJson"]) == {
        "key_id": outputs["keyId"],
        "key_secret": outputs["keySecret"],
    }
    first = project.key()
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
    written = [file for file in (project.engine_folder / "state").rglob("*") if file.is_file()]
    assert written
    for text in [*project.transcript, *(file.read_text() for file in written)]:
        assert outputs["keySecret"] not in text
        assert ADMIN_SECRET not in text


@pytest.mark.slow
def test_up_creates_a_key_without_a_secret(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    pair = KeyPair.make_ec()
    project.declare(authentication={"publicKeys": {"firstKey": pair.public_pem}})

    project.up()

    assert assert_sound(project, tenant, pair=pair) == project.outputs()["keyId"]
    assert project.key()["key_fingerprints"].keys() == {"firstKey"}
    project.assert_no_changes()


@pytest.mark.slow
def test_up_accepts_outputs_of_other_resources_as_inputs(
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
