"""What a change of a key writes, and what it leaves as it is."""

import pytest
from plugin.conftest import StartHost, except_where, known_secrets
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import SECRETS, RunningEmulator, scope_id


@pytest.fixture
def key(start_host: StartHost, declared: Properties) -> Recorded:
    """A key that an earlier run has made."""
    return start_host().up(declared)


def test_update_changes_every_input_in_place(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    changed = {
        **declared,
        "name": "ci-2",
        "role": "ZDX Super Admin",
        "description": "",
        "enabled": False,
        "token_lifetime_seconds": 60,
    }

    updated = host.up_again(key, changed)

    client = tenant.client(key.id)
    assert client.name == "ci-2"
    assert client.status is False
    assert client.access_token_life_time == 60
    assert client.description == f"[pulumi keys/prod/ci #{key.outputs['ownership_id']}]"
    assert [scope.id for r in client.client_resources for scope in r.selected_scopes] == [
        scope_id("ZDX Super Admin")
    ]
    role_id = {"role_id": scope_id("ZDX Super Admin")}
    assert updated.outputs == {**key.outputs, **changed, **role_id}


def test_update_keeps_the_secret(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    updated = host.up_again(key, {**declared, "name": "ci-2"})

    assert updated.outputs["key_secret"] == key.outputs["key_secret"]
    assert tenant.can_authenticate(key.id, updated.outputs["key_secret"])
    assert known_secrets(tenant, key.id) == [key.outputs["secret_id"]]


def test_update_keeps_roles_and_fields_that_are_not_ours(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    (resource,) = tenant.client(key.id).client_resources
    zia = {"id": scope_id("API_Role_READONLY", "ZIA")}
    zdx = {"id": scope_id("ZDX Read-only Admin")}
    tenant.change_client(
        key.id,
        clientResources=[{"id": resource.id, "selectedScopes": [zia, zdx]}],
        addedByTheVendorLater={"kept": True},
    )

    host.up_again(key, {**declared, "role": "ZDX Super Admin"})

    client = tenant.client(key.id)
    assert {s.id for r in client.client_resources for s in r.selected_scopes} == {
        zia["id"],
        scope_id("ZDX Super Admin"),
    }
    assert client.model_dump(by_alias=True)["addedByTheVendorLater"] == {"kept": True}


def test_update_of_the_name_corrects_a_manually_changed_role(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    other = tenant.create_client("other", role="ZDX Super Admin")
    resources = other.model_dump(by_alias=True)["clientResources"]
    tenant.change_client(key.id, clientResources=resources)

    host.up_again(key, {**declared, "name": "ci-2"})

    (resource,) = tenant.client(key.id).client_resources
    assert [scope.id for scope in resource.selected_scopes] == [scope_id("ZDX Read-only Admin")]


def test_update_corrects_drift_after_a_refresh(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    before = tenant.client(key.id)
    tenant.change_client(key.id, name="renamed", status=False, description="mine now")

    host.up_again(host.refresh(key), declared)

    assert tenant.client(key.id).model_dump(exclude={"description"}) == before.model_dump(
        exclude={"description"}
    )
    assert tenant.client(key.id).description.startswith("for the pipeline [pulumi keys/prod/ci #")


def test_update_restores_a_removed_ownership_marker(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    before = tenant.client(key.id).description
    tenant.change_client(key.id, description="")

    updated = host.up_again(host.refresh(key), declared)

    assert tenant.client(key.id).description == before
    assert updated.outputs["ownership_id"] == key.outputs["ownership_id"]


def test_update_keeps_the_key_of_a_resource_renamed_with_an_alias(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    updated = host.up_again(key, {**declared, "managed_by": "keys/prod/renamed"})

    ownership_id = key.outputs["ownership_id"]
    assert tenant.client(key.id).description.endswith(f"[pulumi keys/prod/renamed #{ownership_id}]")
    assert updated.outputs["managed_by"] == "keys/prod/renamed"


def test_owner_may_grow_until_its_marker_fills_the_description(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    owner = "keys/prod/".ljust(237 - len(" text"), "x")

    host.up_again(key, {**declared, "managed_by": owner, "description": "text"})

    assert len(tenant.client(key.id).description) == 256


def test_check_refuses_a_longer_owner_before_anything_is_sent(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.clear_requests()
    longer = {**declared, "managed_by": "keys/prod/x:y:Team$ci", "description": "x" * 224}

    ((_, reason),) = host.check(longer, key.inputs).failures

    assert "description must have at most 215 characters" in reason
    assert tenant.requests() == []


def test_update_refuses_a_key_that_another_resource_took_over(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.change_client(key.id, description="[pulumi other/prod/ci #d00d]")
    before = tenant.client(key.id)

    with pytest.raises(PluginError) as refused:
        host.up_again(key, {**declared, "name": "ci-2"})

    assert f'"ci-2" ({key.id}) is now managed by other/prod/ci' in refused.value.sentence
    assert tenant.client(key.id) == before


def test_update_of_a_missing_key_says_what_to_run(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.delete_client(key.id)

    with pytest.raises(PluginError) as failed:
        host.up_again(key, {**declared, "name": "ci-2"})

    assert failed.value.sentence.endswith("Run pulumi up --refresh to create it again.")
    assert tenant.clients() == []


def test_update_replaces_a_missing_secret(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.delete_secret(key.id, key.outputs["secret_id"])
    refreshed = host.refresh(key)
    inputs = host.check(declared, refreshed.inputs).inputs
    assert host.diff(refreshed, inputs).changes == "DIFF_UNKNOWN"

    updated = host.update(refreshed, inputs)

    assert known_secrets(tenant, key.id) == [updated.outputs["secret_id"]]
    assert updated.outputs["secret_id"] != key.outputs["secret_id"]
    assert updated.outputs["secret_expires_on"] == inputs["secret_expires_on"]
    assert tenant.can_authenticate(key.id, updated.outputs["key_secret"])


@except_where(first_secret="one more is a third one there")
def test_rotation_replaces_an_unknown_secret(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    unknown = tenant.add_secret(key.id)

    updated = host.up_again(Recorded(key.id, ended(key.inputs), ended(key.outputs)), declared)

    present = [secret.id for secret in tenant.secrets(key.id)]
    assert present == [key.outputs["secret_id"], updated.outputs["secret_id"]]
    assert unknown.id not in present
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


def test_update_says_that_the_key_changed_if_the_secret_fails(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.fault(method="POST", path=SECRETS, status=403)

    with pytest.raises(PluginError) as failed:
        host.up_again(
            Recorded(key.id, ended(key.inputs), ended(key.outputs)), {**declared, "name": "ci-2"}
        )

    assert "up to date, but its secret was not rotated" in failed.value.sentence
    assert tenant.client(key.id).name == "ci-2"
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


def ended(properties: Properties) -> Properties:
    """The same, a year later."""
    return {**properties, "secret_expires_on": "2020-01-01"}


def test_update_refuses_a_key_that_another_state_took_over(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    tenant.change_client(key.id, description="for the pipeline [pulumi keys/prod/ci #d00d]")
    before = tenant.client(key.id), tenant.secrets(key.id)

    with pytest.raises(PluginError) as refused:
        host.up_again(Recorded(key.id, ended(key.inputs), ended(key.outputs)), declared)

    assert f'"ci" ({key.id}) was taken over by another run' in refused.value.sentence
    assert (tenant.client(key.id), tenant.secrets(key.id)) == before


@except_where(first_secret="both slots are taken there")
def test_take_over_from_another_state_works_as_the_refusal_says(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    first = start_host().up(declared)
    second = start_host(resumeInterrupted="true").up(declared)
    tenant.delete_secret(first.id, first.outputs["secret_id"])

    with pytest.raises(PluginError) as refused:
        start_host().up_again(first, {**declared, "enabled": False})
    # What `pulumi state delete` leaves is a resource that the state does not hold.
    taken_back = start_host().up({**declared, "adopt": True})

    assert "run pulumi state delete for this resource and declare adopt=True" in (
        refused.value.sentence
    )
    assert taken_back.id == first.id == second.id
    assert tenant.can_authenticate(taken_back.id, taken_back.outputs["key_secret"])


@except_where(unique_names="the tenant itself refuses a second key of a name there")
def test_rename_to_the_name_of_another_key_is_refused(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    other = tenant.create_client("ci-2")

    with pytest.raises(PluginError) as refused:
        host.up_again(key, {**declared, "name": "ci-2", "enabled": False})

    assert f"{other.id} already has that name. Nothing was changed." in refused.value.sentence
    assert tenant.client(key.id).name == "ci"
    assert tenant.client(key.id).status is True


@except_where(unique_names="the tenant itself refuses a second key of a name there")
def test_rename_is_undone_if_another_key_gets_the_name_meanwhile(
    host: PluginHost, tenant: RunningEmulator, key: Recorded, declared: Properties
) -> None:
    host.up_again(
        host.up({**declared, "name": "x", "managed_by": "keys/prod/x"}),
        declared | {"name": "y", "managed_by": "keys/prod/x"},
    )  # this process has its list now
    other = tenant.create_client("ci-2")

    with pytest.raises(PluginError) as refused:
        host.up_again(key, {**declared, "name": "ci-2"})

    assert f"{other.id} already has that name" in refused.value.sentence
    assert tenant.client(key.id).name == "ci"


def test_update_completes_a_state_without_an_ownership_id(
    host: PluginHost, declared: Properties
) -> None:
    key = host.up(declared)
    without_id = Recorded(key.id, key.inputs, {**key.outputs, "ownership_id": ""})

    updated = host.up_again(without_id, {**declared, "enabled": False})

    assert updated.outputs["ownership_id"] == key.outputs["ownership_id"]
