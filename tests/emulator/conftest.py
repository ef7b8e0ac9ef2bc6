"""An emulator in its own process, empty for every test."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from support.fork_server import ForkServer

from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    RunningEmulator,
    scope_id,
)

ZSCALER_APIS = "jhlm4bhr7g7j2"


@pytest.fixture(scope="session")
def server(
    fork_server: ForkServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningEmulator]:
    """The one process that the tests of a worker share."""
    with fork_server.tenant(tmp_path_factory.mktemp("tenant")) as server:
        yield server


@pytest.fixture
def tenant(server: RunningEmulator) -> RunningEmulator:
    """The tenant, without clients, faults or a log."""
    server.reset()
    return server


@pytest.fixture
def anonymous(tenant: RunningEmulator) -> Iterator[httpx.Client]:
    """Speaks to the tenant without a token."""
    with httpx.Client(base_url=tenant.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def api(tenant: RunningEmulator) -> Iterator[httpx.Client]:
    """Send requests as the admin client."""
    headers = {"Authorization": f"Bearer {tenant.token_for(ADMIN_ID, ADMIN_SECRET)}"}
    with httpx.Client(base_url=tenant.url, headers=headers, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def body() -> dict[str, Any]:
    """The smallest body that creates a client, with a ZDX role."""
    return {
        "name": "ci",
        "accessTokenLifeTime": 3600,
        "clientAuthentication": {"authType": "SECRET"},
        "clientResources": [
            {
                "id": ZSCALER_APIS,
                "selectedScopes": [{"id": scope_id("ZDX Read-only Admin")}],
            }
        ],
    }


class RsaKey:
    """A key pair made for a test."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        self.private_pem = self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        self.public_pem = self._public(serialization.Encoding.PEM).decode()
        self.public_der = self._public(serialization.Encoding.DER)

    def _public(self, encoding: serialization.Encoding) -> bytes:
        subject = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(encoding, subject)


@pytest.fixture(scope="session")
def rsa_key() -> RsaKey:
    """A key that a client signs with."""
    return RsaKey()


@pytest.fixture(scope="session")
def other_rsa_key() -> RsaKey:
    """A key that no client has registered."""
    return RsaKey()
