"""Faults: requests go wrong to order, and no others."""

import re
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from zdx_emulator.testing import API_CLIENT, API_CLIENTS, SECRETS, ApiClient, RunningEmulator


@pytest.fixture
def exchange(tenant: RunningEmulator, api: httpx.Client) -> Callable[[str, str, bytes], bytes]:
    """Send bytes down a bare connection, and return all that comes until it is closed."""

    def exchange(method: str, path: str, body: bytes = b"") -> bytes:
        request = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Authorization: {api.headers['authorization']}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        address = urlsplit(tenant.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(request + body)
            received = b""
            while chunk := connection.recv(65_536):
                received += chunk
            return received

    return exchange


def wait_for_client(tenant: RunningEmulator) -> ApiClient:
    """Return the only client, as soon as there is one."""
    deadline = time.monotonic() + 60
    while not (clients := tenant.clients()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    (client,) = clients
    return client


def test_fault_returns_its_status_as_often_as_requested(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.fault(method="GET", path=API_CLIENTS, status=503, count=2, after=1)

    statuses = [api.get(API_CLIENTS).status_code for _ in range(5)]

    assert statuses == [200, 503, 503, 200, 200]
    (armed,) = tenant.faults()
    assert (armed.match_count, armed.hit_count) == (3, 2)


@pytest.mark.parametrize(
    ("path", "met"),
    [
        (API_CLIENTS, []),
        (API_CLIENT, ["/c1"]),
        (SECRETS, ["/c1/secrets"]),
        (f"{API_CLIENTS}/c1", ["/c1"]),
        (f"{API_CLIENTS}/*", ["/c1", "/c1/secrets"]),
        ("*", ["/c1", "/c1/secrets"]),
    ],
)
def test_fault_matches_its_path_as_a_template(
    path: str, met: list[str], tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.fault(path=path, status=418, count=2)

    answers = {each: api.get(f"{API_CLIENTS}{each}") for each in ("/c1", "/c1/secrets")}

    assert [each for each, answer in answers.items() if answer.status_code == 418] == met


def test_fault_ignores_another_method(tenant: RunningEmulator, api: httpx.Client) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, status=503)

    assert api.get(API_CLIENTS).status_code == 200


def test_fault_that_is_older_hits_first(tenant: RunningEmulator, api: httpx.Client) -> None:
    tenant.fault(path=API_CLIENTS, status=503)
    tenant.fault(path=API_CLIENTS, status=502)

    assert [api.get(API_CLIENTS).status_code for _ in range(3)] == [503, 502, 200]


def test_fault_returns_only_its_headers_and_body(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.fault(
        path=API_CLIENTS,
        status=429,
        headers={"Retry-After": "13s", "x-ratelimit-reset": ["1", "1"]},
        body="slow down",
    )

    answer = api.get(API_CLIENTS)

    assert answer.text == "slow down"
    assert answer.headers["retry-after"] == "13s"
    assert answer.headers.get_list("x-ratelimit-reset") == ["1", "1"]
    assert "x-ratelimit-limit" not in answer.headers
    assert answer.headers["x-oneapi-request-id"]


def test_fault_with_only_a_body_returns_it_with_status_200(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.fault(path=API_CLIENTS, body="<html>")

    answer = api.get(API_CLIENTS)

    assert (answer.status_code, answer.text) == (200, "<html>")


@pytest.mark.parametrize(("applied", "made"), [(False, 0), (True, 1)])
def test_fault_with_a_status_applies_the_request_only_if_requested(
    applied: bool,  # noqa: FBT001 - a parameter of the test
    made: int,
    tenant: RunningEmulator,
    api: httpx.Client,
    body: dict[str, Any],
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, status=504, applied=applied)

    assert api.post(API_CLIENTS, json=body).status_code == 504
    assert len(tenant.clients()) == made


def test_fault_with_a_redirect_returns_its_location(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.fault(path=API_CLIENTS, redirect="http://127.0.0.1:9/elsewhere")

    answer = api.get(API_CLIENTS)

    assert (answer.status_code, answer.headers["location"]) == (
        307,
        "http://127.0.0.1:9/elsewhere",
    )


@pytest.mark.parametrize(("drop", "made"), [("before", 0), ("after", 1)])
def test_fault_with_a_drop_closes_the_connection_without_a_byte(
    drop: str,
    made: int,
    tenant: RunningEmulator,
    exchange: Callable[[str, str, bytes], bytes],
    body: dict[str, Any],
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, drop=drop)
    content = httpx.Request("POST", "http://tenant", json=body).content

    assert exchange("POST", API_CLIENTS, content) == b""
    assert len(tenant.clients()) == made
    assert tenant.requests()[-1].status is None


def test_fault_with_truncate_sends_less_than_its_content_length(
    tenant: RunningEmulator, exchange: Callable[..., bytes]
) -> None:
    tenant.create_client("ci")
    tenant.fault(path=API_CLIENTS, truncate=True)

    head, _, rest = exchange("GET", API_CLIENTS).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200")
    promised = re.search(rb"content-length: (\d+)", head)
    assert promised
    assert 0 < len(rest) < int(promised[1])


def test_fault_with_a_delay_delays_the_response(tenant: RunningEmulator, api: httpx.Client) -> None:
    tenant.fault(path=API_CLIENTS, delay_ms=200)

    answer = api.get(API_CLIENTS)

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize(
    "late", [{"delay_ms": 300}, {"delay_ms": 300, "status": 504, "applied": True}]
)
def test_fault_with_a_delay_applies_the_request_after_the_client_gave_up(
    late: dict[str, Any], tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, **late)

    with pytest.raises(httpx.ReadTimeout):
        api.post(API_CLIENTS, json=body, timeout=httpx.Timeout(60, read=0.05))

    assert tenant.clients() == []
    assert wait_for_client(tenant).name == "ci"


def test_fault_with_a_body_hides_the_created_client(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    other = tenant.create_client("other")
    tenant.fault(
        method="POST",
        path=API_CLIENTS,
        status=201,
        body=other.model_dump_json(by_alias=True),
        applied=True,
    )

    answered = api.post(API_CLIENTS, json=body).json()

    assert answered["id"] == other.id
    assert [client.name for client in tenant.clients()] == ["other", "ci"]


def test_fault_with_body_ms_sends_the_body_in_pieces(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.create_client("ci")
    whole = api.get(API_CLIENTS).content
    tenant.fault(path=API_CLIENTS, body_ms=200)

    with api.stream("GET", API_CLIENTS) as answer:
        pieces = list(answer.iter_raw())

    assert b"".join(pieces) == whole
    assert len(pieces) > 1
    assert answer.elapsed.total_seconds() >= 0.2


@pytest.mark.parametrize(("hold", "made"), [("before", 0), ("after", 1)])
def test_fault_with_a_hold_blocks_the_request_until_its_release(
    hold: str, made: int, tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, hold=hold)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(api.post, API_CLIENTS, json=body)
        tenant.wait_until_held()
        held = tenant.clients()
        tenant.release()

        assert len(held) == made
        assert answer.result().status_code == 201
    assert len(tenant.clients()) == 1


def test_fault_with_a_hold_applies_the_request_after_the_client_left(
    tenant: RunningEmulator, api: httpx.Client, body: dict[str, Any]
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, hold="before")
    with pytest.raises(httpx.ReadTimeout):
        api.post(API_CLIENTS, json=body, timeout=httpx.Timeout(60, read=0.1))

    tenant.wait_until_held()
    tenant.release()

    assert [client.name for client in tenant.clients()] == ["ci"]


def test_clear_faults_disarms_faults_and_releases_requests(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.fault(path=API_CLIENTS, hold="before")
    tenant.fault(path=API_CLIENTS, status=503)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(api.get, API_CLIENTS)
        tenant.wait_until_held()
        tenant.clear_faults()

        assert answer.result().status_code == 200
    assert tenant.faults() == []
    assert api.get(API_CLIENTS).status_code == 200


def test_fault_does_not_hit_an_observer(tenant: RunningEmulator) -> None:
    tenant.fault(path="*", status=500, count=9)

    tenant.create_client("ci")

    assert [client.name for client in tenant.clients()] == ["ci"]
    assert tenant.faults()[0].hit_count == 0


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"path": "*", "stauts": 500},
        {"path": "*", "count": 0},
        {"path": "*", "drop": "sometimes"},
        {"path": "*", "drop": "after", "status": 500},
        {"path": "*", "drop": "after", "applied": True},
        {"path": "*", "drop": "after", "body_ms": 100},
        {"path": "*", "truncate": True, "body_ms": 100},
        {"path": "*", "redirect": "/", "headers": {"Retry-After": "1"}},
    ],
)
def test_fault_that_is_invalid_is_refused(
    fault: dict[str, Any], anonymous: httpx.Client, tenant: RunningEmulator
) -> None:
    assert anonymous.post("/_emulator/faults", json=fault).status_code == 400
    assert tenant.faults() == []
