"""The server as a process: how it starts, ends, and what it never forgets."""

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENTS,
    RunningEmulator,
    running_emulator,
    scope_id,
)

ENOUGH = 50


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "zdx_emulator", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def answered(tmp_path: Path) -> list[str]:
    """The ids of clients that a server answered for before it was killed in the midst of it."""
    ids: list[str] = []
    enough = threading.Event()
    with running_emulator(data_dir=tmp_path) as tenant:
        writer = threading.Thread(target=_make_clients, args=(tenant, ids, enough))
        writer.start()
        enough.wait(60)
        tenant.kill()
        writer.join()
    assert len(ids) >= ENOUGH
    return ids


def _make_clients(tenant: RunningEmulator, ids: list[str], enough: threading.Event) -> None:
    headers = {"Authorization": f"Bearer {tenant.token_for(ADMIN_ID, ADMIN_SECRET)}"}
    scopes = [{"id": scope_id("ZDX Super Admin")}]
    body = {
        "name": "ci",
        "accessTokenLifeTime": 3600,
        "clientAuthentication": {"authType": "SECRET"},
        "clientResources": [{"id": "jhlm4bhr7g7j2", "selectedScopes": scopes}],
    }
    with httpx.Client(base_url=tenant.url, headers=headers, trust_env=False) as client:
        while True:
            try:
                ids.append(client.post(API_CLIENTS, json=body).json()["id"])
            except httpx.TransportError:
                return
            if len(ids) == ENOUGH:
                enough.set()


def test_it_says_where_it_serves_and_serves_on_loopback_only(server: RunningEmulator) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)


def test_a_killed_server_has_lost_nothing_that_it_answered(
    tmp_path: Path, answered: list[str]
) -> None:
    with running_emulator(data_dir=tmp_path) as tenant:
        kept = [client.id for client in tenant.clients()]

    assert kept[: len(answered)] == answered
    assert len(kept) <= len(answered) + 1


def test_secrets_and_tokens_outlive_a_kill(tmp_path: Path) -> None:
    with running_emulator(data_dir=tmp_path) as tenant:
        client = tenant.create_client("ci")
        secret = tenant.add_secret(client.id)
        token = tenant.token_for(client.id, secret.value)
        tenant.kill()

    with running_emulator(data_dir=tmp_path) as tenant:
        bearer = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{tenant.url}/zdx/v1/apps", headers=bearer, trust_env=False)

        assert answer.status_code == 200
        assert tenant.token_for(client.id, secret.value)


def test_no_secret_is_in_the_tenants_files(tmp_path: Path) -> None:
    with running_emulator(data_dir=tmp_path) as tenant:
        client = tenant.create_client("ci")
        secret = tenant.add_secret(client.id).value
        token = tenant.token_for(client.id, secret)
        tenant.kill()

    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert client.id.encode() in kept
    assert secret.encode() not in kept
    assert token.encode() not in kept


def test_a_data_dir_serves_one_process_at_a_time(tmp_path: Path) -> None:
    with running_emulator(data_dir=tmp_path) as tenant:
        second = _run("--port=0", f"--data-dir={tmp_path}")

        assert second.returncode == 2
        assert second.stderr == (
            f"zdx_emulator: data dir {tmp_path} is held by process {tenant.process.pid}\n"
        )


def test_a_port_that_is_taken_is_said_in_one_line(taken_port: int) -> None:
    ended = _run(f"--port={taken_port}")

    assert ended.returncode == 2
    assert ended.stderr == (
        f"zdx_emulator: cannot listen on 127.0.0.1:{taken_port}: Address already in use\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    with running_emulator() as tenant:
        tenant.process.send_signal(number)

        assert tenant.process.wait(60) == 0


def test_it_ends_although_a_request_is_held() -> None:
    with running_emulator() as tenant:
        tenant.fault(path="*", hold="before")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(
                f"{tenant.url}/zdx/v1/apps", trust_env=False, timeout=httpx.Timeout(60, read=0.1)
            )

        assert tenant.stop() == 0


def test_a_seed_repeats_ids_and_secrets_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    def draw(tenant: RunningEmulator) -> list[str]:
        client = tenant.create_client("ci")
        secret = tenant.add_secret(client.id)
        return [client.id, secret.id, secret.value]

    with running_emulator(data_dir=tmp_path, seed=7) as tenant:
        first = draw(tenant)
    with running_emulator(data_dir=tmp_path, seed=7) as tenant:
        second = draw(tenant)
        tenant.reset()
        again = [*draw(tenant), *draw(tenant)]

    assert again == first + second
    assert len(set(again)) == 6


def test_the_first_administrator_can_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZDX_EMULATOR_ADMIN_ID", "somebody")
    monkeypatch.setenv("ZDX_EMULATOR_ADMIN_SECRET", "somebodys-fake-secret")

    with running_emulator() as tenant:
        assert tenant.token_for("somebody", "somebodys-fake-secret")


@pytest.mark.parametrize("rate", ["50", "0/s", "fast", "50/m"])
def test_a_rate_limit_is_so_many_a_second(rate: str) -> None:
    ended = _run(f"--rate-limit={rate}")

    assert ended.returncode == 2
    assert "is not of the form 50/s" in ended.stderr
