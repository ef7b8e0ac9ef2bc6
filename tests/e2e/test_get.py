"""A key that a program looks up and does not manage."""

from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

LOOKED_UP = """
key = ApiKey.get("shared", {key_id!r})
pulumi.export("name", key.name)
pulumi.export("role", key.role)
pulumi.export("secret_id", key.secret_id)
pulumi.export("secret", key.key_secret)
"""


def test_get_returns_outputs_of_an_existing_key_without_its_secret(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("shared", role="ZDX Super Admin")
    secret = tenant.add_secret(client.id)
    project.program(LOOKED_UP.format(key_id=client.id))

    said = project.up()

    assert "warning: the program uses key_secret, which is None" in said.text
    assert project.outputs() == {
        "name": "shared",
        "role": "ZDX Super Admin",
        "secret_id": secret.id,
    }


def test_get_never_changes_or_deletes_the_key(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("shared")
    before = tenant.clients()
    project.program(LOOKED_UP.format(key_id=client.id))

    project.up()
    project.refresh()
    project.destroy()

    assert tenant.clients() == before


def test_get_of_a_missing_key_fails_the_preview(project: PulumiProject) -> None:
    project.program(LOOKED_UP.format(key_id="h000000000000"))

    failed = project.fail("preview")

    assert "the tenant acme has no API client h000000000000" in failed.text
