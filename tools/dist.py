"""Build what a release publishes into `.local/dist`, and check it.

The wheel and the sdist of both distributions are built twice from the tree, and must be equal bit
for bit. Each wheel gets the list of what it installs: an SBOM in CycloneDX's format.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".local" / "dist"
PROJECTS = (ROOT, ROOT / "packages" / "emulator")


class DistError(Exception):
    """The distributions cannot be published."""


def main() -> int:
    """Build and check everything, and return the exit status."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    try:
        build_twice(FOLDER)
        check(FOLDER)
        for project, wheel in zip(PROJECTS, find_wheels(FOLDER), strict=True):
            write_sbom(project, wheel)
    except DistError as error:
        print(error, file=sys.stderr)
        return 1
    for file in sorted(FOLDER.iterdir()):
        print(compute_digest(file), file.relative_to(ROOT))
    return 0


def build_twice(folder: Path) -> None:
    """Build everything into a folder, and once more for comparison.

    Raises:
        DistError: A build failed, or both builds differ.
    """
    with TemporaryDirectory() as other:
        build(folder)
        build(Path(other))
        first, second = (
            {file.name: compute_digest(file) for file in built.iterdir()}
            for built in (folder, Path(other))
        )
    different = sorted({name for name, _ in first.items() ^ second.items()})
    if different:
        raise DistError(f"two builds of the same commit differ: {', '.join(different)}")


def build(folder: Path) -> None:
    """Build the sdist of each distribution, and its wheel from the sdist."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": read_epoch(os.environ)}
    for project in PROJECTS:
        command = ["-m", "build", "--no-isolation", f"--outdir={folder}", str(project)]
        _run([sys.executable, *command], environment)


def read_epoch(environment: Mapping[str, str]) -> str:
    """Return the time in the built files, in seconds since 1970: that of the last commit."""
    given = environment.get("SOURCE_DATE_EPOCH")
    return given or _run(["git", "log", "-1", "--format=%ct"]).strip()


def find_wheels(folder: Path) -> list[Path]:
    """Return the wheels in the order of the projects."""
    return [next(folder.glob(f"{name}-*.whl")) for name in ("zdx_provider", "zdx_emulator")]


def check(folder: Path) -> None:
    """Check what an index and an installer require of the files."""
    files = [str(file) for file in sorted(folder.iterdir())]
    wheels = [str(wheel) for wheel in find_wheels(folder)]
    _run(["validate-pyproject", *(str(project / "pyproject.toml") for project in PROJECTS)])
    _run(["twine", "check", "--strict", *files])
    _run(["check-wheel-contents", *wheels])


def write_sbom(project: Path, wheel: Path) -> None:
    """Write the SBOM of a wheel beside it, from an environment with only what it installs."""
    with TemporaryDirectory() as folder:
        python = Path(folder, "bin", "python")
        _run(["uv", "venv", "--quiet", "--python", sys.executable, folder])
        install = ["--quiet", "--python", str(python), "--constraints", "requirements.txt"]
        _run(["uv", "pip", "install", *install, str(wheel)])
        options = ["--output-reproducible", f"--pyproject={project / 'pyproject.toml'}"]
        content = json.loads(_run(["cyclonedx-py", "environment", *options, str(python)]))
    name, version = wheel.name.split("-")[:2]
    content["metadata"]["component"] |= {
        "version": version,
        "purl": f"pkg:pypi/{name.replace('_', '-')}@{version}",
        "hashes": [{"alg": "SHA-256", "content": compute_digest(wheel)}],
    }
    sbom = wheel.with_name(f"{name}.cdx.json")
    sbom.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def compute_digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    return sha256(file.read_bytes()).hexdigest()


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DistError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
