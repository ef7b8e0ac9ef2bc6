"""A key's life, call by call, and what each call asks of the tenant."""

import json

from plugin.conftest import StartHost, except_where, known_secrets
from support.plugin_host import PluginHost, Properties

from zdx_emulator.testing import (
    API_CLIENTS,
    RESOURCE_SERVERS,
    TOKEN,
    RunningEmulator,
    Switches,
    scope_id,
)


def asked(tenant: RunningEmulator) -> list[str]:
    """What was asked since the last time."""
    requests = [f"{request.method} {request.path}" for request in tenant.requests()]
    tenant.clear_requests()
    return requests


def test_lifecycle_of_a_key_runs_every_operation(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    checked = host.check(declared)
    key = host.create(checked.inputs)
    assert host.diff(key, host.check(declared, key.inputs).inputs).changes == "DIFF_NONE"
    assert host.refresh(key).outputs == key.outputs

    renamed = host.check({**declared, "name": "ci-2"}, key.inputs).inputs
    assert host.diff(key, renamed).changes == "DIFF_UNKNOWN"
    key = host.update(key, renamed)
    assert tenant.client_named("ci-2").id == key.id

    host.delete(key)
    assert tenant.clients() == []


def test_create_sends_every_input_to_the_tenant(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up({**declared, "enabled": False, "token_lifetime_seconds": 60})

    client = tenant.client_named("ci")
    (resource,) = client.client_resources
    assert client.id == key.id
    assert client.status is False
    assert client.access_token_life_time == 60
    assert [scope.id for scope in resource.selected_scopes] == [scope_id("ZDX Read-only Admin")]
    ownership_id = key.outputs["ownership_id"]
    assert client.description == f"for the pipeline [pulumi keys/prod/ci #{ownership_id}]"


@except_where(separate_client_id="a key ID signs no one in there")
def test_create_returns_every_output(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    checked = host.check(declared).inputs
    key = host.create(checked)

    (secret_id,) = known_secrets(tenant, key.id)
    outputs = dict(key.outputs)
    assert tenant.can_authenticate(key.id, outputs["key_secret"])
    assert json.loads(outputs.pop("key_json")) == {
        "key_id": key.id,
        "key_secret": outputs.pop("key_secret"),
    }
    assert outputs.pop("ownership_id")
    assert outputs.pop("secret_created_at").endswith("Z")
    assert outputs.pop("secret_expires_at").endswith("Z")
    assert outputs == {
        **checked,
        "key_id": key.id,
        "role_id": scope_id("ZDX Read-only Admin"),
        "vanity_domain": "acme",
        "cloud": "",
        "api_url": tenant.url,
        "secret_id": secret_id,
        "schema_version": 1,
        "minimum_provider_version": "0.1.0",
    }


@except_where(read_lag_ms="the list is read again until it shows the key")
def test_first_create_reads_token_roles_and_keys_then_sends_three_requests(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)

    *first, created, one, other = asked(tenant)[:6]
    assert first == [f"POST {TOKEN}", f"GET {RESOURCE_SERVERS}", f"GET {API_CLIENTS}"]
    assert created == f"POST {API_CLIENTS}"
    assert {one, other} == {f"POST {API_CLIENTS}/{key.id}/secrets", f"GET {API_CLIENTS}"}


@except_where(read_lag_ms="the list is read again until it shows the key")
def test_second_create_sends_three_requests_two_of_them_at_once(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    host.up(declared)
    asked(tenant)

    second = host.up({**declared, "name": "desk", "managed_by": "keys/prod/desk"})

    created, one, other = asked(tenant)
    assert created == f"POST {API_CLIENTS}"
    assert {one, other} == {f"POST {API_CLIENTS}/{second.id}/secrets", f"GET {API_CLIENTS}"}


def test_update_sends_two_requests(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    asked(tenant)

    host.up_again(key, {**declared, "enabled": False, "role": "ZDX Super Admin"})

    assert asked(tenant) == [f"GET {API_CLIENTS}/{key.id}", f"PUT {API_CLIENTS}/{key.id}"]


def test_rename_reads_the_list_before_and_after(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up(declared)
    host = start_host()
    asked(tenant)

    host.up_again(key, {**declared, "name": "ci-2"})

    assert asked(tenant) == [
        f"POST {TOKEN}",
        f"GET {API_CLIENTS}/{key.id}",
        f"GET {API_CLIENTS}",
        f"PUT {API_CLIENTS}/{key.id}",
        f"GET {API_CLIENTS}",
    ]


def test_update_of_an_up_to_date_key_writes_nothing(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.change_client(key.id, status=False)
    asked(tenant)

    host.up_again(key, {**declared, "enabled": False})

    assert asked(tenant) == [f"GET {API_CLIENTS}/{key.id}"]


def test_delete_sends_two_requests(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    asked(tenant)

    host.delete(key)

    assert asked(tenant) == [f"GET {API_CLIENTS}/{key.id}", f"DELETE {API_CLIENTS}/{key.id}"]


def test_up_without_changes_sends_no_request(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    asked(tenant)

    checked = host.check(declared, key.inputs)

    assert checked.inputs == key.inputs
    assert host.diff(key, checked.inputs).changes == "DIFF_NONE"
    assert asked(tenant) == []


def test_refresh_sends_one_list_request_and_one_secrets_request_per_key(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, switches: Switches
) -> None:
    tenant.switch(switches.model_copy(update={"list_descriptions": True}))
    made_by = start_host()
    keys = [
        made_by.up({**declared, "name": name, "managed_by": f"keys/prod/{name}"})
        for name in ("ci", "desk")
    ]
    asked(tenant)

    host = start_host()
    for key in keys:
        host.refresh(key)

    assert asked(tenant) == [
        f"POST {TOKEN}",
        f"GET {API_CLIENTS}",
        *[f"GET {API_CLIENTS}/{key.id}/secrets" for key in keys],
    ]
