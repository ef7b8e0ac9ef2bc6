"""Which Python runs a program, and in which environment."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi.runtime.proto.language_pb2 import ProgramInfo

from language_host.errors import HostError


@dataclass(frozen=True)
class Interpreter:
    """A Python and the environment that its processes get."""

    python: str
    environment: dict[str, str]


def find_virtual_environment(info: ProgramInfo) -> Path | None:
    """Return the folder that the runtime option `virtualenv` names, seen from the project."""
    option = str(info.options["virtualenv"]) if "virtualenv" in info.options else ""
    return Path(info.root_directory, option) if option else None


def find_interpreter(info: ProgramInfo, environment: Mapping[str, str]) -> Interpreter:
    """Choose as the vendor's host does: the virtual environment, else the Python on PATH.

    Args:
        info: The program.
        environment: What the program is to inherit.

    Raises:
        HostError: The virtual environment, or any Python, is missing.
    """
    virtualenv = find_virtual_environment(info)
    if virtualenv is None:
        return Interpreter(find_python_on_path(environment), dict(environment))
    python = virtualenv / "bin" / "python"
    if not python.is_file():
        raise HostError(
            f"there is no virtual environment at {virtualenv} (runtime option `virtualenv`): "
            "run `pulumi install` to create it"
        )
    inherited = {name: value for name, value in environment.items() if name != "PYTHONHOME"}
    path = os.pathsep.join([str(python.parent), environment.get("PATH", os.defpath)])
    return Interpreter(str(python), {**inherited, "VIRTUAL_ENV": str(virtualenv), "PATH": path})


def find_python_on_path(environment: Mapping[str, str]) -> str:
    """Return the Python that runs where no virtual environment is named.

    Raises:
        HostError: There is none.
    """
    name = environment.get("PULUMI_PYTHON_CMD") or "python3"
    python = shutil.which(name, path=environment.get("PATH"))
    if python is None:
        raise HostError(
            f"there is no {name} on PATH: name a virtual environment in the runtime option "
            "`virtualenv`"
        )
    return python
