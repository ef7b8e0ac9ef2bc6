"""The server as a process: how it starts, ends, and what it never forgets."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from support.fork_server import ForkServer

from zdx_emulator.cli import MODULES, main
from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENTS,
    TOKEN,
    RunningEmulator,
    running_emulator,
    scope_id,
)

ENOUGH = 50


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that someone else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def answered(fork_server: ForkServer, tmp_path: Path) -> list[str]:
    """The ids of clients that a server answered for before it was killed in the midst of it."""
    ids: list[str] = []
    enough = threading.Event()
    with fork_server.tenant(tmp_path) as tenant:
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


def test_kill_loses_no_client_that_was_confirmed(
    fork_server: ForkServer, tmp_path: Path, answered: list[str]
) -> None:
    with fork_server.tenant(tmp_path) as tenant:
        kept = [client.id for client in tenant.clients()]

    assert kept[: len(answered)] == answered
    assert len(kept) <= len(answered) + 1


def test_kill_loses_no_secret_or_token_and_leaves_none_in_the_folder(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    with fork_server.tenant(tmp_path) as tenant:
        client = tenant.create_client("ci")
        secret = tenant.add_secret(client.id).value
        token = tenant.token_for(client.id, secret)
        tenant.kill()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    with fork_server.tenant(tmp_path) as tenant:
        bearer = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{tenant.url}/zdx/v1/apps", headers=bearer, trust_env=False)

        assert answer.status_code == 200
        assert tenant.token_for(client.id, secret)

    assert client.id.encode() in kept
    assert secret.encode() not in kept
    assert token.encode() not in kept


def test_start_refuses_a_data_folder_that_is_in_use(
    fork_server: ForkServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fork_server.tenant(tmp_path) as tenant:
        assert main(["--port=0", f"--data-dir={tmp_path}"]) == 2

        assert capsys.readouterr().err == (
            f"zdx_emulator: the data folder {tmp_path} is in use by process {tenant.process.pid}\n"
        )


def test_start_on_a_taken_port_fails_in_one_line(taken_port: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "zdx_emulator", f"--port={taken_port}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        f"zdx_emulator: cannot listen on 127.0.0.1:{taken_port}: Address already in use\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_the_emulator_with_exit_code_0(number: signal.Signals) -> None:
    with running_emulator() as tenant:
        tenant.process.send_signal(number)

        assert tenant.process.wait(60) == 0


PARENT = """
import time
from zdx_emulator.testing import running_emulator
with running_emulator() as tenant:
    print(tenant.url, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, marks=pytest.mark.slow), signal.SIGKILL]
)
def test_emulator_stops_when_its_parent_ends_without_stopping_it(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        url = parent.stdout.readline().decode().strip()
        assert httpx.get(url, trust_env=False).status_code == 200

        parent.send_signal(number)

    deadline = time.monotonic() + 60
    while _is_served(url):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_served(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


START_WITHOUT_UVICORN = """
import sys
sys.modules["uvicorn"] = None
from zdx_emulator.cli import main
sys.exit(main([]))
"""


def test_start_without_its_packages_says_what_to_install() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", START_WITHOUT_UVICORN],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stderr == (
        "zdx_emulator: uvicorn is not installed. Install zdx-emulator: "
        "pip install PATH_TO_A_CLONE_OF_ZDX_PROVIDER/packages/emulator\n"
    )


def test_packages_that_start_requires_are_those_of_its_distribution() -> None:
    emulator, provider = (
        {re.split(r"\W", package.replace("-", "_"))[0] for package in metadata.requires(name) or ()}
        for name in ("zdx-emulator", "zdx-provider")
    )

    assert emulator - provider == {*MODULES}


def test_stop_works_while_a_request_is_held(fork_server: ForkServer, tmp_path: Path) -> None:
    with fork_server.tenant(tmp_path) as tenant:
        tenant.fault(path="*", hold="before")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(
                f"{tenant.url}/zdx/v1/apps", trust_env=False, timeout=httpx.Timeout(60, read=0.1)
            )

        assert tenant.stop() == 0


def test_seed_repeats_ids_and_secrets_and_continues_after_a_restart(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    def draw(tenant: RunningEmulator) -> list[str]:
        client = tenant.create_client("ci")
        secret = tenant.add_secret(client.id)
        return [client.id, secret.id, secret.value]

    with fork_server.tenant(tmp_path, "--seed=7") as tenant:
        first = draw(tenant)
    with running_emulator(data_dir=tmp_path, seed=7) as tenant:
        second = draw(tenant)
        tenant.reset()
        again = [*draw(tenant), *draw(tenant)]

    assert again == first + second
    assert len(set(again)) == 6


def test_start_reads_the_admin_client_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZDX_EMULATOR_ADMIN_ID", "someone")
    monkeypatch.setenv("ZDX_EMULATOR_ADMIN_SECRET", "somebodys-fake-secret")

    with running_emulator() as tenant:
        assert tenant.token_for("someone", "somebodys-fake-secret")


@contextmanager
def _running(*arguments: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """Run a server; give its address, and what ends it and returns what it wrote on stderr."""
    with subprocess.Popen(
        [sys.executable, "-m", "zdx_emulator", "--port=0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        url = process.stdout.readline().removeprefix("READY ").strip()

        def stop() -> str:
            process.terminate()
            return process.communicate(timeout=60)[1]

        yield url, stop
        process.kill()


def test_start_beyond_loopback_prints_a_warning() -> None:
    with _running("--host=0.0.0.0") as (url, stop):
        port = url.rpartition(":")[2]
        written = stop()

    assert written == (
        f"zdx_emulator: warning: other machines can reach 0.0.0.0:{port}, and the admin secret is "
        "public. Listen on loopback (--host 127.0.0.1), or keep this network to yourself.\n"
    )


def test_start_on_any_loopback_address_prints_no_warning() -> None:
    with _running("--host=127.0.0.2") as (url, stop):
        assert httpx.get(url, trust_env=False).status_code == 200
        assert stop() == ""


def test_start_accepts_the_given_host_name_in_requests() -> None:
    name = socket.gethostname()
    with _running(f"--host={name}") as (url, _):
        assert httpx.get(url, headers={"Host": name}, trust_env=False).status_code == 200


def test_request_that_its_client_aborts_prints_nothing() -> None:
    with _running() as (url, stop):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        for path in (TOKEN, API_CLIENTS, "/portal/keys", "/_emulator/faults", "/unknown"):
            _leave_within_request(url, path)
        httpx.post(f"{url}/_emulator/faults", json={"path": "*", "count": 2}, trust_env=False)
        for path in (TOKEN, API_CLIENTS):
            _leave_within_request(url, path)
        assert httpx.get(url, trust_env=False).status_code == 200

        assert stop() == ""


def _leave_within_request(
    url: str,
    path: str,
    headers: str = "Content-Type: application/x-www-form-urlencoded\r\n",
    body: str = "name=half",
) -> None:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999\r\n"
            f"{headers}\r\n{body}".encode()
        )


def test_request_that_its_client_aborts_changes_nothing(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    with fork_server.tenant(tmp_path) as tenant:
        token = tenant.token_for(ADMIN_ID, ADMIN_SECRET)
        body = tenant.create_client("first").model_dump_json(by_alias=True)
        tenant.fault(method="POST", path=API_CLIENTS, delay_ms=1)
        headers = f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        _leave_within_request(tenant.url, API_CLIENTS, headers, body)
        while not tenant.requests():
            time.sleep(0.01)
        time.sleep(0.1)  # a fault in the server would need so long to show

        assert [client.name for client in tenant.clients()] == ["first"]


def test_request_whose_client_gave_up_during_latency_takes_effect(
    fork_server: ForkServer, tmp_path: Path
) -> None:
    with fork_server.tenant(tmp_path, "--latency-ms=300") as tenant:
        token = tenant.token_for(ADMIN_ID, ADMIN_SECRET)
        body = tenant.create_client("first").model_dump(mode="json", by_alias=True) | {"name": "ci"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                tenant.url + API_CLIENTS,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=httpx.Timeout(60, read=0.05),
            )

        deadline = time.monotonic() + 60
        while len(tenant.clients()) == 1:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert tenant.client_named("ci").name == "ci"


@pytest.mark.parametrize("rate", ["50", "0/s", "fast", "50/m"])
def test_start_refuses_an_invalid_rate_limit(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--rate-limit={rate}"])

    assert ended.value.code == 2
    assert "is not of the form 50/s" in capsys.readouterr().err


def test_each_request_of_a_test_has_a_connection_of_its_own(server: RunningEmulator) -> None:
    connections = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keeps connections

        def setup(self) -> None:
            connections.append(self.client_address)
            super().setup()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.send_header("Connection", self.headers["Connection"])
            self.end_headers()
            self.wfile.write(b'{"now": 1}')

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        threading.Thread(target=listener.serve_forever).start()
        tenant = RunningEmulator(server.process, f"http://127.0.0.1:{listener.server_port}")
        assert [tenant.now(), tenant.now()] == [1, 1]
        listener.shutdown()

    assert len(connections) == 2
