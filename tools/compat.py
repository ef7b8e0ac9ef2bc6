"""Test with the lowest and with the newest versions that `pyproject.toml` allows.

The lowest versions of the direct dependencies run on the lowest Python of the machine that
`pyproject.toml` allows, the newest versions of everything on its newest one. Each has a virtual
environment in `.local/compat`, which is created again on every run.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / ".local" / "compat"
# What depends on versions: the rules, the SDK's dynamic host, and a life of a key on the engine.
TESTS = (
    "tests/unit",
    "tests/plugin",
    "tests/e2e/test_life_of_a_key.py",
    "tests/e2e/test_lookups.py",
    "tests/e2e/test_rotation.py",
    "tests/e2e/cli/test_tenant.py",
    "tests/e2e/component/test_life.py",
)
_PYENV_PYTHONS = "versions/*/bin/python3.*"

Version = tuple[int, int]


@dataclass(frozen=True)
class Side:
    """One end of the range of versions.

    Args:
        name: Also the name of its virtual environment.
        resolution: Which versions uv chooses.
        version: The version of its Python.
        python: Its Python.
    """

    name: str
    resolution: str
    version: Version
    python: Path

    def __str__(self) -> str:
        return f"{self.name} versions, Python {format_version(self.version)}"


def main() -> int:
    """Test both sides and return the exit status."""
    lowest = parse_lowest_python((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    pythons = find_pythons(os.environ)
    sides, notice = choose_sides(pythons, lowest)
    if notice:
        print(notice)
    results = {side: test(side) for side in sides}
    for side, passed in results.items():
        print(f"{side}: {'passed' if passed else 'FAILED'}")
    if notice:
        print(notice)
    return 0 if results and all(results.values()) else 1


def parse_lowest_python(pyproject: str) -> Version:
    """Return the lowest Python that the project allows."""
    # Python 3.10 has no module for TOML.
    match = re.search(r'^requires-python = ">=3\.(\d+)"$', pyproject, re.MULTILINE)
    if match is None:
        raise ValueError('pyproject.toml has no line like requires-python = ">=3.10"')
    return 3, int(match[1])


def find_pythons(environment: Mapping[str, str]) -> dict[Version, Path]:
    """Return the first Python of each version on PATH or in pyenv."""
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    candidates = [file for folder in folders for file in sorted(Path(folder).glob("python3.*"))]
    pyenv = Path(environment.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates += sorted(pyenv.glob(_PYENV_PYTHONS))
    return _keep_working(file for file in candidates if re.fullmatch(r"python3\.\d+", file.name))


def choose_sides(pythons: Mapping[Version, Path], lowest: Version) -> tuple[list[Side], str]:
    """Return the two sides, and what the user must know about a missing Python.

    Args:
        pythons: What the machine has.
        lowest: The lowest version that the project allows.
    """
    allowed = sorted(version for version in pythons if version >= lowest)
    wanted = format_version(lowest)
    if not allowed:
        return [], f"Python {wanted} or later is neither on PATH nor in pyenv. Install it first."
    first, last = allowed[0], allowed[-1]
    sides = [
        Side("lowest", "lowest-direct", first, pythons[first]),
        Side("newest", "highest", last, pythons[last]),
    ]
    if first == lowest:
        return sides, ""
    return sides, (
        f"Python {wanted}, the lowest that pyproject.toml allows, is neither on PATH nor in "
        f"pyenv. The lowest versions are tested on Python {format_version(first)} instead."
    )


def format_version(version: Version) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, version))


def test(side: Side) -> bool:
    """Create the environment of a side, run the tests in it, and return whether they passed."""
    print(f"{side}: {side.python}", flush=True)
    environment = FOLDER / side.name
    binaries = environment / "bin"
    variables = {
        **os.environ,
        "PATH": os.pathsep.join([str(binaries), os.environ.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(environment),
    }
    uv = [sys.executable, "-m", "uv", "--quiet", "--no-python-downloads"]
    # Without its name, uv installs into the environment that uv itself is in.
    install: list[str | Path] = [*uv, "pip", "install", "--python", environment]
    resolution = ["--resolution", side.resolution]
    emulator = "packages/emulator"
    requirements = ["-r", "pyproject.toml", "-r", f"{emulator}/pyproject.toml"]
    commands: list[Sequence[str | Path]] = [
        [*uv, "venv", "--clear", "--python", side.python, environment],
        [*install, *resolution, "--group", "dev", *requirements],
        [*install, "--no-deps", "--editable", ".", "--editable", emulator],
        [binaries / "python", "-m", "pytest", "-n", "2", "--dist", "worksteal", *TESTS],
    ]
    return all(
        subprocess.run(command, cwd=PROJECT, env=variables, check=False).returncode == 0
        for command in commands
    )


def _keep_working(candidates: Iterable[Path]) -> dict[Version, Path]:
    """Keep what runs, unlike pyenv's shims of versions that are not selected."""
    pythons: dict[Version, Path] = {}
    for python in candidates:
        version = 3, int(python.name.removeprefix("python3."))
        if version not in pythons and _runs(python):
            pythons[version] = python
    return pythons


def _runs(python: Path) -> bool:
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
