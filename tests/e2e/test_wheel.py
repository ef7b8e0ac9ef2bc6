"""The quick start as a reader follows it, from a clone to a key in use."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from support.documents import ROOT, join_script

PATIENCE_SECONDS = 900
END_THE_TENANT = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"


def test_quick_start_works_from_a_clone(tmp_path: Path) -> None:
    script = join_script("docs/quick-start.md")
    for written, here in {
        "PATH_TO_A_CLONE_OF_THIS_REPOSITORY": str(ROOT),
        "8080": str(_free_port()),
    }.items():
        assert written in script
        script = script.replace(written, here)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", END_THE_TENANT + script],  # noqa: S607 - the system's own
        cwd=tmp_path,
        env=_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Engineering Finance Sales" in done.stdout
    assert done.stdout.rstrip().endswith("Stack 'dev' has been removed!")


def _environment(folder: Path) -> dict[str, str]:
    """A reader's: Python and the CLI are on PATH, and this project's environment is not."""
    pulumi = Path(shutil.which("pulumi") or "").parent
    python = Path(sys.executable).resolve().parent
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "PYTHON"))}
    return {
        **inherited,
        "PATH": f"{python}:{pulumi}:/usr/bin:/bin",
        "HOME": str(folder),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
