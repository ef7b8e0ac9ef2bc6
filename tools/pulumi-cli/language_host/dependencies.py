"""What a program needs to be installed, and what is."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from pulumi.runtime.proto.language_pb2 import ProgramInfo

from language_host.errors import HostError
from language_host.interpreter import (
    Interpreter,
    find_interpreter,
    find_python_on_path,
    find_virtual_environment,
)
from language_host.processes import Output, ask, start, stream


@dataclass(frozen=True)
class Package:
    """An installed distribution."""

    name: str
    version: str


def list_installed_packages(interpreter: Interpreter, *, transitive: bool) -> list[Package]:
    """Return what pip lists; without `transitive`, only what nothing else requires."""
    scope = () if transitive else ("--not-required",)
    listing = ask(
        interpreter, "-m", "pip", "--disable-pip-version-check", "list", "--format=json", *scope
    )
    return [Package(entry["name"], entry["version"]) for entry in json.loads(listing)]


def install_dependencies(
    info: ProgramInfo, environment: Mapping[str, str], call: grpc.ServicerContext
) -> Iterator[Output]:
    """Create the program's virtual environment, and installs its requirements.txt.

    Args:
        info: The program.
        environment: What pip is to inherit.
        call: The engine's call, which may be given up.

    Yields:
        What the commands say.

    Raises:
        HostError: A command failed, or there is no Python to begin with.
    """
    folder = Path(info.program_directory)
    virtualenv = find_virtual_environment(info)
    if virtualenv is not None and not virtualenv.exists():
        base = Interpreter(find_python_on_path(environment), dict(environment))
        yield from _run_or_report(["-m", "venv", str(virtualenv)], base, folder, call)
    if (folder / "requirements.txt").is_file():
        interpreter = find_interpreter(info, environment)
        pip = ["-m", "pip", "--disable-pip-version-check", "install", "-r", "requirements.txt"]
        yield from _run_or_report(pip, interpreter, folder, call)


def _run_or_report(
    arguments: Sequence[str], interpreter: Interpreter, folder: Path, call: grpc.ServicerContext
) -> Iterator[Output]:
    process = start(arguments, interpreter, folder, call)
    yield from stream(process)
    if process.wait():
        raise HostError(f"`python {' '.join(arguments)}` failed in {folder}")
