"""What create does about a key that has the declared name already."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from plugin.conftest import StartHost, except_where, known_secrets
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import ApiClient, RunningEmulator, Switches, scope_id


@pytest.fixture
def manually(tenant: RunningEmulator) -> ApiClient:
    """A key that someone has made in the portal."""
    return tenant.create_client("ci", role="ZDX Super Admin", description="made manually")


def refusal(host: PluginHost, declared: Properties) -> str:
    with pytest.raises(PluginError) as refused:
        host.up(declared)
    return refused.value.sentence


def test_create_refuses_a_manually_created_key_and_shows_its_id(
    host: PluginHost, tenant: RunningEmulator, manually: ApiClient, declared: Properties
) -> None:
    secrets = tenant.secrets(manually.id)

    said = refusal(host, declared)

    assert f'"ci" ({manually.id}, {len(secrets)} secret' in said
    assert "already exists and isn't managed by Pulumi" in said
    assert "adopt=True" in said
    assert tenant.clients() == [manually]
    assert tenant.secrets(manually.id) == secrets


def test_adopt_updates_the_key_to_its_inputs(
    host: PluginHost, tenant: RunningEmulator, manually: ApiClient, declared: Properties
) -> None:
    previous = next((secret.id for secret in tenant.secrets(manually.id)), None)

    key = host.up({**declared, "adopt": True})

    client = tenant.client(manually.id)
    assert key.id == manually.id
    assert [client.id for client in tenant.clients()] == [manually.id]
    assert [s.id for r in client.client_resources for s in r.selected_scopes] == [
        scope_id("ZDX Read-only Admin")
    ]
    ownership_id = key.outputs["ownership_id"]
    assert client.description == f"for the pipeline [pulumi keys/prod/ci #{ownership_id}]"
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert key.outputs.get("previous_secret_id") == previous


def test_take_over_replaces_a_description_that_has_no_space_for_a_marker(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    client = tenant.create_client("ci", description="x" * 256)

    host.up({**declared, "description": "y" * 224, "adopt": True})

    description = tenant.client(client.id).description
    assert description.startswith("y" * 224 + " [pulumi keys/prod/ci #")
    assert len(description) == 256


@except_where(first_secret="both slots are taken there")
def test_adopt_revokes_no_secret(
    host: PluginHost, tenant: RunningEmulator, manually: ApiClient, declared: Properties
) -> None:
    theirs = tenant.add_secret(manually.id)

    key = host.up({**declared, "adopt": True})

    assert key.outputs["previous_secret_id"] == theirs.id
    assert tenant.can_authenticate(manually.id, theirs.value)
    assert tenant.can_authenticate(manually.id, key.outputs["key_secret"])


def test_adopt_refuses_a_key_with_two_secrets(
    host: PluginHost, tenant: RunningEmulator, manually: ApiClient, declared: Properties
) -> None:
    while len(tenant.secrets(manually.id)) < 2:
        tenant.add_secret(manually.id)
    ids = [secret.id for secret in tenant.secrets(manually.id)]

    said = refusal(host, {**declared, "adopt": True})

    assert all(secret in said for secret in ids)
    assert tenant.clients() == [manually]
    assert [secret.id for secret in tenant.secrets(manually.id)] == ids


def test_create_refuses_a_key_of_another_stack_and_shows_its_owner(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    theirs = host.up({**declared, "managed_by": "other/prod/ci"})
    before = tenant.clients()

    said = refusal(host, declared)

    assert f"({theirs.id}, {len(tenant.secrets(theirs.id))} secret" in said
    assert "is managed by other/prod/ci" in said
    assert tenant.clients() == before


@except_where(first_secret="no key is without a secret there")
def test_create_finishes_a_key_of_an_interrupted_run(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    left = tenant.create_client("ci", description="[pulumi keys/prod/ci #d00d]")

    key = host.up(declared)

    assert key.id == left.id
    assert len(tenant.secrets(left.id)) == 1
    assert key.outputs["ownership_id"] != "d00d"
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


def test_create_refuses_its_own_key_that_the_state_lacks(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    first = start_host().up(declared)

    said = refusal(start_host(), declared)

    assert first.id in said
    assert "another copy of this stack's state" in said
    assert tenant.can_authenticate(first.id, first.outputs["key_secret"])
    assert known_secrets(tenant, first.id) == [first.outputs["secret_id"]]


@except_where(first_secret="both slots are taken there")
def test_create_takes_over_its_own_key_with_resume_interrupted(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    first = start_host().up(declared)

    second = start_host(resumeInterrupted="true").up(declared)

    assert second.id == first.id
    assert second.outputs["previous_secret_id"] == first.outputs["secret_id"]
    assert second.outputs["ownership_id"] != first.outputs["ownership_id"]
    assert tenant.can_authenticate(second.id, second.outputs["key_secret"])


def test_create_refuses_two_keys_of_its_name_and_shows_both_ids(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, switches: Switches
) -> None:
    tenant.switch(switches.model_copy(update={"unique_names": False}))
    twins = [tenant.create_client("ci").id for _ in range(2)]

    said = refusal(host, {**declared, "adopt": True})

    assert all(twin in said for twin in twins)
    assert [client.id for client in tenant.clients()] == twins
    assert [known_secrets(tenant, twin) for twin in twins] == [[], []]


@pytest.mark.parametrize("name", ["CI", "ci-2", "c", "xci"])
def test_create_ignores_a_key_of_a_similar_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, name: str
) -> None:
    tenant.create_client(name)

    host.up(declared)

    assert [client.name for client in tenant.clients()] == [name, "ci"]


@pytest.mark.parametrize("renamed", ["aa", "zz"])
def test_create_ignores_a_listed_key_that_was_renamed(
    host: PluginHost,
    tenant: RunningEmulator,
    manually: ApiClient,
    declared: Properties,
    renamed: str,
) -> None:
    host.up({**declared, "name": "listed"})
    tenant.change_client(manually.id, name=renamed)

    key = host.up(declared)

    assert {client.name for client in tenant.clients()} == {"listed", renamed, "ci"}
    assert key.id != manually.id


def test_create_ignores_a_key_of_this_run_that_was_renamed(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    made = host.up(declared)
    tenant.change_client(made.id, name="renamed")

    key = host.up({**declared, "managed_by": "keys/prod/other"})

    assert key.id != made.id
    assert tenant.client(key.id).name == "ci"


def test_create_of_one_name_four_times_at_once_creates_one_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    inputs = host.check(declared).inputs

    def create(number: int) -> Recorded | PluginError:
        try:
            return host.create({**inputs, "managed_by": f"keys/prod/{number}"})
        except PluginError as refused:
            return refused

    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(create, range(4)))

    (made,) = [result for result in results if isinstance(result, Recorded)]
    refused = [result.sentence for result in results if isinstance(result, PluginError)]
    owner = made.outputs["managed_by"]
    assert [client.id for client in tenant.clients()] == [made.id]
    assert all(f"already exists and is managed by {owner}" in sentence for sentence in refused)
    assert known_secrets(tenant, made.id) == [made.outputs["secret_id"]]


def test_create_of_four_names_at_once_creates_four_keys(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    names = ["a", "b", "c", "d"]

    def create(name: str) -> Recorded:
        return host.up({**declared, "name": name, "managed_by": f"keys/prod/{name}"})

    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(create, names))

    assert {client.name: client.id for client in tenant.clients()} == {
        name: key.id for name, key in zip(names, made, strict=True)
    }
    assert all(tenant.can_authenticate(key.id, key.outputs["key_secret"]) for key in made)
