import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from unit.zidentity.scripted import SECRET, Connect, FakeTime, ScriptedServer

from zdx_provider.zidentity import (
    ClientSecret,
    ConnectionOptions,
    Credentials,
    PrivateKey,
    Tenant,
    ZIdentity,
)


@pytest.fixture
def server() -> ScriptedServer:
    return ScriptedServer()


@pytest.fixture
def time() -> FakeTime:
    return FakeTime(now=1_800_000_000.0)


@pytest.fixture
def connect(server: ScriptedServer, time: FakeTime) -> Connect:
    def connect(
        credentials: Credentials | None = None,
        options: ConnectionOptions | None = None,
        tenant: Tenant | None = None,
    ) -> ZIdentity:
        return ZIdentity(
            tenant or Tenant("acme"),
            credentials or ClientSecret("admin", SECRET),
            options,
            clock=time.clock,
            monotonic=time.monotonic,
            sleep=time.sleep,
            jitter=lambda: 0.0,
            adapter=server,
        )

    return connect


@pytest.fixture
def zidentity(connect: Connect) -> ZIdentity:
    return connect()


@pytest.fixture(scope="session")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="session")
def pem(rsa_key: rsa.RSAPrivateKey) -> str:
    return rsa_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def private_key(pem: str) -> PrivateKey:
    return PrivateKey("admin", pem)
