"""What `zdx-keys verify` shows of a tenant, good and bad."""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm
from support.key_pair import KeyPair
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import API_CLIENT, API_CLIENTS, SECRETS, RunningEmulator


@dataclass
class Jwks:
    """A JWK set that is published on this machine."""

    url: str
    document: Any = None


@pytest.fixture
def jwks() -> Iterator[Jwks]:
    """Publishes a JWK set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(published.document).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        published = Jwks(f"http://127.0.0.1:{server.server_port}/jwks")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield published
        server.shutdown()
        thread.join()


def test_verify_passes_every_step_and_changes_nothing(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    verified = zdx_keys.json("verify")

    assert [step["passed"] for step in verified["steps"]] == [True] * 8
    assert "from the environment" in verified["steps"][0]["detail"]
    assert zdx_keys("verify").stdout.count("✓") == 8
    assert {r.method for r in tenant.requests() if r.path == API_CLIENTS} == {"GET"}


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (255, "✓ number of API clients: 255 of 256 are used\n"),
        (256, "? number of API clients: 256 of 256 are used. Delete unused API clients."),
    ],
)
def test_verify_shows_how_many_api_clients_are_used(
    zdx_keys: ZdxKeys, tenant: RunningEmulator, count: int, line: str
) -> None:
    clients = [{"id": f"c{number}", "name": "other"} for number in range(count)]
    page = json.dumps({"results_total": count, "records": clients})
    tenant.fault(method="GET", path=API_CLIENTS, count=99, body=page)

    assert line in zdx_keys("verify").stdout


def test_verify_stops_at_refused_credentials_and_says_what_to_do(zdx_keys: ZdxKeys) -> None:
    zdx_keys.environment["ZSCALER_CLIENT_SECRET"] = "obviously-not-the-secret"

    shown = zdx_keys("verify", exits=4).stdout

    assert "✗ credentials: " in shown
    assert "Check that the client ID and its secret" in shown
    assert "permission" not in shown
    assert "obviously-not-the-secret" not in shown


def test_verify_names_the_permission_that_a_read_only_client_lacks(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    viewer = tenant.create_client("viewer", role="View Only Admin", service="ZIAM")
    zdx_keys.environment["ZSCALER_CLIENT_ID"] = viewer.id
    zdx_keys.environment["ZSCALER_CLIENT_SECRET"] = tenant.add_secret(viewer.id).value

    steps = zdx_keys.json("verify", exits=4)["steps"]

    (crossed,) = [step for step in steps if not step["passed"]]
    assert crossed["title"] == "permission to change API Clients"
    assert "full permission on API Clients" in crossed["detail"]


def test_verify_shows_the_keys_of_a_jwks_url(
    zdx_keys: ZdxKeys, tenant: RunningEmulator, jwks: Jwks
) -> None:
    jwk = json.loads(
        RSAAlgorithm.to_jwk(
            RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(KeyPair.make().public_pem)
        )
    )
    authentication = {"authType": "JWKS", "clientJWKsUrl": jwks.url}
    for name in ("one", "two"):
        tenant.create_client(name, clientAuthentication=authentication)
    jwks.document = {"keys": [jwk | {"kid": "k\x1b1"}]}

    shown = zdx_keys("verify").stdout
    jwks.document = {"keys": [jwk | {"d": "obviously-fake"}]}
    published = zdx_keys("verify", exits=1).stdout
    jwks.document = {"keys": []}
    empty = zdx_keys("verify").stdout

    assert f"✓ JWKS: one, two: {jwks.url} has k\\x1b1 SHA256:" in shown
    assert f"✗ JWKS: one, two: {jwks.url}: it contains a private key" in published
    assert f"? JWKS: one, two: {jwks.url}: it has no RSA or EC P-256 key." in empty


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://192.0.2.1/jwks", "the URL must start with https://"),
        ("https://user@keys.example/jwks", "the URL must not contain a user name"),
        ("http://127.0.0.1:1/jwks", "could not read the JWKS"),
    ],
)
def test_verify_does_not_fail_because_of_a_jwks_url_that_it_cannot_read(
    zdx_keys: ZdxKeys, tenant: RunningEmulator, url: str, problem: str
) -> None:
    authentication = {"authType": "JWKS", "clientJWKsUrl": url}
    tenant.create_client("ci", clientAuthentication=authentication)

    assert f"? JWKS: ci: {url}: {problem}" in zdx_keys("verify").stdout


def test_verify_live_finds_the_emulator_as_assumed_and_cleans_up(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    results = zdx_keys.json("verify", "--live")["results"]

    assert len(results) == 37
    assert {each["verdict"] for each in results} == {"holds"}
    assert tenant.clients() == []


def test_verify_live_distinguishes_a_difference_from_an_unknown_result(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    # The main client, the one whose listing is timed and the first twin pass.
    tenant.fault(method="POST", path=API_CLIENTS, after=3, status=409)
    tenant.fault(method="POST", path=SECRETS, status=500)

    shown = zdx_keys("verify", "--live", exits=1).stdout

    assert _row(shown, "Two clients can have the same name") == [
        "differs",
        "refused with status 409: names are unique",
    ]
    assert _row(shown, "A client can authenticate with a new secret at once")[0] == "unknown"
    assert _row(shown, "A third secret replaces the newest")[0] == "holds"
    assert tenant.clients() == []


def test_verify_live_removes_a_client_whose_response_was_lost(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, drop="after")

    zdx_keys("verify", "--live", exits=1)

    assert tenant.clients() == []


def test_verify_live_names_clients_that_it_could_not_remove(
    zdx_keys: ZdxKeys, tenant: RunningEmulator
) -> None:
    # One DELETE asks for the permission, three belong to the assumptions about deleting.
    tenant.fault(method="DELETE", path=API_CLIENT, after=4, count=99, status=403)

    failed = zdx_keys("verify", "--live", exits=1)

    assert "A third secret replaces the newest" in failed.stdout
    assert tenant.clients()
    assert all(client.id in failed.stderr for client in tenant.clients())


def _row(shown: str, assumption: str) -> list[str]:
    (line,) = [line for line in shown.splitlines() if assumption in line]
    return re.split(r"\s{2,}", line.strip())[1:]
