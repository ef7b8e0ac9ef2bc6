"""Makes sure of a Chromium or Chrome for the browser tests, and prints its path.

Usage: install.py

The one on PATH is taken; else Playwright downloads its own; else, as root on Debian, its package
is installed. Progress goes to stderr. Several may run at once: they take turns.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

FIND = Path(__file__).with_name("find.py")
LOCK = Path(tempfile.gettempdir()) / f"zdx-browser-{os.getuid()}.lock"
DOWNLOAD_TIMEOUT_MS = 10_000
DPKG_TIMEOUT_SECONDS = 300


def main() -> int:
    """Install a browser unless there is one, and return the exit status."""
    if not _found():
        with _turn():
            # Another run may have installed it while this one waited.
            _found() or _download() or _install_package()
    return subprocess.run([sys.executable, FIND], check=False).returncode


def _found() -> bool:
    return _run([sys.executable, str(FIND)], {})


@contextmanager
def _turn() -> Iterator[None]:
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download() -> bool:
    _say("Downloading Chromium ...")
    timeout = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": str(DOWNLOAD_TIMEOUT_MS)}
    return _run([sys.executable, "-m", "playwright", "install", "chromium"], timeout)


def _install_package() -> bool:
    if os.getuid() != 0 or not shutil.which("apt-get"):
        return False
    _say("Installing Debian's chromium ...")
    apt = ["apt-get", "-qq", "-o", f"DPkg::Lock::Timeout={DPKG_TIMEOUT_SECONDS}"]
    quietly = {"DEBIAN_FRONTEND": "noninteractive"}
    return _run([*apt, "update"], quietly) and _run(
        [*apt, "install", "--yes", "--no-install-recommends", "chromium"], quietly
    )


def _run(command: Sequence[str], variables: Mapping[str, str]) -> bool:
    ended = subprocess.run(
        command,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode == 0


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
