"""What real sockets do to a call."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sockets.loopback import Behaviour, Connect, Handler, LoopbackServer, Script

from zdx_provider.zidentity import (
    ApiClientRequest,
    ClientSecret,
    InvalidResponseError,
    ResponseLostError,
    Tenant,
    UnreachableError,
    ZIdentity,
)

EXPIRY = datetime(2027, 1, 1, tzinfo=timezone.utc)
CLIENT = {"id": "c1", "name": "ci"}


def well(handler: Handler) -> None:
    handler.answer(200, CLIENT)


def truncated(handler: Handler) -> None:
    handler.begin(200, 1000)
    handler.wfile.write(b'{"id": "c1", ')
    handler.drop()


def dripping(handler: Handler) -> None:
    handler.begin(200, 1000)
    with suppress(OSError):
        for _ in range(1000):
            handler.wfile.write(b" ")
            time.sleep(0.02)


@pytest.fixture
def draft() -> ApiClientRequest:
    return ApiClientRequest(name="ci")


def test_request_reuses_the_connection(zidentity: ZIdentity, script: Script) -> None:
    script.otherwise = well

    for _ in range(5):
        zidentity.api_clients.get("c1")

    assert (script.connections, script.tokens) == (1, 1)


def test_create_survives_a_connection_closed_while_idle(
    zidentity: ZIdentity, script: Script, draft: ApiClientRequest
) -> None:
    def well_and_hang_up(handler: Handler) -> None:
        well(handler)
        handler.drop()

    script.behaviours.extend([well_and_hang_up, well])
    zidentity.api_clients.get("c1")
    assert script.hung_up.wait(timeout=20)

    assert zidentity.api_clients.create(draft).id == "c1"
    assert script.connections == 2


@pytest.mark.parametrize("behaviour", [Handler.drop, truncated])
def test_get_is_retried_on_a_new_connection(
    zidentity: ZIdentity, script: Script, behaviour: Behaviour
) -> None:
    script.behaviours.extend([behaviour, well])

    assert zidentity.api_clients.get("c1").name == "ci"
    assert script.connections == 2


@pytest.mark.parametrize("behaviour", [Handler.drop, truncated])
def test_create_with_a_lost_response_is_sent_once(
    zidentity: ZIdentity, script: Script, draft: ApiClientRequest, behaviour: Behaviour
) -> None:
    script.otherwise = behaviour

    with pytest.raises(ResponseLostError, match="connection closed"):
        zidentity.api_clients.create(draft)

    assert script.requests == ["POST /ziam/admin/api/v1/api-clients"]


def test_create_distinguishes_a_refused_connection_from_a_lost_response(
    connect: Connect, closed_port: int, draft: ApiClientRequest
) -> None:
    with pytest.raises(UnreachableError, match=r"does not accept connections \(3 attempts\)"):
        connect(f"http://127.0.0.1:{closed_port}", max_retries=2).api_clients.create(draft)


def test_create_fails_if_the_api_is_unreachable_after_the_token(
    server: LoopbackServer, closed_port: int, draft: ApiClientRequest
) -> None:
    tenant = Tenant(
        "acme",
        api_url=f"http://127.0.0.1:{closed_port}",
        token_url=f"{server.url}/oauth2/v1/token",
    )
    zidentity = ZIdentity(tenant, ClientSecret("admin", "obviously-fake"), sleep=lambda _: None)

    with pytest.raises(UnreachableError, match='could not create the API client "ci"'):
        zidentity.api_clients.create(draft)

    zidentity.close()


def test_create_without_a_response_in_time_is_lost(
    connect: Connect, server: LoopbackServer, script: Script, draft: ApiClientRequest
) -> None:
    over = threading.Event()

    def silent(_handler: Handler) -> None:
        over.wait(timeout=20)

    script.otherwise = silent

    with pytest.raises(ResponseLostError, match="no response arrived in time"):
        connect(server.url, request_timeout=0.3).api_clients.create(draft)

    over.set()


def test_create_does_not_wait_for_a_slow_response(
    connect: Connect, server: LoopbackServer, script: Script, draft: ApiClientRequest
) -> None:
    script.otherwise = dripping

    with pytest.raises(ResponseLostError, match=r"not complete after|in time"):
        connect(server.url, request_timeout=0.3).api_clients.create(draft)


def drip_headers(handler: Handler) -> None:
    with suppress(OSError):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(80):
            handler.wfile.write(f"X-Drip-{number}: x\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.05)


def continue_without_end(handler: Handler) -> None:
    with suppress(OSError):
        for _ in range(400):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            handler.wfile.flush()
            time.sleep(0.01)


@pytest.mark.parametrize("behaviour", [drip_headers, continue_without_end])
def test_request_stops_at_its_timeout_during_slow_headers(
    connect: Connect,
    server: LoopbackServer,
    script: Script,
    draft: ApiClientRequest,
    behaviour: Callable[[Handler], None],
) -> None:
    script.otherwise = behaviour

    with pytest.raises(ResponseLostError, match=r"in time|broke"):
        connect(server.url, request_timeout=0.3).api_clients.create(draft)

    script.otherwise = well
    assert connect(server.url).api_clients.get("c1").name == "ci"


def test_request_on_a_reused_connection_has_its_whole_timeout(
    connect: Connect, server: LoopbackServer, script: Script
) -> None:
    def slow(handler: Handler) -> None:
        time.sleep(0.6)
        well(handler)

    script.otherwise = slow
    zidentity = connect(server.url, max_retries=0, request_timeout=1.0)

    assert [zidentity.api_clients.get("c1").name for _ in range(3)] == ["ci"] * 3
    assert script.connections == 1


def test_get_stops_reading_a_response_that_is_too_large(
    zidentity: ZIdentity, script: Script
) -> None:
    sent: list[int] = []

    def endless(handler: Handler) -> None:
        handler.begin(200, 10**12)
        with suppress(OSError):
            while len(sent) < 1000:
                handler.wfile.write(b"x" * 1024**2)
                sent.append(1)

    script.otherwise = endless

    with pytest.raises(InvalidResponseError, match="larger than 8 MB"):
        zidentity.api_clients.get("c1")

    assert len(sent) < 1000


def test_get_does_not_follow_a_redirect(
    zidentity: ZIdentity, server: LoopbackServer, script: Script
) -> None:
    def elsewhere(handler: Handler) -> None:
        handler.answer(302, CLIENT, Location=f"{server.url}/stolen")

    script.otherwise = elsewhere

    with pytest.raises(InvalidResponseError, match=r"redirects to 127\.0\.0\.1"):
        zidentity.api_clients.get("c1")

    assert script.requests == ["GET /ziam/admin/api/v1/api-clients/c1"]


def test_get_reads_every_value_of_a_repeated_header(server: LoopbackServer, script: Script) -> None:
    waits: list[float] = []

    def limited(handler: Handler) -> None:
        handler.send_response(429)
        handler.send_header("x-ratelimit-reset", "1")
        handler.send_header("x-ratelimit-reset", "3")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    script.behaviours.extend([limited, well])
    zidentity = ZIdentity(
        Tenant("acme", api_url=server.url, token_url=f"{server.url}/oauth2/v1/token"),
        ClientSecret("admin", "obviously-fake"),
        sleep=waits.append,
        jitter=lambda: 0.0,
    )
    zidentity.api_clients.get("c1")
    zidentity.close()

    assert waits == [3]


def test_request_ignores_netrc(
    zidentity: ZIdentity, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password obviously-fake\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    script.otherwise = well

    zidentity.api_clients.get("c1")

    assert script.authorizations == ["Bearer token-1"]


def test_request_logs_no_secret_in_http_libraries(
    zidentity: ZIdentity, script: Script, caplog: pytest.LogCaptureFixture
) -> None:
    created = {"id": "s1", "value": "obviously-fake-value", "createdAt": 1, "expiresAt": 1798761600}
    script.otherwise = lambda handler: handler.answer(201, created)

    # Another library of the same process may have quietened urllib3.
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="urllib3"):
        zidentity.api_clients.secrets.create("c1", EXPIRY)

    shown = "\n".join(f"{vars(record)!r} {record.getMessage()}" for record in caplog.records)
    assert "POST /oauth2/v1/token" in shown
    assert "obviously-fake" not in shown
    assert "token-1" not in shown


def test_request_sends_no_cookie(zidentity: ZIdentity, script: Script) -> None:
    cookies: list[str | None] = []

    def with_cookie(handler: Handler) -> None:
        cookies.append(handler.headers.get("Cookie"))
        handler.answer(200, CLIENT, Set_Cookie="session=obviously-fake; Path=/")

    script.otherwise = with_cookie
    zidentity.api_clients.get("c1")
    zidentity.api_clients.get("c1")

    assert cookies == [None, None]


def test_token_is_requested_once_for_eight_refused_threads(
    zidentity: ZIdentity, script: Script
) -> None:
    together = threading.Barrier(8)

    def only_the_second_token(handler: Handler) -> None:
        if handler.headers["Authorization"] == "Bearer token-1":
            together.wait(timeout=20)
            handler.answer(401, {})
        else:
            handler.answer(200, CLIENT)

    script.otherwise = only_the_second_token
    with ThreadPoolExecutor(8) as threads:
        names = list(threads.map(lambda _: zidentity.api_clients.get("c1").name, range(8)))

    assert names == ["ci"] * 8
    assert script.tokens == 2
    assert len(script.requests) == 16
