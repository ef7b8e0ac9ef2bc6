"""What a create and a rotation do if a POST takes effect late, or its response is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from plugin.conftest import StartHost, known_secrets, wait_until, without_switches
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import API_CLIENTS, SECRET, SECRETS, RunningEmulator

TIMEOUT = {"requestTimeout": "0.3", "maxRetries": "0"}
EXPIRED = {"secret_expires_on": "2020-01-01"}


def expire(key: Recorded) -> Recorded:
    """The same key, its secret expired by the state's account."""
    return Recorded(key.id, {**key.inputs, **EXPIRED}, {**key.outputs, **EXPIRED})


def create_fails(host: PluginHost, declared: Properties) -> str:
    inputs = host.check(declared).inputs
    with pytest.raises(PluginError) as failed:
        host.create(inputs)
    return failed.value.sentence


def count_requests(tenant: RunningEmulator, method: str, suffix: str) -> int:
    return sum(r.method == method and r.path.endswith(suffix) for r in tenant.requests())


@without_switches
def test_rotation_fails_if_the_new_secret_may_take_effect_late(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up(declared)
    tenant.fault(method="POST", path=SECRETS, delay_ms=900)

    with pytest.raises(PluginError) as failed:
        start_host(**TIMEOUT).up_again(expire(key), declared)
    wait_until(lambda: len(tenant.secrets(key.id)) == 2)

    assert "its secret was not rotated" in failed.value.sentence
    assert count_requests(tenant, "POST", "/secrets") == 2  # the key's own and one for the rotation
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    rotated = start_host().up_again(expire(key), declared)
    assert known_secrets(tenant, key.id) == [key.outputs["secret_id"], rotated.outputs["secret_id"]]
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, rotated.outputs["key_secret"])


@without_switches
def test_create_deletes_its_client_if_the_secret_may_take_effect_late(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, delay_ms=900)

    assert "could not create a secret" in create_fails(start_host(**TIMEOUT), declared)

    assert tenant.clients() == []
    key = start_host().up(declared)
    assert [client.id for client in tenant.clients()] == [key.id]


@without_switches
def test_create_leaves_a_client_that_took_effect_late_to_the_next_run(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, delay_ms=900)

    assert "may have been made" in create_fails(start_host(**TIMEOUT), declared)
    wait_until(lambda: len(tenant.clients()) == 1)
    key = start_host().up(declared)

    assert [client.id for client in tenant.clients()] == [key.id]
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@without_switches
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("path", [API_CLIENTS, SECRETS])
def test_create_sends_a_post_once_behind_a_failing_gateway(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, path: str, status: int
) -> None:
    tenant.fault(method="POST", path=path, status=status)

    create_fails(host, declared)

    assert count_requests(tenant, "POST", path.rpartition("/")[2]) == 1
    assert tenant.clients() == []


@without_switches
def test_rotation_revokes_no_secret_that_it_did_not_request(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="POST", path=SECRETS, drop="before", hold="before")
    expired_key = expire(key)
    inputs = host.check(declared, expired_key.inputs).inputs

    with ThreadPoolExecutor(1) as threads:
        rotation = threads.submit(host.update, expired_key, inputs)
        tenant.wait_until_held()
        theirs = tenant.add_secret(key.id)
        tenant.release()
        with pytest.raises(PluginError, match="its secret was not rotated"):
            rotation.result()

    assert [secret.id for secret in tenant.secrets(key.id)] == [key.outputs["secret_id"], theirs.id]
    assert tenant.can_authenticate(key.id, theirs.value)


@without_switches
def test_create_says_that_a_client_may_exist_if_the_search_fails(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, drop="after")
    tenant.fault(method="GET", path=API_CLIENTS, status=403, after=1, count=9)

    said = create_fails(start_host(), declared)

    assert 'could not create the API client "ci"' in said
    assert "searching for it failed too" in said
    assert "may have been made" in said
    tenant.clear_faults()
    (left,) = tenant.clients()
    assert start_host().up(declared).id == left.id


@without_switches
def test_revoke_of_the_previous_secret_is_not_done_while_it_is_listed(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    rotation = {"keep_previous_days": 0, "triggers": {"round": "1"}}
    key = host.up({**declared, "rotation": rotation})
    second = {**declared, "rotation": {**rotation, "triggers": {"round": "2"}}}
    rotated = host.up_again(key, second)
    tenant.fault(method="DELETE", path=SECRET, status=404)

    kept = host.up_again(rotated, second)
    revoked = host.up_again(kept, second)

    assert kept.outputs["previous_secret_id"] == key.outputs["secret_id"]
    assert "previous_secret_id" not in revoked.outputs
    assert not tenant.can_authenticate(key.id, key.outputs["key_secret"])
