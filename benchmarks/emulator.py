"""How fast the emulator starts and responds, with few clients and with 10,000.

Usage: emulator.py

Prints one JSON object. Rates are requests a second over one connection, by the wall clock and by
the second of processor time that the server used: the latter does not depend on who else uses the
machine.
"""

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from zdx_emulator.models import Switches
from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENTS,
    RunningEmulator,
    running_emulator,
    scope_id,
)

SIZES = (10, 10_000)
READS = 2000
ERRORS_FROM = 400


@dataclass(frozen=True)
class Rate:
    """How fast a client is read among so many."""

    clients: int
    reads_per_second: int
    reads_per_cpu_second: int


class Caller:
    """The admin client, on one connection."""

    def __init__(self, tenant: RunningEmulator) -> None:
        address = urlsplit(tenant.url)
        self._connection = HTTPConnection(address.hostname or "", address.port)
        bearer = f"Bearer {tenant.token_for(ADMIN_ID, ADMIN_SECRET)}"
        self._headers = {"Authorization": bearer, "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: str = "") -> bytes:
        """Send a request that must succeed, and return the response's body."""
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status >= ERRORS_FROM:
            raise RuntimeError(f"{method} {path}: {response.status} {content!r}")
        return content

    def make(self, name: str) -> str:
        """Create a client and return its ID."""
        scopes = [{"id": scope_id("ZDX Super Admin")}]
        body = {
            "name": name,
            "accessTokenLifeTime": 3600,
            "clientAuthentication": {"authType": "SECRET"},
            "clientResources": [{"id": "jhlm4bhr7g7j2", "selectedScopes": scopes}],
        }
        return str(json.loads(self.call("POST", API_CLIENTS, json.dumps(body)))["id"])


def main() -> int:
    """Measure, print, and return the exit status."""
    began = time.perf_counter()
    with running_emulator() as tenant:
        start_seconds = round(time.perf_counter() - began, 2)
        tenant.switch(Switches(client_limit=max(SIZES)))
        caller = Caller(tenant)
        rates = []
        client_ids: list[str] = []
        for size in SIZES:
            while len(client_ids) < size:
                client_ids.append(caller.make(f"client-{len(client_ids)}"))
            rates.append(_rate(tenant, caller, client_ids[-1], size))
    print(json.dumps({"start_seconds": start_seconds, "rates": [asdict(r) for r in rates]}))
    return 0


def _rate(tenant: RunningEmulator, caller: Caller, client_id: str, size: int) -> Rate:
    began, cpu_began = time.perf_counter(), _cpu_seconds(tenant)
    for _ in range(READS):
        caller.call("GET", f"{API_CLIENTS}/{client_id}")
    wall, cpu = time.perf_counter() - began, _cpu_seconds(tenant) - cpu_began
    return Rate(size, round(READS / wall), round(READS / cpu))


def _cpu_seconds(tenant: RunningEmulator) -> float:
    fields = Path(f"/proc/{tenant.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
