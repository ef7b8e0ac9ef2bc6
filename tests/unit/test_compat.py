"""On which Pythons `make compat` tests."""

from pathlib import Path

import pytest
from support.wheel import ROOT

from tools.compat import choose_sides, find_pythons, parse_lowest_python

LOWEST = (3, 10)


def add_python(folder: Path, name: str, *, status: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / name
    python.write_text(f"#!/bin/sh\nexit {status}\n")
    python.chmod(0o755)
    return python


def test_pythons_are_found_on_path_and_in_pyenv(tmp_path: Path) -> None:
    on_path = add_python(tmp_path / "bin", "python3.11")
    add_python(tmp_path / "bin", "python3.11-config")
    add_python(tmp_path / "bin", "python3.12", status=127)
    add_python(tmp_path / "pyenv/versions/3.11.7/bin", "python3.11")
    in_pyenv = add_python(tmp_path / "pyenv/versions/3.12.1/bin", "python3.12")

    found = find_pythons({"PATH": str(tmp_path / "bin"), "PYENV_ROOT": str(tmp_path / "pyenv")})

    assert found == {(3, 11): on_path, (3, 12): in_pyenv}


@pytest.mark.parametrize(
    ("minors", "chosen", "notice"),
    [
        ([9, 10, 11, 13], [10, 13], ""),
        ([10], [10, 10], ""),
        ([12, 11], [11, 12], "Python 3.10, the lowest that pyproject.toml allows, is neither on"),
        ([9], [], "Python 3.10 or later is neither on PATH nor in pyenv. Install it first."),
    ],
)
def test_a_missing_python_is_reported(minors: list[int], chosen: list[int], notice: str) -> None:
    pythons = {(3, minor): Path(f"/python3.{minor}") for minor in minors}

    sides, said = choose_sides(pythons, LOWEST)

    assert [side.python for side in sides] == [Path(f"/python3.{minor}") for minor in chosen]
    assert said.startswith(notice)
    assert bool(said) == bool(notice)


def test_the_lowest_python_is_that_of_the_project() -> None:
    assert parse_lowest_python((ROOT / "pyproject.toml").read_text()) == LOWEST
