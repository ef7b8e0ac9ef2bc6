"""Lets the tests import what they test, as the programs here do, and run the host."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from host_process import HostProcess, running_host

# Runs in a program's place: reports what it was given, and does what the configuration says.
EXECUTOR = """
import json, os, pathlib, subprocess, sys, time
config = json.loads(os.environ["PULUMI_CONFIG"])
report = {"arguments": sys.argv[1:], "environment": dict(os.environ), "python": sys.executable}
pathlib.Path("report.json").write_text(json.dumps(report))
print("running", flush=True)
if config.get("hang"):
    subprocess.run(["sleep", "600"])
while config.get("wait for") and not os.path.exists(config["wait for"]):
    time.sleep(0.01)
if config.get("signal"):
    os.kill(os.getpid(), int(config["signal"]))
sys.exit(int(config.get("exit", 0)))
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HostProcess]:
    """A running host whose programs are the script above."""
    executor = tmp_path / "pulumi-language-python-exec"
    executor.write_text(EXECUTOR)
    with running_host(executor) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a program, with a space in its path."""
    folder = tmp_path / "a project"
    folder.mkdir()
    return folder


@pytest.fixture
def virtualenv(project: Path) -> str:
    """A virtual environment in the project, named as the runtime option names it."""
    binaries = project / "virtual env" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    return "virtual env"
