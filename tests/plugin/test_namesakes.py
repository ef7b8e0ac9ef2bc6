"""One key of a name, anyone who else creates one at the same time."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from plugin.conftest import StartHost, except_where, wait_until, without_switches
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import API_CLIENTS, SECRETS, RunningEmulator, Switches

# A tenant that refuses a second key of a name itself has the same outcome by another sentence.
names_repeat = except_where(unique_names="the tenant itself refuses a second key of a name there")


def create_fails(host: PluginHost, declared: Properties) -> str:
    inputs = host.check(declared).inputs
    with pytest.raises(PluginError) as failed:
        host.create(inputs)
    return failed.value.sentence


@names_repeat
def test_create_refuses_a_name_that_was_taken_since_the_list_was_read(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    host.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    theirs = tenant.create_client("ci")

    said = create_fails(host, declared)

    assert f'a key named "ci" was created at the same time: {theirs.id} (not managed by' in said
    assert [client.id for client in tenant.clients() if client.name == "ci"] == [theirs.id]


@names_repeat
def test_create_refuses_a_name_that_another_stack_just_took(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    late = start_host()
    late.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    key = start_host().up({**declared, "managed_by": "other/prod/ci"})

    said = create_fails(late, declared)

    assert f"{key.id} (other/prod/ci)" in said
    assert [client.id for client in tenant.clients() if client.name == "ci"] == [key.id]
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@names_repeat
def test_create_says_what_to_do_and_the_next_run_says_how(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    host = start_host()
    host.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    tenant.create_client("ci")

    assert "run pulumi up again, which says how to take over the other key" in create_fails(
        host, declared
    )

    assert "declare adopt=True" in create_fails(start_host(), declared)


@without_switches
def test_create_by_two_stacks_at_once_never_succeeds_twice(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    hosts = {stack: start_host() for stack in ("prod", "dev")}
    for stack, host in hosts.items():  # each has its list of keys now
        host.up({**declared, "name": f"first of {stack}", "managed_by": f"keys/{stack}/first"})
    before = len(tenant.clients())
    tenant.fault(method="POST", path=API_CLIENTS, hold="after", count=2)

    def create(stack: str) -> Recorded | PluginError:
        try:
            return hosts[stack].up({**declared, "managed_by": f"keys/{stack}/ci"})
        except PluginError as failed:
            return failed

    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(create, stack) for stack in hosts]
        wait_until(lambda: len(tenant.clients()) == before + 2)
        tenant.release()
        results = [each.result() for each in running]

    created = [result for result in results if isinstance(result, Recorded)]
    assert len(created) < 2
    named = [client.id for client in tenant.clients() if client.name == "ci"]
    assert named == [key.id for key in created]
    assert all(tenant.can_authenticate(key.id, key.outputs["key_secret"]) for key in created)


@without_switches
def test_create_through_two_entries_of_one_tenant_creates_one_key(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    entry = json.dumps({"a": tenant.settings(), "b": tenant.settings()})
    host = start_host(tenants=entry)
    host.up({**declared, "name": "x", "managed_by": "keys/prod/x", "tenant": "a"})
    host.up({**declared, "name": "y", "managed_by": "keys/prod/y", "tenant": "b"})

    key = host.up({**declared, "tenant": "a"})
    said = create_fails(host, {**declared, "managed_by": "keys/prod/twin", "tenant": "b"})

    assert key.id in said
    assert [client.id for client in tenant.clients() if client.name == "ci"] == [key.id]


@without_switches
def test_create_waits_for_a_list_that_lags_behind(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    late = start_host()
    late.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    tenant.switch(Switches(read_lag_ms=400))
    key = start_host().up({**declared, "managed_by": "other/prod/ci"})

    said = create_fails(late, declared)

    assert key.id in said
    assert [client.id for client in tenant.clients() if client.name == "ci"] == [key.id]


@without_switches
def test_create_deletes_its_client_if_the_list_cannot_be_read(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    host.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    tenant.fault(method="GET", path=API_CLIENTS, status=403)

    said = create_fails(host, declared)

    assert "could not list API clients" in said
    assert [client.name for client in tenant.clients()] == ["first"]


@without_switches
def test_create_after_a_delete_ignores_a_list_that_still_shows_the_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    first = host.up(declared)
    shown = tenant.client(first.id)
    host.delete(first)
    listed = {
        "results_total": 1,
        "pageOffset": 0,
        "pageSize": 1000,
        "records": [shown.model_dump(by_alias=True, mode="json")],
    }
    tenant.fault(method="GET", path=API_CLIENTS, body=json.dumps(listed), count=2)

    key = host.up(declared)

    assert [client.id for client in tenant.clients()] == [key.id]


@without_switches
def test_create_trusts_no_response_that_describes_another_client(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    other = tenant.create_client("precious")
    body = other.model_dump_json(by_alias=True)
    tenant.fault(method="POST", path=API_CLIENTS, status=201, body=body)
    tenant.fault(method="POST", path=SECRETS, status=403)

    create_fails(start_host(), declared)

    assert other.id in {client.id for client in tenant.clients()}


@without_switches
def test_create_deletes_no_client_of_its_name_that_a_wrong_response_names(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    host.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    other = tenant.create_client("ci")
    body = json.dumps({"id": other.id, "name": "ci"})
    tenant.fault(method="POST", path=API_CLIENTS, status=201, body=body, applied=True)
    tenant.fault(method="POST", path=SECRETS, status=403)

    create_fails(host, declared)

    assert other.id in {client.id for client in tenant.clients()}


@without_switches
def test_create_lists_the_clients_of_its_name_while_it_creates_the_secret(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    host.up({**declared, "name": "first", "managed_by": "keys/prod/first"})
    tenant.clear_requests()
    tenant.fault(method="POST", path=SECRETS, hold="before")

    with ThreadPoolExecutor(1) as threads:
        created = threads.submit(host.up, declared)
        wait_until(lambda: any(request.method == "GET" for request in tenant.requests()))
        tenant.wait_until_held()
        (listed,) = [request for request in tenant.requests() if request.method == "GET"]
        tenant.release()
        created.result()

    assert listed.path == API_CLIENTS
    assert "name[like]=ci" in listed.query
