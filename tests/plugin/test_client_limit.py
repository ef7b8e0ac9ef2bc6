"""A tenant has 256 API clients at most."""

import pytest
import requests
from plugin.conftest import without_switches
from support.plugin_host import PluginError, PluginHost, Properties

from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENTS,
    RunningEmulator,
    Switches,
)

LIMIT = Switches().client_limit
OTHERS = 2


def fill(tenant: RunningEmulator) -> None:
    """Create clients until the tenant refuses one: all but a few are ZDX keys."""
    for number in range(OTHERS):
        tenant.create_client(f"other-{number}", role="Super Admin", service="ZIAM")
    body = tenant.create_client("key").model_dump(by_alias=True, exclude={"id", "client_id"})
    token = tenant.token_for(ADMIN_ID, ADMIN_SECRET)
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {token}"
        while session.post(tenant.url + API_CLIENTS, json=body, timeout=60).ok:
            pass


@without_switches
def test_create_in_a_full_tenant_says_how_many_of_its_clients_are_keys(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    fill(tenant)

    with pytest.raises(PluginError) as refused:
        host.up(declared)

    assert f'"The tenant has {LIMIT} API clients, the most that it can have"' in (
        refused.value.sentence
    )
    assert (
        f"the tenant has {LIMIT} API clients, {LIMIT - OTHERS} of them ZDX keys, and ZIdentity "
        f"allows {LIMIT}"
    ) in refused.value.sentence
    assert "To find unused ZDX keys, run zdx-keys list" in refused.value.sentence
    assert len(tenant.clients()) == LIMIT
