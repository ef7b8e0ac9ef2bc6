"""A key belongs to a tenant, and is neither looked for nor made again in another."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from plugin.conftest import StartHost, without_switches
from pulumi.runtime.rpc import UNKNOWN
from support.fork_server import ForkServer
from support.plugin_host import (
    Difference,
    Engine,
    PluginError,
    PluginHost,
    Properties,
    Recorded,
)

from zdx_emulator.testing import TOKEN, RunningEmulator

CALLS: dict[str, Callable[[PluginHost, Recorded], object]] = {
    "diff": lambda host, key: host.diff(key, {**key.inputs, "name": "ci-2"}),
    "refresh": lambda host, key: host.refresh(key),
    "update": lambda host, key: host.update(key, {**key.inputs, "name": "ci-2"}),
    "delete": lambda host, key: host.delete(key),
}


@pytest.fixture
def entries(tenant: RunningEmulator) -> Callable[..., str]:
    """The setting `zdx:tenants`: each name stands for the tenant of that vanity domain."""

    def entries(**vanity_domains: str) -> str:
        return json.dumps(
            {name: tenant.settings(domain) for name, domain in vanity_domains.items()}
        )

    return entries


@pytest.mark.parametrize("call", CALLS)
def test_operations_fail_if_the_settings_point_to_another_tenant(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, call: str
) -> None:
    key = start_host().up(declared)
    before = tenant.clients()
    tenant.clear_requests()

    with pytest.raises(PluginError) as stopped:
        CALLS[call](start_host(vanityDomain="elsewhere"), key)

    assert (
        "belongs to the tenant acme, but the settings point to elsewhere" in stopped.value.sentence
    )
    assert tenant.requests() == []
    assert tenant.clients() == before


def test_refresh_fails_if_the_settings_point_to_another_cloud(
    start_host: StartHost, declared: Properties
) -> None:
    key = start_host().up(declared)

    with pytest.raises(PluginError, match=r"the settings point to acme \(cloud beta\)"):
        start_host(cloud="beta").refresh(key)


def test_diff_replaces_the_key_if_the_tenant_changes(
    start_host: StartHost, declared: Properties, entries: Callable[..., str]
) -> None:
    host = start_host(tenants=entries(eu="acme-eu"))
    key = host.up(declared)

    assert host.diff(key, {**key.inputs, "tenant": "eu"}) == Difference(
        "DIFF_UNKNOWN", ["tenant"], deletes_first=True
    )


def test_diff_replaces_nothing_if_a_new_tenant_name_is_the_same_tenant(
    start_host: StartHost, declared: Properties, entries: Callable[..., str]
) -> None:
    host = start_host(tenants=entries(same="acme"))
    key = host.up(declared)

    assert host.diff(key, {**key.inputs, "tenant": "same"}) == Difference(
        "DIFF_UNKNOWN", [], deletes_first=False
    )


def test_create_records_the_tenant_name_and_its_vanity_domain(
    start_host: StartHost, declared: Properties, entries: Callable[..., str]
) -> None:
    key = start_host(tenants=entries(eu="acme-eu")).up({**declared, "tenant": "eu"})

    assert (key.outputs["tenant"], key.outputs["vanity_domain"]) == ("eu", "acme-eu")


def test_replace_deletes_the_key_in_its_own_tenant(
    start_host: StartHost,
    tenant: RunningEmulator,
    declared: Properties,
    entries: Callable[..., str],
) -> None:
    host = start_host(tenants=entries(eu="acme-eu", us="acme-us"))
    key = host.up({**declared, "tenant": "eu"})

    assert host.diff(key, {**key.inputs, "tenant": "us"}).replaces == ["tenant"]
    host.delete(key)

    assert tenant.clients() == []


@pytest.mark.parametrize("call", ["refresh", "delete"])
def test_operations_find_the_tenant_after_its_entry_was_renamed(
    start_host: StartHost, declared: Properties, entries: Callable[..., str], call: str
) -> None:
    key = start_host(tenants=entries(eu="acme-eu")).up({**declared, "tenant": "eu"})
    renamed = start_host(tenants=entries(emea="acme-eu", us="acme-us"))

    CALLS[call](renamed, key)


def test_update_with_a_renamed_tenant_entry_keeps_the_key(
    start_host: StartHost, declared: Properties, entries: Callable[..., str]
) -> None:
    key = start_host(tenants=entries(eu="acme-eu")).up({**declared, "tenant": "eu"})
    renamed = start_host(tenants=entries(emea="acme-eu"))
    news = {**key.inputs, "tenant": "emea"}

    assert renamed.diff(key, news).replaces == []
    assert renamed.update(key, news).outputs == {**key.outputs, "tenant": "emea"}


def test_diff_in_another_tenant_announces_no_rotation(
    start_host: StartHost, engine: Engine, declared: Properties
) -> None:
    key = start_host().up({**declared, "rotation": {}})
    news = {**key.inputs, "rotation": {"triggers": {"incident": "today"}}}
    engine.said.clear()

    with pytest.raises(PluginError):
        start_host(vanityDomain="elsewhere").diff(key, news)

    assert not [line for line in engine.said if "gets a new secret" in line]


@pytest.fixture
def impostor(fork_server: ForkServer, tmp_path: Path) -> Iterator[RunningEmulator]:
    """Another server that accepts the same credentials and calls itself the same tenant."""
    with fork_server.tenant(tmp_path / "impostor") as running:
        yield running


@without_switches
@pytest.mark.parametrize("call", ["refresh", "update", "delete"])
def test_operations_on_another_server_of_the_tenant_lose_no_key(
    start_host: StartHost,
    tenant: RunningEmulator,
    impostor: RunningEmulator,
    declared: Properties,
    call: str,
) -> None:
    key = start_host().up(declared)
    elsewhere = start_host(apiUrl=impostor.url, tokenUrl=f"{impostor.url}{TOKEN}")

    with pytest.raises(PluginError) as stopped:
        CALLS[call](elsewhere, key)

    assert call == "update" or f"was last read at {tenant.url}" in stopped.value.sentence
    assert [client.id for client in tenant.clients()] == [key.id]
    assert impostor.clients() == []


def test_operations_accept_a_new_address_of_the_same_tenant(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up(declared)
    url = tenant.url.replace("127.0.0.1", "localhost")
    moved = start_host(apiUrl=url, tokenUrl=f"{url}{TOKEN}")

    refreshed = moved.refresh(key)
    assert refreshed is not None
    updated = moved.update(key, {**key.inputs, "name": "ci-2"})
    moved.delete(updated)

    assert key.outputs["api_url"] == tenant.url
    assert refreshed.outputs["api_url"] == updated.outputs["api_url"] == url
    assert tenant.clients() == []


@without_switches
def test_delete_finds_a_renamed_tenant_entry_by_its_address(
    start_host: StartHost, tenant: RunningEmulator, impostor: RunningEmulator, declared: Properties
) -> None:
    entries = {"before": tenant.settings()}
    key = start_host(tenants=json.dumps(entries)).up({**declared, "tenant": "before"})
    entries = {"a-copy": impostor.settings(), "renamed": tenant.settings()}

    start_host(tenants=json.dumps(entries)).delete(key)

    assert tenant.clients() == []


def test_refresh_shows_the_cloud_name_of_a_key(start_host: StartHost, declared: Properties) -> None:
    key = start_host(cloud="preview").up(declared)

    with pytest.raises(PluginError, match=r"belongs to the tenant acme \(cloud preview\)"):
        start_host().refresh(key)


@pytest.mark.parametrize("call", CALLS)
def test_operations_refuse_the_state_of_a_later_version(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, call: str
) -> None:
    host = start_host()
    key = host.up(declared)
    newer = {"schema_version": 2, "minimum_provider_version": "0.9.0"}
    later = Recorded(key.id, key.inputs, {**key.outputs, **newer})
    tenant.clear_requests()

    with pytest.raises(PluginError, match="has schema 2") as stopped:
        CALLS[call](host, later)

    assert "Install zdx-provider 0.9.0 or a later version." in stopped.value.sentence
    assert tenant.requests() == []


def test_diff_replaces_nothing_if_the_tenant_is_unknown(
    start_host: StartHost, declared: Properties, entries: Callable[..., str]
) -> None:
    host = start_host(vanityDomain="elsewhere", tenants=entries(a="acme"))
    key = host.up({**declared, "tenant": "a"})

    assert host.diff(key, {**key.inputs, "tenant": UNKNOWN}) == Difference(
        "DIFF_UNKNOWN", [], deletes_first=False
    )
