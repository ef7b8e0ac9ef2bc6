"""Start and stop the emulator of the stack `dev`.

Usage: dev_tenant.py start|stop

It listens where `Pulumi.dev.yaml` says (`zdx:apiUrl`), and keeps its data and log in `.local/`.
The lock on its data folder shows whether it runs: a killed one frees it, and a process id that
was given to another program since is never signalled.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import yaml

PROJECT = Path(__file__).resolve().parents[1]
CONFIG = PROJECT / "Pulumi.dev.yaml"
FOLDER = PROJECT / ".local" / "emulator"
LOCK = FOLDER / "data" / "lock"
LOG = FOLDER / "log"
POLL_SECONDS = 0.05
PATIENCE_SECONDS = 60


def main() -> int:
    """Do what the command line says and return the exit status."""
    match sys.argv[1:]:
        case ["start"]:
            return start()
        case ["stop"]:
            return stop()
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def start() -> int:
    """Start the tenant unless it runs already."""
    url = urlsplit(yaml.safe_load(CONFIG.read_text())["config"]["zdx:apiUrl"])
    if holder() is not None:
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = ["-m", "zdx_emulator", f"--port={url.port}", f"--data-dir={LOCK.parent}"]
    with LOG.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "READY" not in LOG.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            print(LOG.read_text().strip(), file=sys.stderr)
            print(
                f"The emulator did not start. If another program has port {url.port}, "
                f"change zdx:apiUrl and zdx:tokenUrl in {CONFIG.name} (and, to run the examples, "
                "apiUrl and tokenUrl in theirs).",
                file=sys.stderr,
            )
            return 1
        time.sleep(POLL_SECONDS)
    return 0


def stop() -> int:
    """End the tenant if it runs, and wait until it has."""
    process = holder()
    if process is None:
        return 0
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while holder() is not None:
        if time.monotonic() > deadline:
            print(f"The emulator (process {process}) does not stop.", file=sys.stderr)
            return 1
        time.sleep(POLL_SECONDS)
    return 0


def holder() -> int | None:
    """Return the process that serves from the data folder; None when none does."""
    if not LOCK.exists():
        return None
    with LOCK.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read())
    return None


if __name__ == "__main__":
    sys.exit(main())
