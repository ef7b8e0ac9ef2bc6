"""What holds of a declared key whatever was done to it."""

from support.pulumi_project import PulumiProject
from zdx_emulator.testing import RunningEmulator


def assert_sound(project: PulumiProject, tenant: RunningEmulator, name: str = "ci") -> str:
    """The tenant has exactly one key of that name, and the state holds it with a secret that works.

    Returns:
        The key's id.
    """
    client = tenant.client_named(name)
    keys = project.recorded_keys()
    (recorded,) = [key for key in keys if key["name"] == name]
    assert recorded["key_id"] == client.id
    assert tenant.token_for(client.id, recorded["key_secret"])
    return client.id
