"""Runs a stand-in tenant for a test.

with running_emulator(data_dir=tmp_path) as tenant:
    client = tenant.create_client("ci", role="ZDX Read-only Admin")
    tenant.fault(method="POST", path=SECRETS, drop="after")
"""

import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from zdx_emulator.models import EACH_OTHER_WAY, Switches
from zdx_emulator.observer import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENT,
    API_CLIENTS,
    RESOURCE_SERVERS,
    SECRET,
    SECRETS,
    TOKEN,
    Observer,
    scope_id,
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
    "RunningEmulator",
    "Switches",
    "running_emulator",
    "scope_id",
]

# Any would do: the tenant answers under its own address, whatever it is called.
VANITY_DOMAIN = "acme"

_EXIT_TIMEOUT_SECONDS = 60
_BEFORE_A_CAPITAL = re.compile(r"(?=[A-Z])")


class ServerProcess(Protocol):
    """As much of a `subprocess.Popen` as is needed to end a server."""

    pid: int

    @property
    def stdout(self) -> IO[str] | None:
        """What it prints, where that is read."""

    def send_signal(self, sig: int) -> None:
        """Send a signal, unless it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit code."""


class RunningEmulator(Observer):
    """A tenant in a process of its own.

    Args:
        process: The server's process.
        url: Its origin, `http://127.0.0.1:<port>`.
    """

    def __init__(self, process: ServerProcess, url: str) -> None:
        super().__init__(url)
        self.process = process

    def profile(self, vanity_domain: str = VANITY_DOMAIN) -> dict[str, str]:
        """The provider's settings for this tenant, as a profile of `zdx:tenants`.

        Args:
            vanity_domain: What the tenant is to be called.
        """
        return {
            "vanityDomain": vanity_domain,
            "apiUrl": self.url,
            "tokenUrl": f"{self.url}{TOKEN}",
            "clientId": ADMIN_ID,
            "clientSecret": ADMIN_SECRET,
        }

    def stack_config(self, vanity_domain: str = VANITY_DOMAIN) -> dict[str, str]:
        """The same settings in a Pulumi stack's config."""
        return {f"zdx:{key}": value for key, value in self.profile(vanity_domain).items()}

    def environment(self, vanity_domain: str = VANITY_DOMAIN) -> dict[str, str]:
        """The same settings as variables of a process."""
        return {
            f"ZSCALER_{_BEFORE_A_CAPITAL.sub('_', key).upper()}": value
            for key, value in self.profile(vanity_domain).items()
        }

    def kill(self) -> None:
        """Ends the server at once, as a power cut would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ends the server in order (SIGTERM) and returns its exit code."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        """Ends the server and lets go of all that belongs to it."""
        super().close()
        self.stop()
        if self.process.stdout:
            self.process.stdout.close()

    def _end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(_EXIT_TIMEOUT_SECONDS)


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
    """Runs a tenant in a process of its own, and ends it.

    Args:
        data_dir: The tenant's folder; None: one that goes with the process.
        port: 0: any free one.
        latency_ms: How long every request waits, in milliseconds.
        rate_limit: For example `50/s`; None: no limit.
        seed: Makes ids and secrets reproducible; None: random.
        switches: How it behaves where the vendor's documents leave that open; None: as each
            switch has it by default.

    Raises:
        RuntimeError: The server ended before it served; with what it wrote on stderr.
    """
    command = [sys.executable, "-m", "zdx_emulator", f"--port={port}", f"--latency-ms={latency_ms}"]
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


def _start(command: list[str]) -> RunningEmulator:
    # A file, as a pipe that nobody reads fills up and blocks its writer.
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own module, our own interpreter
            command, stdout=subprocess.PIPE, stderr=complaints, text=True
        )
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("READY "):
            process.communicate()
            complaints.seek(0)
            raise RuntimeError(f"the emulator did not start: {complaints.read().strip()}")
    return RunningEmulator(process, line.removeprefix("READY ").strip())
