"""API clients that authenticate with a private key: ZIdentity has no secrets of them."""

import pytest
from support.plugin_host import PluginError, PluginHost, Properties

from zdx_emulator.testing import RunningEmulator

BY_KEY_PAIR = {"authType": "JWKS", "clientJWKsUrl": "https://acme.example/jwks"}


def test_adopt_refuses_a_client_with_a_private_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.create_client("ci", clientAuthentication=BY_KEY_PAIR)

    with pytest.raises(PluginError) as failed:
        host.up({**declared, "adopt": True})

    assert "authenticates with a private key" in failed.value.sentence
