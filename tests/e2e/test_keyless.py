"""A key without a secret through the real CLI, and where a private key could be found."""

import pytest
from support.key_pair import KeyPair
from support.keyless import can_authenticate
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

PAIR, NEXT = KeyPair.make_ec(), KeyPair.make_ec()
WITH_KEYS = """
key = ApiKey(
    "ci", name="ci", role="ZDX Read-only Admin", authentication={{"public_keys": {keys!r}}}
)
pulumi.export("key_id", key.key_id)
pulumi.export("fingerprints", key.key_fingerprints)
"""


def declare(**pairs: KeyPair) -> str:
    return WITH_KEYS.format(keys={name: pair.public_pem for name, pair in pairs.items()})


def test_key_with_a_public_key_is_created_and_gets_another_one(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(declare(first=PAIR)).up()
    created = project.outputs()
    changed = project.program(declare(first=PAIR, second=NEXT)).up()

    outputs = project.outputs()
    assert 'gets the public key "second"' in changed.text
    assert outputs["key_id"] == created["key_id"] == tenant.client_named("ci").id
    assert outputs["fingerprints"].keys() == {"first", "second"}
    assert can_authenticate(tenant, outputs["key_id"], PAIR)
    assert can_authenticate(tenant, outputs["key_id"], NEXT)
    project.refresh("--expect-no-changes")


@pytest.mark.slow
def test_conversion_shows_the_day_on_which_the_secret_is_revoked(
    created: PulumiProject, tenant: RunningEmulator
) -> None:
    project = created
    secret = project.outputs()["key_secret"]

    preview = project.program(declare(first=PAIR)).preview()
    project.up()

    assert "+ previous_secret_revoke_on" in preview.text
    assert "instead of its secret. The first pulumi up on or after" in preview.text
    assert "key_secret" not in project.key()
    assert tenant.can_authenticate(tenant.client_named("ci").id, secret)
    project.assert_no_changes()


def test_private_key_is_refused_and_found_nowhere(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    wrong = WITH_KEYS.format(keys={"ci": PAIR.private_pem})
    events = project.folder / "events.json"
    project.environment["PULUMI_DEBUG_COMMANDS"] = "true"

    failed = project.program(wrong).up_fails(f"--event-log={events}")

    line = PAIR.private_pem.splitlines()[1]
    assert "contains a private key" in failed.text
    assert "openssl pkey -in FILE -pubout" in failed.text
    assert tenant.requests() == []
    searched = [events, *(path for path in project.engine_folder.rglob("*") if path.is_file())]
    assert [path for path in searched if line.encode() in path.read_bytes()] == []
    assert line not in failed.text
