"""The Python that manages the key, which need not be the one that runs the component.

The component's child is a dynamic resource: its provider is started by Pulumi's own script
`pulumi-resource-pulumi-python`, in the Python that the consumer's project names.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from pulumi.errors import InputPropertiesError

from zdx_provider import __version__

_OPTION = "PULUMI_RUNTIME_VIRTUALENV"  # how the engine passes the runtime's options
_ASK_VERSION = "import zdx_provider; print(zdx_provider.__version__)"


@cache
def require_provider() -> None:
    """Stop before a key is declared that cannot be managed.

    Raises:
        InputPropertiesError: That Python has no zdx_provider, or one of another version.
    """
    python = _find_project_python()
    if python is None or python.parent == Path(sys.executable).parent:
        return
    found = _read_version(python)
    if found == __version__:
        return
    way = (
        f"set the runtime option virtualenv in Pulumi.yaml to {sys.prefix}"
        if _OPTION in os.environ
        else f"run: export PULUMI_PYTHON_CMD={sys.executable}"
    )
    # The empty list stands for the properties to blame; without it the SDK cannot raise this.
    raise InputPropertiesError(
        f"{python} must have zdx_provider {__version__} installed ({found}). Install it there, "
        f"or {way}",
        [],
    )


def _find_project_python() -> Path | None:
    """What the script takes, or None where only Poetry knows; its folder is this process's too."""
    toolchain = os.environ.get("PULUMI_RUNTIME_TOOLCHAIN")
    virtualenv = os.environ.get(_OPTION) or (".venv" if toolchain == "uv" else None)
    if virtualenv:
        return Path(virtualenv, "bin", "python").absolute()
    if toolchain == "poetry":
        return None
    command = os.environ.get("PULUMI_PYTHON_CMD") or "python3"
    return Path(shutil.which(command) or command)


def _read_version(python: Path) -> str:
    """Return the version of zdx_provider there, or why there is none."""
    try:
        process = subprocess.run(  # noqa: S603 - the interpreter that the engine is about to run
            [python, "-c", _ASK_VERSION], capture_output=True, text=True, check=False
        )
    except OSError as error:
        return error.strerror or str(error)
    return (process.stdout or process.stderr).strip().rpartition("\n")[2]
