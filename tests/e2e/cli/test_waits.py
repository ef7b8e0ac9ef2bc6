"""What `zdx-keys` shows on a terminal while it waits."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.zdx_keys import ZdxKeys

NOWHERE = "http://127.0.0.1:1"
REFUSED = "127.0.0.1:1 does not accept connections"


@pytest.fixture
def is_offline(zdx_keys: ZdxKeys) -> ZdxKeys:
    """The command line with a tenant whose addresses no one listens on."""
    zdx_keys.environment |= {
        "ZSCALER_API_URL": NOWHERE,
        "ZSCALER_TOKEN_URL": f"{NOWHERE}/token",
        "ZSCALER_MAX_RETRIES": "2",
    }
    return zdx_keys


def run_on_terminal(command: ZdxKeys, *arguments: str) -> str:
    """Run a command whose standard error is a terminal, and return what the terminal got."""
    master, terminal = pty.openpty()
    variables = {"PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("zdx-keys")), *arguments],
        cwd=command.folder,
        env={**variables, **command.environment},
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    ):
        os.close(terminal)
        written = b""
        try:
            while some := os.read(master, 4096):
                written += some
        except OSError:  # Linux reports the end of a terminal as an error
            pass
    os.close(master)
    return written.decode()


def test_wait_is_shown_on_a_terminal_and_erased_before_the_error(is_offline: ZdxKeys) -> None:
    written = run_on_terminal(is_offline, "roles")

    assert f"\r\x1b[2Kattempt 1 of 3, next in 1 s: {REFUSED}" in written
    assert re.search(rf"\r\x1b\[2Kattempt 2 of 3, next in [12] s: {REFUSED}", written)
    last = written.rpartition("\x1b[2K")[2]
    assert last.startswith(f"error: could not get an access token: {REFUSED} (3 attempts)")


def test_wait_is_not_shown_without_a_terminal(is_offline: ZdxKeys) -> None:
    is_offline.environment["ZSCALER_MAX_RETRIES"] = "1"

    assert is_offline("roles", exits=1).stderr.startswith("error: ")


def test_verify_gives_up_after_one_repeat(is_offline: ZdxKeys) -> None:
    assert f"{REFUSED} (2 attempts)" in is_offline("verify", exits=1).stdout
