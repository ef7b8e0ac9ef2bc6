"""The documentation names what there is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from zdx_emulator.cli import build_parser
from zdx_emulator.testing import Fault, Switches

PAGE = (Path(__file__).parents[2] / "docs" / "emulator.md").read_text()
SWITCHES = PAGE.partition('<a id="switches"></a>')[2]
OPTIONS = re.findall(r"--[a-z][a-z-]+", build_parser().format_help())


@pytest.mark.parametrize("name", [*Fault.model_fields, *sorted({*OPTIONS} - {"--help"})])
def test_documentation_names_every_public_name(name: str) -> None:
    assert f"`{name}" in PAGE


def test_documentation_lists_every_switch_with_its_default() -> None:
    defaults = {
        name: "none" if default is None else f"`{str(default).lower()}`"
        for name, default in Switches().model_dump().items()
    }

    assert dict(re.findall(r"^\| `(\w+)` \| (none|`[\w-]+`)", SWITCHES, re.MULTILINE)) == defaults


def test_documentation_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)

    ended = subprocess.run([sys.executable, "-c", example], timeout=60, check=False)

    assert ended.returncode == 0
