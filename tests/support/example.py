"""Examples, copied to where a test may change them."""

import shutil
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def copy_example(path: str, folder: Path) -> str:
    """Copy a project's program and settings, to run with the test's own Python.

    Args:
        path: The project's folder, from the root of the repository.
        folder: Where the copy goes; it is made.

    Returns:
        The project's name.
    """
    folder.mkdir(parents=True)
    for file in (ROOT / path).glob("*.*"):
        if file.suffix in (".py", ".yaml"):
            shutil.copy(file, folder)
    file = folder / "Pulumi.yaml"
    description = yaml.safe_load(file.read_text())
    description["runtime"]["options"]["virtualenv"] = sys.prefix
    file.write_text(yaml.safe_dump(description))
    return str(description["name"])
