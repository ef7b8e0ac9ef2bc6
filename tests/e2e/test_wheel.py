"""The quick start as a reader follows it, with the built wheels instead of a clone."""

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

ACTIVATE = ". .venv/bin/activate\n"
PATIENCE_SECONDS = 900
END_THE_TENANT = "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"


def test_quick_start_works_with_the_wheels(tmp_path: Path) -> None:
    libraries = sysconfig.get_path("purelib")
    packages = sysconfig.get_path("purelib", vars={"base": ".venv"})
    see_libraries = f"echo {libraries} > {packages}/libraries.pth\n"

    _follow_quick_start(tmp_path, {ACTIVATE: ACTIVATE + see_libraries}, {"PIP_NO_DEPS": "true"})


@pytest.mark.slow
def test_quick_start_works_with_the_wheels_in_an_empty_environment(tmp_path: Path) -> None:
    _follow_quick_start(tmp_path, {}, {})


def _follow_quick_start(
    folder: Path, replaced: dict[str, str], environment: dict[str, str]
) -> None:
    script = join_script("docs/quick-start.md")
    for written, here in {
        "PATH_TO_A_CLONE_OF_THIS_REPOSITORY": str(_copy_templates(folder)),
        "8080": str(_free_port()),
        **replaced,
    }.items():
        assert written in script
        script = script.replace(written, here)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", END_THE_TENANT + script],  # noqa: S607 - the system's own
        cwd=folder,
        env=_environment(folder) | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Engineering Finance Sales" in done.stdout
    assert done.stdout.rstrip().endswith("Stack 'dev' has been removed!")
    python = folder / "keys" / ".venv" / "bin" / "python"
    code = "import zdx_emulator, zdx_provider; print(zdx_emulator.__file__, zdx_provider.__file__)"
    imported = run_program([str(python), "-c", code], folder, {}).stdout.split()
    assert len(imported) == 2
    assert [file for file in imported if not file.startswith(str(python.parents[1]))] == []


def _copy_templates(folder: Path) -> Path:
    """Copy the templates as a clone has them, with the wheels in place of its packages."""
    clone = folder / "clone"
    shutil.copytree(ROOT / "templates", clone / "templates")
    provider, emulator = build_wheels(folder / "dist")
    requirements = clone / "templates" / "python" / "requirements.txt"
    text = requirements.read_text()
    for written, wheel in {
        "${ZDX_PROVIDER}/packages/emulator": emulator,
        "${ZDX_PROVIDER}": provider,
    }.items():
        assert written in text
        text = text.replace(written, str(wheel))
    requirements.write_text(text)
    return clone


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
