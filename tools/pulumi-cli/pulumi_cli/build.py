"""The third route: a build of the CLI from the Go module registry, by the pins beside it."""

import hashlib
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pulumi_cli.folders import fill_whole_folder, write_executable
from pulumi_cli.go import build_go_environment, find_go
from pulumi_cli.routes import UnavailableError, print_progress
from pulumi_cli.version import read_pulumi_version

TOOLS = Path(__file__).resolve().parents[1]
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_SDK_SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)
_LINES_PER_MESSAGE = 200


@dataclass(frozen=True)
class Pins:
    """What the build's go.mod pins.

    Args:
        module: The go.mod as text.
    """

    module: str

    @property
    def go(self) -> str:
        """The oldest Go that may build it."""
        return self._value(r"^go (\S+)$")

    @property
    def pulumi(self) -> str:
        """The CLI's version, such as `v3.274.1`."""
        return self._value(r"^\s*github\.com/pulumi/pulumi/pkg/v3 (\S+)")

    @property
    def digest(self) -> str:
        """Distinguishes builds: other pins, or another machine that shares the folder."""
        content = f"{self.module}{platform.system()}{platform.machine()}"
        return hashlib.sha256(content.encode()).hexdigest()[:12]

    def _value(self, pattern: str) -> str:
        match = re.search(pattern, self.module, re.MULTILINE)
        if match is None:
            raise ValueError(f"go.mod has no line like {pattern}")
        return match[1]


def build_with_go(folder: Path, pins: Pins) -> None:
    """Build every tool of go.mod into `folder`, and add the SDK's two scripts.

    Raises:
        UnavailableError: No Go, no registry, or a build that fails.
    """
    go = find_go(pins.go, folder.parent)
    stamp = f"-X {_SDK_MODULE}/go/common/version.Version={pins.pulumi}"
    flags = ["-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", f"-w -s {stamp}"]
    print_progress(f"Building Pulumi {pins.pulumi}: about 10 minutes where Go's cache is empty ...")
    _run(go, "build", "-v", *flags, "-o", f"{folder}/", "tool")
    sdk = Path(_run(go, "list", "-m", "-f", "{{.Dir}}", _SDK_MODULE))
    for script in _SDK_SCRIPTS:
        copy = Path(shutil.copy(sdk / script, folder))
        copy.chmod(0o755)


@dataclass(frozen=True)
class Build:
    """Builds the CLI, and adds the project's language host, because no registry has Pulumi's.

    Args:
        destination: The project's own folder.
        build_into: Puts the pinned CLI into the folder it is given.
    """

    destination: Path
    build_into: Callable[[Path, Pins], None] = build_with_go
    title: str = "a build from the Go module registry"

    def find(self) -> Path | None:
        """Return the folder of an earlier build by the same pins, or None."""
        pins = self._pins()
        folder = self._folder(pins)
        if read_pulumi_version(folder / "pulumi") != pins.pulumi:
            return None
        # Written on every run: the interpreter and the project may have moved since the build.
        write_executable(folder / "pulumi-language-python", _write_language_host(folder))
        return folder

    def obtain(self) -> Path:
        """Build the CLI, which takes minutes.

        Raises:
            UnavailableError: The build is not possible here; says why.
        """
        pins = self._pins()
        with fill_whole_folder(self._folder(pins)) as folder:
            self.build_into(folder, pins)
        built = self.find()
        if built is None:
            raise UnavailableError(f"the CLI that was built does not run as {pins.pulumi}")
        return built

    def _folder(self, pins: Pins) -> Path:
        return self.destination / f"built-{pins.digest}"

    def _pins(self) -> Pins:
        return Pins((TOOLS / "go.mod").read_text(encoding="utf-8"))


def _write_language_host(folder: Path) -> str:
    # -E and -s: a PYTHONPATH or a user's site-packages are meant for the program, not the host.
    command = [
        sys.executable,
        "-E",
        "-s",
        TOOLS / "run_language_host.py",
        folder / _get_executor_name(),
    ]
    return f'#!/bin/sh\nexec {shlex.join(map(str, command))} "$@"\n'


def _get_executor_name() -> str:
    return Path(_SDK_SCRIPTS[0]).name


def _run(go: Path, *arguments: str) -> str:
    """Run go beside its go.mod, count its progress, and return what it printed."""
    last: deque[str] = deque(maxlen=3)
    with subprocess.Popen(
        [go, *arguments],
        cwd=TOOLS,
        env=build_go_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for count, line in enumerate(process.stderr or (), start=1):
            last.append(line.strip())
            if count % _LINES_PER_MESSAGE == 0:
                print_progress(f"  {count} modules and packages done")
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise UnavailableError(f"go {arguments[0]} failed: {' | '.join(last)}")
    return output.strip()
