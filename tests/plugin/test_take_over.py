"""Taking over a key: what a failure, another run or a forged key leaves."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from plugin.conftest import StartHost, except_where, without_switches
from support.plugin_host import Engine, PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import API_CLIENT, SECRETS, ApiClient, RunningEmulator, scope_id


def create_fails(host: PluginHost, declared: Properties) -> str:
    inputs = host.check(declared).inputs
    with pytest.raises(PluginError) as failed:
        host.create(inputs)
    return failed.value.sentence


def create_client_of(tenant: RunningEmulator, owner: str, *scopes: str) -> ApiClient:
    """A client without a secret that has an owner's marker and scopes of ZIA."""
    client = tenant.create_client("ci", description=f"[pulumi {owner} #d00d]")
    (resource,) = client.client_resources
    zdx = [{"id": scope.id} for scope in resource.selected_scopes]
    zia = [{"id": scope_id(name, "ZIA")} for name in scopes]
    return tenant.change_client(
        client.id, clientResources=[{"id": resource.id, "selectedScopes": zdx + zia}]
    )


@without_switches
@pytest.mark.parametrize("failing", [{"status": 403}, {"status": 500}, {"drop": "before"}])
def test_take_over_that_fails_leaves_the_key_to_its_owner(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, failing: Properties
) -> None:
    owner = start_host()
    key = owner.up({**declared, "managed_by": "other/prod/ci", "description": "theirs"})
    before = tenant.client(key.id)
    tenant.fault(method="POST", path=SECRETS, **failing)

    create_fails(start_host(), {**declared, "role": "ZDX Super Admin", "adopt": True})

    assert tenant.client(key.id) == before
    changed = {**declared, "managed_by": "other/prod/ci", "enabled": False}
    owner.delete(owner.up_again(key, changed))
    assert tenant.clients() == []


@without_switches
def test_take_over_that_cannot_be_undone_is_finished_by_the_next_run(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up({**declared, "managed_by": "other/prod/ci"})
    tenant.fault(method="POST", path=SECRETS, status=403)
    tenant.fault(method="PUT", path=API_CLIENT, status=403, after=1)

    said = create_fails(start_host(), {**declared, "adopt": True})
    taken = start_host().up({**declared, "adopt": True})

    assert "could not be restored" in said
    assert "Run pulumi up again" in said
    assert taken.id == key.id
    assert tenant.can_authenticate(taken.id, taken.outputs["key_secret"])


@without_switches
@pytest.mark.parametrize(
    ("step", "when"),
    [
        (("PUT", API_CLIENT), "before"),
        (("PUT", API_CLIENT), "after"),
        (("POST", SECRETS), "after"),
    ],
)
def test_take_over_by_two_stacks_at_once_leaves_no_state_with_a_revoked_secret(
    start_host: StartHost,
    tenant: RunningEmulator,
    declared: Properties,
    step: tuple[str, str],
    when: str,
) -> None:
    first = tenant.create_client("ci")
    theirs = tenant.add_secret(first.id)
    method, path = step
    tenant.fault(method=method, path=path, hold=when, count=1)
    slow, quick = start_host(), start_host()

    def take_over(host: PluginHost, stack: str) -> Recorded | PluginError:
        try:
            return host.up({**declared, "managed_by": f"keys/{stack}/ci", "adopt": True})
        except PluginError as failed:
            return failed

    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(take_over, slow, "slow")
        tenant.wait_until_held()
        results = {"quick": take_over(quick, "quick")}
        tenant.release()
        results["slow"] = held.result()

    for stack, result in results.items():
        if isinstance(result, Recorded):
            assert tenant.can_authenticate(first.id, result.outputs["key_secret"]), stack
    ids = {r.outputs["secret_id"] for r in results.values() if isinstance(r, Recorded)}
    assert {secret.id for secret in tenant.secrets(first.id)} == {theirs.id, *ids}
    assert len(ids) < 2


@without_switches
def test_take_over_with_a_replaced_secret_is_corrected_as_the_refusal_says(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    # No client of this API can take back a POST that is on its way.
    found = tenant.create_client("ci")
    tenant.add_secret(found.id)
    tenant.fault(method="POST", path=SECRETS, hold="before")
    slow, quick = start_host(), start_host()
    owned = {**declared, "managed_by": "keys/quick/ci", "adopt": True}

    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(create_fails, slow, {**declared, "adopt": True})
        tenant.wait_until_held()
        key = quick.up(owned)
        tenant.release()
        said = late.result()
    corrected = quick.up_again(quick.refresh(key), owned)

    assert "taken over by keys/quick/ci at the same time" in said
    assert "run pulumi up --refresh there" in said
    assert tenant.can_authenticate(key.id, corrected.outputs["key_secret"])


@except_where(first_secret="no key is without a secret there")
def test_create_does_not_finish_a_key_with_permissions_of_other_services(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    forged = create_client_of(tenant, "keys/prod/ci", "API_Role_READONLY")

    said = create_fails(host, declared)

    assert "API_Role_READONLY" in said
    assert "declare adopt=True" in said
    assert tenant.client(forged.id) == forged
    assert tenant.secrets(forged.id) == []


@except_where(first_secret="no key is without a secret there")
def test_take_over_says_which_permissions_of_other_services_stay(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    found = create_client_of(tenant, "other/prod/ci", "API_Role_READONLY")

    key = host.up({**declared, "adopt": True})

    assert key.id == found.id
    (line,) = [said for said in engine.said if "was taken over" in said]
    assert 'It keeps "' in line
    assert "API_Role_READONLY" in line


@without_switches
def test_create_does_not_finish_a_key_whose_secrets_are_said_to_be_gone(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up(declared)
    tenant.fault(method="GET", path=SECRETS, status=404)

    assert "could not list the secrets" in create_fails(start_host(), declared)

    assert [secret.id for secret in tenant.secrets(key.id)] == [key.outputs["secret_id"]]
