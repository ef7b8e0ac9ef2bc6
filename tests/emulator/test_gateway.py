"""What every answer carries, what is logged, and how many requests pass."""

import uuid
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest
from support.fork_server import ForkServer

from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENTS,
    TOKEN,
    RunningEmulator,
    running_emulator,
)


def test_response_repeats_rate_limit_headers_as_recorded(api: httpx.Client) -> None:
    headers = api.get(API_CLIENTS).headers

    assert headers.get_list("x-ratelimit-limit") == ["500, 500;w=1, 20000;w=60", "1000, 1000;w=1"]
    assert len(headers.get_list("x-ratelimit-remaining")) == 2
    assert headers.get_list("x-ratelimit-reset") == ["1", "1"]


@pytest.mark.parametrize("path", [API_CLIENTS, f"{API_CLIENTS}/unknown", "/zdx/v1/unknown"])
def test_response_of_an_api_has_a_unique_request_id(path: str, api: httpx.Client) -> None:
    first, second = (api.get(path).headers["x-oneapi-request-id"] for _ in range(2))

    assert uuid.UUID(first) != uuid.UUID(second)


def test_request_for_an_unknown_operation_returns_the_error_format(api: httpx.Client) -> None:
    missing = api.get("/ziam/admin/api/v1/unknown")
    forbidden = api.patch(API_CLIENTS)

    assert (missing.status_code, forbidden.status_code) == (404, 405)
    assert set(missing.json()) == set(forbidden.json()) == {"type", "title", "status", "detail"}


def test_response_date_follows_the_clock_of_the_tenant(
    tenant: RunningEmulator, api: httpx.Client
) -> None:
    tenant.move_clock(-90 * 86_400)

    date = parsedate_to_datetime(api.get(API_CLIENTS).headers["date"])

    assert abs(date.timestamp() - tenant.now()) < 60
    assert len(api.get(API_CLIENTS).headers.get_list("date")) == 1


def test_request_log_shows_client_request_and_status(
    tenant: RunningEmulator, api: httpx.Client, anonymous: httpx.Client
) -> None:
    api.get(API_CLIENTS, params={"limit": 1})
    api.delete(f"{API_CLIENTS}/unknown")
    anonymous.post(TOKEN, data={"client_id": "unknown"})
    anonymous.get(API_CLIENTS)

    logged = [
        (each.method, each.path, each.query, each.status, each.client_id)
        for each in tenant.requests()
    ]

    assert logged == [
        ("GET", API_CLIENTS, "limit=1", 200, ADMIN_ID),
        ("DELETE", f"{API_CLIENTS}/unknown", "", 404, ADMIN_ID),
        ("POST", TOKEN, "", 400, None),
        ("GET", API_CLIENTS, "", 401, None),
    ]


def test_request_log_contains_no_secret_or_token(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id).value
    form = {
        "grant_type": "client_credentials",
        "audience": "https://api.zscaler.com",
        "client_id": client.id,
        "client_secret": secret,
    }
    token = anonymous.post(TOKEN, data=form).json()["access_token"]
    anonymous.get("/zdx/v1/apps", headers={"Authorization": f"Bearer {token}"})
    anonymous.get("/zdx/v1/apps", params={"token": token, "client_secret": secret})

    log = str([each.model_dump() for each in tenant.requests()])

    assert client.id in log
    assert token not in log
    assert secret not in log
    assert quote_plus(secret) not in log


def test_clear_requests_empties_the_log(tenant: RunningEmulator, api: httpx.Client) -> None:
    api.get(API_CLIENTS)

    tenant.clear_requests()

    assert tenant.requests() == []


def test_reset_removes_everything(tenant: RunningEmulator, anonymous: httpx.Client) -> None:
    client = tenant.create_client("ci")
    token = tenant.token_for(client.id, tenant.add_secret(client.id).value)
    tenant.fault(path="*", status=500)
    tenant.move_clock(1000)
    ahead = tenant.now()
    anonymous.get(API_CLIENTS)

    tenant.reset()

    bearer = {"Authorization": f"Bearer {token}"}
    assert tenant.clients() == []
    assert tenant.faults() == []
    assert tenant.requests() == []
    assert tenant.now() < ahead - 900
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401


def test_rate_limit_returns_429_with_the_headers_to_wait_for() -> None:
    with (
        running_emulator(rate_limit="1/s") as tenant,
        httpx.Client(base_url=tenant.url, trust_env=False, timeout=60) as client,
    ):
        answers = [client.get("/zdx/v1/apps") for _ in range(50)]
        unlimited = [client.post(TOKEN) for _ in range(50)]

    passed, *_ = answers
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert passed.status_code == 401
    assert refused.headers.get_list("x-ratelimit-limit") == ["1, 1;w=1", "1000, 1000;w=1"]
    assert refused.headers.get_list("x-ratelimit-remaining")[0] == "0"
    assert refused.headers.get_list("x-ratelimit-reset") == ["1", "1"]
    assert refused.json()["detail"] == "Rate limit exceeded"
    assert {answer.status_code for answer in unlimited} == {400}


def test_rate_limit_ignores_an_observer(fork_server: ForkServer, tmp_path: Path) -> None:
    with fork_server.tenant(tmp_path, "--rate-limit=1/s") as tenant:
        for number in range(5):
            tenant.create_client(f"ci-{number}")

        assert len(tenant.clients()) == 5


def test_latency_delays_every_request() -> None:
    with running_emulator(latency_ms=200) as tenant:
        form = {"client_id": ADMIN_ID, "client_secret": ADMIN_SECRET}
        answer = httpx.post(tenant.url + TOKEN, data=form, trust_env=False, timeout=60)

    assert answer.elapsed.total_seconds() >= 0.2
