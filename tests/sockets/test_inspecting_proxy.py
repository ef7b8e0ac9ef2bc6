"""What a failing proxy leaves known of a request: whether it left, and so may be sent again."""

from collections.abc import Callable, Iterator
from datetime import datetime, timezone

import pytest
from sockets.loopback import Handler, LoopbackServer, Script
from support.proxy import Failure, Proxy, running_proxy

from zdx_provider.zidentity import (
    ApiClientRequest,
    ClientSecret,
    ConnectionOptions,
    ResponseLostError,
    Tenant,
    UnreachableError,
    ZIdentity,
)

API_CLIENTS = "/ziam/admin/api/v1/api-clients"
CREDENTIALS = ("scanner", "obviously-fake-proxy-password")
IN_THE_TUNNEL = [f for f in Failure if f.name.endswith(("BEFORE", "AFTER"))]
BEFORE_TLS = [f for f in Failure if f not in IN_THE_TUNNEL]
EXPIRY = datetime(2027, 1, 1, tzinfo=timezone.utc)

CREATE: dict[str, Callable[[ZIdentity], object]] = {
    API_CLIENTS: lambda z: z.api_clients.create(ApiClientRequest(name="ci")),
    f"{API_CLIENTS}/c1/secrets": lambda z: z.api_clients.secrets.create("c1", EXPIRY),
}


def answer_as_documented(handler: Handler) -> None:
    secret = {"id": "s1", "value": "obviously-fake", "createdAt": 1}
    client = {"id": "c1", "name": "ci", "description": "", "status": True}
    is_secret = handler.path.endswith("/secrets")
    expires_at = {"expiresAt": int(EXPIRY.timestamp())}
    handler.answer(200, {**secret, **expires_at} if is_secret else client)


@pytest.fixture
def behind(
    server: LoopbackServer, script: Script, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[Proxy, ZIdentity]]]:
    """Starts a proxy before the server, and a session that goes through it."""
    script.otherwise = answer_as_documented
    opened: list[ZIdentity] = []
    proxies = []

    def start(
        credentials: tuple[str, str] | None = None, shown: str | None = None
    ) -> tuple[Proxy, ZIdentity]:
        running = running_proxy(server.url, credentials)
        proxy = running.__enter__()
        proxies.append(running)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(proxy.ca_file))
        options = ConnectionOptions(shown or proxy.url, max_retries=2, request_timeout=10)
        zidentity = ZIdentity(
            Tenant("acme"), ClientSecret("admin", "fake"), options, sleep=lambda _seconds: None
        )
        opened.append(zidentity)
        return proxy, zidentity

    yield start
    for zidentity in opened:
        zidentity.close()
    for running in proxies:
        running.__exit__(None, None, None)


@pytest.mark.parametrize("failure", IN_THE_TUNNEL, ids=lambda f: f.name)
@pytest.mark.parametrize("path", CREATE)
def test_create_is_lost_and_not_retried_if_its_tunnel_breaks(
    behind: Callable[..., tuple[Proxy, ZIdentity]], failure: Failure, path: str
) -> None:
    proxy, zidentity = behind()
    proxy.fail("POST", path, failure)

    with pytest.raises(ResponseLostError):
        CREATE[path](zidentity)

    assert proxy.requests.count(f"POST {path}") == 1


@pytest.mark.parametrize("failure", IN_THE_TUNNEL, ids=lambda f: f.name)
def test_read_is_retried_if_its_tunnel_breaks(
    behind: Callable[..., tuple[Proxy, ZIdentity]], failure: Failure
) -> None:
    proxy, zidentity = behind()
    proxy.fail("GET", f"{API_CLIENTS}/c1", failure)

    assert zidentity.api_clients.get("c1").name == "ci"
    assert proxy.requests.count(f"GET {API_CLIENTS}/c1") == 2


@pytest.mark.parametrize("failure", BEFORE_TLS, ids=lambda f: f.name)
@pytest.mark.parametrize("path", CREATE)
def test_create_is_retried_if_its_tunnel_was_not_established(
    behind: Callable[..., tuple[Proxy, ZIdentity]], failure: Failure, path: str
) -> None:
    proxy, zidentity = behind()
    proxy.fail("CONNECT", "api.zsapi.net:443", failure)

    CREATE[path](zidentity)

    assert proxy.requests.count(f"POST {path}") == 1
    assert proxy.tunnels.count("api.zsapi.net:443") == 2


def test_request_sends_the_proxy_the_credentials_of_its_url(
    behind: Callable[..., tuple[Proxy, ZIdentity]],
) -> None:
    _, zidentity = behind(CREDENTIALS)

    assert zidentity.api_clients.get("c1").name == "ci"


@pytest.mark.parametrize("user", ["", "scanner:wrong@"])
def test_request_that_the_proxy_refuses_shows_no_credentials(
    behind: Callable[..., tuple[Proxy, ZIdentity]], user: str
) -> None:
    proxy, _ = behind(CREDENTIALS)
    address = proxy.url.rpartition("@")[2]
    _, zidentity = behind(CREDENTIALS, f"http://{user}{address}")

    with pytest.raises(UnreachableError, match="proxy requires credentials") as refused:
        zidentity.api_clients.get("c1")

    assert "wrong" not in str(refused.value)
    assert CREDENTIALS[1] not in str(refused.value)
    assert proxy.requests == []
