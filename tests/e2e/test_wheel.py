"""The quick start as a reader follows it: the built wheels in a new virtual environment."""

import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support.documents import ROOT, join_script
from support.pulumi_project import run_program
from support.wheel import build_wheels

CLONE = "PATH_TO_A_CLONE_OF_THIS_REPOSITORY"
TEMPLATES = ("python", "yaml/zdx")
PATIENCE_SECONDS = 900
END_THE_TENANT = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"


def test_quick_start_works_with_the_wheels(tmp_path: Path) -> None:
    libraries = sysconfig.get_path("purelib")
    packages = sysconfig.get_path("purelib", vars={"base": ".venv"})
    see_libraries = f"cd keys\necho {libraries} > {packages}/libraries.pth\n"
    script = _quick_start(tmp_path).replace("cd keys\n", see_libraries)

    done = _follow(script, tmp_path, PIP_NO_DEPS="1", PIP_NO_INDEX="1")

    _assert_key_was_used(done, tmp_path)


@pytest.mark.slow
def test_quick_start_works_with_the_wheels_in_an_empty_environment(tmp_path: Path) -> None:
    done = _follow(_quick_start(tmp_path), tmp_path)

    _assert_key_was_used(done, tmp_path)


def _quick_start(folder: Path) -> str:
    """Return the page's commands, with templates that install the wheels."""
    clone = folder / "clone"
    shutil.copytree(ROOT / "templates", clone / "templates")
    provider, emulator = build_wheels(folder / "dist")
    for template in TEMPLATES:
        requirements = clone / "templates" / template / "requirements.txt"
        requirements.write_text(f"{provider}\n{emulator}\n")
    script = join_script("docs/quick-start.md")
    for written, here in {CLONE: str(clone), "8080": str(_free_port())}.items():
        assert written in script
        script = script.replace(written, here)
    return script


def _follow(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", END_THE_TENANT + script],  # noqa: S607 - the system's own
        cwd=folder,
        env={**_environment(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def _assert_key_was_used(done: subprocess.CompletedProcess[str], folder: Path) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Engineering Finance Sales" in done.stdout
    assert done.stdout.rstrip().endswith("Stack 'dev' has been removed!")
    python = folder / "keys" / ".venv" / "bin" / "python"
    code = "import zdx_emulator, zdx_provider; print(zdx_emulator.__file__, zdx_provider.__file__)"
    imported = run_program([str(python), "-c", code], folder, {}).stdout.split()
    assert [file for file in imported if not file.startswith(str(python.parents[1]))] == []


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
