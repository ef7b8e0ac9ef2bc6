"""Run an emulator for a test.

with running_emulator(data_dir=tmp_path) as tenant:
    client = tenant.create_client("ci", role="ZDX Read-only Admin")
    tenant.fault(method="POST", path=SECRETS, drop="after")
"""

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, TypeVar

from pydantic import BaseModel, TypeAdapter
from requests import HTTPError, Response, Session

from zdx_emulator.catalog import AUDIENCE, ROLES, ZSCALER_APIS
from zdx_emulator.models import (
    EACH_OTHER_WAY,
    OBSERVER_HEADER,
    ApiClient,
    ApiClientSecret,
    ArmedFault,
    Fault,
    LoggedRequest,
    Page,
    Switches,
)

__all__ = [
    "ADMIN_ID",
    "ADMIN_SECRET",
    "API_CLIENT",
    "API_CLIENTS",
    "EACH_OTHER_WAY",
    "RESOURCE_SERVERS",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "VANITY_DOMAIN",
    "ZSCALER_APIS",
    "ApiClient",
    "ApiClientSecret",
    "ArmedFault",
    "Fault",
    "LoggedRequest",
    "RunningEmulator",
    "Switches",
    "running_emulator",
    "scope_id",
]


TOKEN = "/oauth2/v1/token"  # noqa: S105 - a path
API_CLIENTS = "/ziam/admin/api/v1/api-clients"
API_CLIENT = f"{API_CLIENTS}/{{id}}"
SECRETS = f"{API_CLIENT}/secrets"
SECRET = f"{SECRETS}/{{secretId}}"
RESOURCE_SERVERS = "/ziam/admin/api/v1/resource-servers"

ADMIN_ID = "emulator-admin"
ADMIN_SECRET = "emulator-admin-secret"  # noqa: S105 - the documented one of every emulator

# Any name works: clients reach the emulator by its address.
VANITY_DOMAIN = "acme"

_PAGE_SIZE = 1000
_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.01

_EXIT_TIMEOUT_SECONDS = 60
_BEFORE_A_CAPITAL = re.compile(r"(?=[A-Z])")

Model = TypeVar("Model", bound=BaseModel)


class ServerProcess(Protocol):
    """The part of `subprocess.Popen` that stops a server."""

    pid: int

    @property
    def stdin(self) -> IO[str] | None:
        """What it stops at the end of, where it does."""

    @property
    def stdout(self) -> IO[str] | None:
        """What it prints, where that is read."""

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless the process has exited."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process exits, and return its exit code."""


class RunningEmulator:
    """A tenant in its own process, which a test reads and controls.

    Its requests are not logged. No fault, latency, rate limit or read lag applies to them, and a
    token request has the documented audience even where the tenant refuses it.

    Args:
        process: The server's process.
        url: Its origin, `http://127.0.0.1:<port>`.
    """

    def __init__(self, process: ServerProcess, url: str) -> None:
        self.process = process
        self.url = url
        self._session = Session()
        self._session.trust_env = False
        self._session.headers[OBSERVER_HEADER] = "testing"
        # The server closes an idle connection, perhaps at the moment of the next request.
        self._session.headers["Connection"] = "close"

    def settings(self, vanity_domain: str = VANITY_DOMAIN) -> dict[str, str]:
        """Return the provider's settings for this tenant, an entry of `zdx:tenants`.

        They are those that the tenant needs as it is switched now.

        Args:
            vanity_domain: The tenant's vanity domain.
        """
        audience = {"tokenAudience": "none"} if self.switches().audience == "refused" else {}
        return {
            "vanityDomain": vanity_domain,
            "apiUrl": self.url,
            "tokenUrl": f"{self.url}{TOKEN}",
            "clientId": ADMIN_ID,
            "clientSecret": ADMIN_SECRET,
            **audience,
        }

    def stack_config(self, vanity_domain: str = VANITY_DOMAIN) -> dict[str, str]:
        """Return the same settings as a Pulumi stack's config."""
        return {f"zdx:{key}": value for key, value in self.settings(vanity_domain).items()}

    def environment(self, vanity_domain: str = VANITY_DOMAIN) -> dict[str, str]:
        """Return the same settings as environment variables."""
        return {
            f"ZSCALER_{_BEFORE_A_CAPITAL.sub('_', key).upper()}": value
            for key, value in self.settings(vanity_domain).items()
        }

    def token_for(self, client_id: str, secret: str) -> str:
        """Return a bearer token.

        Raises:
            requests.HTTPError: The tenant refuses.
        """
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "audience": AUDIENCE,
        }
        response = self._send("POST", TOKEN, data=form)
        return str(response.json()["access_token"])

    def can_authenticate(self, client_id: str, secret: str) -> bool:
        """Return whether an API client gets a token for a secret, with its ID or its client ID."""
        client = self.client(client_id)
        try:
            return bool(self.token_for(client.client_id or client.id, secret))
        except HTTPError:
            return False

    def clients(self) -> list[ApiClient]:
        """Return all API clients, oldest first."""
        found: list[ApiClient] = []
        while True:
            path = f"{API_CLIENTS}?limit={_PAGE_SIZE}&offset={len(found)}"
            page = _parse(Page[ApiClient], self._administer("GET", path))
            found += page.records
            if page.next_link is None:
                return found

    def client_named(self, name: str) -> ApiClient:
        """Return the one API client of exactly that name.

        Raises:
            LookupError: There is none, or more than one.
        """
        found = [client for client in self.clients() if client.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} clients are named {name!r}")
        return found[0]

    def client(self, client_id: str) -> ApiClient:
        """Return the API client of that ID.

        Raises:
            requests.HTTPError: There is none.
        """
        return _parse(ApiClient, self._administer("GET", f"{API_CLIENTS}/{client_id}"))

    def create_client(
        self,
        name: str,
        *,
        role: str = "ZDX Read-only Admin",
        service: str = "ZDX",
        **members: Any,
    ) -> ApiClient:
        """Create an API client, as another administrator would.

        Args:
            name: Its name.
            role: Its role, as the portal shows it.
            service: Whose role it is.
            **members: Members of the request's body, as the API names them.
        """
        body = {
            "name": name,
            "accessTokenLifeTime": 3600,
            "clientAuthentication": {"authType": "SECRET"},
            "clientResources": [
                {"id": ZSCALER_APIS.id, "selectedScopes": [{"id": scope_id(role, service)}]}
            ],
            **members,
        }
        return _parse(ApiClient, self._administer("POST", API_CLIENTS, json=body))

    def change_client(self, client_id: str, **members: Any) -> ApiClient:
        """Change members of an API client, as the API names them, and keep the others."""
        path = f"{API_CLIENTS}/{client_id}"
        body = self._administer("GET", path).json() | members
        return _parse(ApiClient, self._administer("PUT", path, json=body))

    def delete_client(self, client_id: str) -> None:
        """Delete an API client."""
        self._administer("DELETE", f"{API_CLIENTS}/{client_id}")

    def secrets(self, client_id: str) -> list[ApiClientSecret]:
        """Return the secrets of an API client, oldest first, masked."""
        response = self._administer("GET", f"{API_CLIENTS}/{client_id}/secrets")
        return TypeAdapter(list[ApiClientSecret]).validate_json(response.content)

    def add_secret(self, client_id: str, *, days: float = 180) -> ApiClientSecret:
        """Create a secret with a lifetime in days, and return its value."""
        body = {"expiresAt": self.now() + int(days * 86_400)}
        response = self._administer("POST", f"{API_CLIENTS}/{client_id}/secrets", json=body)
        return _parse(ApiClientSecret, response)

    def delete_secret(self, client_id: str, secret_id: str) -> None:
        """Delete a secret."""
        self._administer("DELETE", f"{API_CLIENTS}/{client_id}/secrets/{secret_id}")

    def fault(self, **members: Any) -> Fault:
        """Arm a fault; the arguments are the attributes of `Fault`."""
        fault = Fault(**members)
        body = fault.model_dump(mode="json", exclude_defaults=True)
        self._send("POST", "/_emulator/faults", json=body)
        return fault

    def faults(self) -> list[ArmedFault]:
        """Return the armed faults and what became of them."""
        response = self._send("GET", "/_emulator/faults")
        return TypeAdapter(list[ArmedFault]).validate_json(response.content)

    def clear_faults(self) -> None:
        """Disarm all faults and release the requests that they hold."""
        self._send("DELETE", "/_emulator/faults")

    def wait_until_held(self) -> None:
        """Wait until a fault holds a request.

        Raises:
            TimeoutError: None does within a minute.
        """
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while not any(armed.held_count for armed in self.faults()):
            if time.monotonic() > deadline:
                raise TimeoutError("no request is held")
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Release the requests that are held now."""
        self._send("POST", "/_emulator/release")

    def requests(self) -> list[LoggedRequest]:
        """Return the requests that the tenant saw, in the order of arrival."""
        response = self._send("GET", "/_emulator/requests")
        return TypeAdapter(list[LoggedRequest]).validate_json(response.content)

    def clear_requests(self) -> None:
        """Empty the log of requests."""
        self._send("DELETE", "/_emulator/requests")

    def switch(self, switches: Switches) -> None:
        """Turn all switches; `EACH_OTHER_WAY` has them one by one."""
        self._send("POST", "/_emulator/switches", json=switches.model_dump())

    def switches(self) -> Switches:
        """Return all switches as they are now."""
        return _parse(Switches, self._send("GET", "/_emulator/switches"))

    def now(self) -> int:
        """Return the tenant's time in epoch seconds."""
        return int(self._send("GET", "/_emulator/health").json()["now"])

    def move_clock(self, offset_seconds: int) -> None:
        """Set how far the tenant's clock is ahead of the machine's."""
        self._send("POST", "/_emulator/clock", json={"offset_seconds": offset_seconds})

    def reset(self) -> None:
        """Delete everything in the tenant."""
        self._send("POST", "/_emulator/reset")

    def kill(self) -> None:
        """Kill the server, as a power cut would (SIGKILL)."""
        self._stop(signal.SIGKILL)

    def stop(self) -> int:
        """Stop the server (SIGTERM) and return its exit code."""
        return self._stop(signal.SIGTERM)

    def close(self) -> None:
        """Stop the server and close what belongs to it."""
        self._session.close()
        self.stop()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()

    def _stop(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(_EXIT_TIMEOUT_SECONDS)

    def _administer(self, method: str, path: str, **arguments: Any) -> Response:
        token = self.token_for(ADMIN_ID, ADMIN_SECRET)
        return self._send(method, path, headers={"Authorization": f"Bearer {token}"}, **arguments)

    def _send(self, method: str, path: str, **arguments: Any) -> Response:
        response = self._session.request(
            method, self.url + path, timeout=_TIMEOUT_SECONDS, **arguments
        )
        response.raise_for_status()
        return response


@contextmanager
def running_emulator(
    *,
    data_dir: Path | None = None,
    port: int = 0,
    latency_ms: int = 0,
    rate_limit: str | None = None,
    seed: int | None = None,
    switches: Switches | None = None,
) -> Iterator[RunningEmulator]:
    """Run an emulator in its own process, and stop it at the end.

    It also stops when this process ends, however that happens.

    Args:
        data_dir: The tenant's folder; None: a temporary one.
        port: 0: any free one.
        latency_ms: How long every request waits, in milliseconds.
        rate_limit: For example `50/s`; None: no limit.
        seed: Makes IDs and secrets reproducible; None: random.
        switches: How it behaves where the vendor's documents leave that open; None: as each
            switch has it by default.

    Raises:
        RuntimeError: The server exited before it served; the message has its stderr.
    """
    command = [sys.executable, "-m", "zdx_emulator", "--stop-with-input", f"--port={port}"]
    command += [f"--latency-ms={latency_ms}"]
    command += [f"--data-dir={data_dir}"] if data_dir else []
    command += [f"--rate-limit={rate_limit}"] if rate_limit else []
    command += [f"--seed={seed}"] if seed is not None else []
    turned = switches.model_dump(exclude_defaults=True) if switches else {}
    command += [f"--switch={name}={value}" for name, value in turned.items()]
    tenant = _start(command)
    try:
        yield tenant
    finally:
        tenant.close()


def scope_id(role: str, service: str = "ZDX") -> str:
    """Return the scope id of a role.

    Raises:
        LookupError: The service has no such role.
    """
    for found, known in ROLES.items():
        if (known.service, known.name) == (service, role):
            return found
    raise LookupError(f"{service} has no role {role!r}")


def _start(command: list[str]) -> RunningEmulator:
    # A file, because an unread pipe fills up and blocks its writer.
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("READY "):
            process.communicate()
            complaints.seek(0)
            raise RuntimeError(f"the emulator did not start: {complaints.read().strip()}")
    return RunningEmulator(process, line.removeprefix("READY ").strip())


def _parse(model: type[Model], response: Response) -> Model:
    return model.model_validate_json(response.content)
