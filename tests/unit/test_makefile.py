"""The targets of `make`."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("target", ["help", ""])
def test_make_help_has_one_line_for_each_target(target: str) -> None:
    shown = subprocess.run(
        ["make", "-s", *filter(None, [target])],  # noqa: S607 - the user's make
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    (targets,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert re.findall(r"^make (\S+) +\w.*$", shown, re.MULTILINE) == targets.split()
    assert len(shown.splitlines()) == len(targets.split())
