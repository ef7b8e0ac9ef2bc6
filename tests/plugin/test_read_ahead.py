"""What a refresh and a destroy of many keys ask the tenant, and when."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from plugin.conftest import StartHost, except_where, only_where, wait_until, without_switches
from support.plugin_host import PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import API_CLIENT, API_CLIENTS, SECRETS, TOKEN, RunningEmulator

KEYS = 6
MANY = 24
AT_ONCE = 16

with_descriptions = except_where(list_descriptions="the list shows no ownership markers there")


@pytest.fixture
def keys(start_host: StartHost, tenant: RunningEmulator, declared: Properties) -> list[Recorded]:
    """The keys of a stack, one of another stack, and an empty log of requests."""
    return create_keys(KEYS, start_host(), tenant, declared)


@pytest.fixture
def many_keys(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> list[Recorded]:
    """The same with more keys than are read ahead at once."""
    return create_keys(MANY, start_host(), tenant, declared)


def create_keys(
    count: int, host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> list[Recorded]:
    created = [create(host, declared, f"keys/prod/{number}") for number in range(count)]
    create(host, declared, "keys/dev/other")
    tenant.clear_requests()
    return created


def create(host: PluginHost, declared: Properties, owner: str) -> Recorded:
    return host.up({**declared, "name": owner.rpartition("/")[2], "managed_by": owner})


def count_requests(tenant: RunningEmulator) -> Counter[str]:
    return Counter(f"{request.method} {request.path}" for request in tenant.requests())


def count_secret_lists(tenant: RunningEmulator) -> int:
    return sum(request.path.endswith("/secrets") for request in tenant.requests())


@with_descriptions
def test_refresh_of_many_keys_reads_the_secrets_of_each_once(
    host: PluginHost, tenant: RunningEmulator, many_keys: list[Recorded]
) -> None:
    refreshed = [host.refresh(key) for key in many_keys]

    assert refreshed == many_keys
    secrets = {f"GET {API_CLIENTS}/{key.id}/secrets" for key in many_keys}
    assert count_requests(tenant) == dict.fromkeys(
        {f"POST {TOKEN}", f"GET {API_CLIENTS}", *secrets}, 1
    )


@only_where("list_descriptions")
def test_refresh_without_descriptions_in_the_list_reads_nothing_ahead(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    for key in keys[:3]:
        host.refresh(key)

    assert count_secret_lists(tenant) == 3


@without_switches
def test_refresh_of_one_key_reads_only_its_secrets(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    host.refresh(keys[0])

    assert list(count_requests(tenant)) == [
        f"POST {TOKEN}",
        f"GET {API_CLIENTS}",
        f"GET {API_CLIENTS}/{keys[0].id}/secrets",
    ]


@without_switches
def test_second_refresh_requests_sixteen_secrets_at_once(
    host: PluginHost, tenant: RunningEmulator, many_keys: list[Recorded]
) -> None:
    host.refresh(many_keys[0])
    tenant.fault(method="GET", path=SECRETS, hold="before", count=MANY)

    with ThreadPoolExecutor(3) as threads:
        reads = [threads.submit(host.refresh, key) for key in many_keys[1:4]]
        # The reads themselves may have found theirs requested, or have sent a request each.
        wait_until(lambda: count_secret_lists(tenant) >= 1 + AT_ONCE)
        sent = count_secret_lists(tenant)
        tenant.clear_faults()
        results = [read.result() for read in reads]

    assert results == many_keys[1:4]
    assert sent <= 1 + AT_ONCE + len(reads)


@without_switches
def test_refresh_of_two_keys_requests_few_secrets_in_vain(
    host: PluginHost, tenant: RunningEmulator, many_keys: list[Recorded]
) -> None:
    for key in many_keys[:2]:
        host.refresh(key)

    wait_until(lambda: count_secret_lists(tenant) == 2 + AT_ONCE < MANY)


@without_switches
def test_refresh_raises_an_error_of_a_secret_read_ahead_for_its_key_only(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    first, second, *others = keys
    host.refresh(first)
    path = f"{API_CLIENTS}/{others[0].id}/secrets"
    tenant.fault(method="GET", path=path, status=403)

    assert host.refresh(second) == second
    wait_until(lambda: f"GET {path}" in count_requests(tenant))
    with pytest.raises(PluginError, match='the key "2": could not list the secrets'):
        host.refresh(others[0])

    assert [host.refresh(key) for key in others[1:]] == others[1:]
    assert set(count_requests(tenant).values()) == {1}


@without_switches
def test_update_drops_secrets_that_were_read_ahead(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded], declared: Properties
) -> None:
    first, second, third = keys[:3]
    path = f"GET {API_CLIENTS}/{third.id}/secrets"
    host.refresh(first)
    host.refresh(second)
    wait_until(lambda: path in count_requests(tenant))

    changed = {**declared, "name": "2", "managed_by": "keys/prod/2", "enabled": False}
    updated = host.up_again(third, changed)
    tenant.delete_secret(third.id, third.outputs["secret_id"])

    assert host.refresh(updated).outputs["secret_expires_on"] == "missing"
    assert count_requests(tenant)[path] == 2


@with_descriptions
def test_destroy_of_many_keys_reads_one_key_and_lists_the_others(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    for key in keys:
        host.delete(key)

    requests = count_requests(tenant)
    lists = requests.pop(f"GET {API_CLIENTS}")
    assert 1 <= lists < KEYS
    reads = {f"GET {API_CLIENTS}/{keys[0].id}", f"POST {TOKEN}"}
    assert requests == dict.fromkeys(
        {*reads, *(f"DELETE {API_CLIENTS}/{key.id}" for key in keys)}, 1
    )
    assert [client.name for client in tenant.clients()] == ["other"]


@only_where("list_descriptions")
def test_destroy_without_descriptions_in_the_list_reads_each_key(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    for key in keys:
        host.delete(key)

    requests = count_requests(tenant)
    assert all(requests[f"GET {API_CLIENTS}/{key.id}"] == 1 for key in keys)
    assert requests[f"GET {API_CLIENTS}"] == 1


@with_descriptions
def test_destroy_of_many_keys_keeps_the_ones_that_others_took_over(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    host.delete(keys[0])
    taken = tenant.change_client(keys[1].id, description="[pulumi other/prod/ci #d00d]")
    tenant.change_client(keys[2].id, description="")
    tenant.delete_client(keys[3].id)

    for key in keys[1:]:
        host.delete(key)

    assert [client.id for client in tenant.clients() if client.name != "other"] == [taken.id]


@without_switches
def test_destroy_reads_a_key_if_the_list_cannot_be_read(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    tenant.fault(method="GET", path=API_CLIENTS, status=403, count=KEYS)

    for key in keys:
        host.delete(key)

    assert 1 <= count_requests(tenant)[f"GET {API_CLIENTS}"] < KEYS
    assert [client.name for client in tenant.clients()] == ["other"]


@without_switches
def test_destroy_fails_for_the_key_that_cannot_be_read(
    host: PluginHost, tenant: RunningEmulator, keys: list[Recorded]
) -> None:
    tenant.fault(method="GET", path=API_CLIENT, status=403)

    with pytest.raises(PluginError, match='the key "0": could not read the API client'):
        host.delete(keys[0])

    host.delete(keys[1])
    assert len(tenant.clients()) == KEYS
