"""What holds of a declared key whatever was done to it."""

from support.key_pair import KeyPair
from support.keyless import can_authenticate
from support.pulumi_project import PulumiProject
from zdx_emulator.testing import RunningEmulator


def assert_sound(
    project: PulumiProject,
    tenant: RunningEmulator,
    name: str = "ci",
    pair: KeyPair | None = None,
) -> str:
    """The tenant has exactly one key of that name, and the state holds it as it works.

    That is with a secret; or without one, if the program declares the public key of a pair.

    Returns:
        The key's id.
    """
    client = tenant.client_named(name)
    keys = project.recorded_keys()
    (recorded,) = [key for key in keys if key["name"] == name]
    assert recorded["key_id"] == client.id
    if pair is None:
        assert tenant.token_for(client.id, recorded["key_secret"])
    else:
        assert "key_secret" not in recorded
        assert can_authenticate(tenant, client.id, pair)
    return client.id
