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


def test_get_returns_outputs_of_a_key_without_its_secret_and_never_deletes_it(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("shared", role="ZDX Super Admin")
    secret = tenant.add_secret(client.id)
    before = tenant.clients()
    project.program(LOOKED_UP.format(key_id=client.id))

    said = project.up()
    outputs = project.outputs()
    project.destroy()

    assert "warning: the program uses key_secret, which is None" in said.text
    assert outputs == {"name": "shared", "role": "ZDX Super Admin", "secret_id": secret.id}
    assert tenant.clients() == before
