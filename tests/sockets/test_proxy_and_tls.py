"""The way to the server: proxies, and whom to trust."""

import datetime as dt
import ipaddress
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sockets.loopback import Handler, LoopbackServer, Script

from zdx_provider.errors import SettingsError
from zdx_provider.zidentity import (
    CertificateError,
    ClientSecret,
    ConnectionOptions,
    Tenant,
    UnreachableError,
    ZIdentity,
)

ADMIN = ClientSecret("admin", "obviously-fake")


def well(handler: Handler) -> None:
    handler.answer(200, {"id": "c1", "name": "ci"})


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 and its key, in one file that no one trusts yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "obviously fake")])
    now = dt.datetime.now(dt.timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_tenant(server: LoopbackServer, script: Script, certificate: Path) -> Tenant:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    script.otherwise = well
    url = server.url.replace("http:", "https:")
    return Tenant("acme", api_url=url, token_url=f"{url}/oauth2/v1/token")


def read(tenant: Tenant, options: ConnectionOptions | None = None) -> str:
    zidentity = ZIdentity(tenant, ADMIN, options, sleep=lambda _seconds: None)
    try:
        return zidentity.api_clients.get("c1").name
    finally:
        zidentity.close()


def test_request_with_an_untrusted_certificate_sends_nothing(
    tls_tenant: Tenant, script: Script
) -> None:
    with pytest.raises(
        CertificateError,
        match=r"certificate of 127\.0\.0\.1:\d+ is not trusted.*REQUESTS_CA_BUNDLE",
    ):
        read(tls_tenant)

    assert (script.tokens, script.requests) == (0, [])


def test_request_uses_the_ca_bundle_of_the_environment(
    tls_tenant: Tenant, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))

    assert read(tls_tenant) == "ci"


def test_request_names_a_missing_ca_bundle_of_the_environment(
    tls_tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))

    with pytest.raises(SettingsError, match="from the environment"):
        read(tls_tenant)


def test_request_by_http_to_this_machine_uses_no_proxy(
    server: LoopbackServer, script: Script, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = f"http://127.0.0.1:{closed_port}"
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    script.otherwise = well
    tenant = Tenant("acme", api_url=server.url, token_url=f"{server.url}/oauth2/v1/token")

    assert read(tenant, ConnectionOptions(http_proxy=proxy)) == "ci"


def test_request_sends_no_credentials_to_a_proxy_that_refuses(
    server: LoopbackServer, script: Script
) -> None:
    options = ConnectionOptions(http_proxy=server.url, max_retries=1)

    with pytest.raises(UnreachableError, match=r"proxy requires credentials.*\(2 attempts\)"):
        read(Tenant("acme"), options)

    assert script.requests == ["CONNECT acme.zslogin.net:443"] * 2
    assert script.authorizations == ["", ""]


def test_request_uses_the_proxy_of_the_environment(
    server: LoopbackServer, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    with pytest.raises(UnreachableError):
        read(Tenant("acme"), ConnectionOptions(max_retries=0))

    assert script.requests == ["CONNECT acme.zslogin.net:443"]


def test_request_prefers_the_proxy_of_the_settings(
    server: LoopbackServer, script: Script, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{closed_port}")
    monkeypatch.setenv("no_proxy", "zslogin.net")

    with pytest.raises(UnreachableError):
        read(Tenant("acme"), ConnectionOptions(http_proxy=server.url, max_retries=0))

    assert script.requests == ["CONNECT acme.zslogin.net:443"]


@pytest.mark.parametrize("proxy", ["http://", "socks5://127.0.0.1:1", "http://obviously-fake:x"])
def test_request_refuses_an_invalid_proxy_url_without_repeating_it(proxy: str) -> None:
    with pytest.raises(SettingsError, match="URL of the HTTP proxy") as error:
        read(Tenant("acme"), ConnectionOptions(http_proxy=proxy))

    assert "obviously-fake" not in str(error.value)
