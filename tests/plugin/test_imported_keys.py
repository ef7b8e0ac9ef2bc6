"""A key that was imported, of whose secret the state knows too little."""

from dataclasses import replace

import pytest
from support.plugin_host import Engine, PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import RunningEmulator

DAY_SECONDS = 86_400


@pytest.fixture
def imported(host: PluginHost, tenant: RunningEmulator, declared: Properties) -> Recorded:
    """A key with two secrets, and a state that does not know which of them it holds."""
    key = host.up(declared)
    tenant.add_secret(key.id)
    unknown = {"secret_id", "secret_created_at"}
    outputs = {name: value for name, value in key.outputs.items() if name not in unknown}
    return replace(key, outputs=outputs)


def triggered(declared: Properties) -> Properties:
    return {**declared, "rotation": {"triggers": {"imported": "1"}}}


def present(tenant: RunningEmulator, key: Recorded) -> list[str]:
    return [secret.id for secret in tenant.secrets(key.id)]


def test_refresh_does_not_guess_the_current_secret(
    host: PluginHost, tenant: RunningEmulator, imported: Recorded
) -> None:
    assert host.refresh(imported) == imported

    tenant.delete_secret(imported.id, present(tenant, imported)[0])

    assert host.refresh(imported) == imported


def test_refresh_finds_that_every_secret_is_gone(
    host: PluginHost, tenant: RunningEmulator, imported: Recorded
) -> None:
    for secret in present(tenant, imported):
        tenant.delete_secret(imported.id, secret)

    assert host.refresh(imported).inputs["secret_expires_on"] == "missing"


def test_preview_says_that_a_key_which_was_imported_without_a_secret_gets_one(
    host: PluginHost, imported: Recorded, declared: Properties, engine: Engine
) -> None:
    unknown = {"secret_expires_at", "key_secret", "key_json"}
    outputs = {name: value for name, value in imported.outputs.items() if name not in unknown}
    missing = {"secret_expires_on": "missing"}
    bare = replace(imported, inputs={**imported.inputs, **missing}, outputs={**outputs, **missing})

    host.diff(bare, host.check(declared, bare.inputs).inputs)

    (line,) = engine.said
    assert line.endswith(f"({bare.id}) gets a new secret: it has no secret.")


def test_rotation_refuses_to_revoke_either_of_two_valid_secrets(
    host: PluginHost, tenant: RunningEmulator, imported: Recorded, declared: Properties
) -> None:
    before = present(tenant, imported)

    with pytest.raises(PluginError) as refused:
        host.up_again(imported, triggered(declared))

    assert f"zdx-keys revoke {imported.id} SECRET_ID" in refused.value.sentence
    assert present(tenant, imported) == before


def test_rotation_replaces_an_expired_secret(
    host: PluginHost, tenant: RunningEmulator, imported: Recorded, declared: Properties
) -> None:
    for secret in present(tenant, imported):
        tenant.delete_secret(imported.id, secret)
    tenant.move_clock(-40 * DAY_SECONDS)
    ended = tenant.add_secret(imported.id, days=31).id
    tenant.move_clock(0)
    working = tenant.add_secret(imported.id).id

    rotated = host.up_again(imported, triggered(declared))

    assert ended not in present(tenant, imported)
    assert rotated.outputs["previous_secret_id"] == working
    assert tenant.can_authenticate(imported.id, rotated.outputs["key_secret"])
