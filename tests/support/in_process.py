"""`zdx-keys` in the process of the test, for many short runs."""

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from zdx_provider.cli.app import main


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it wrote."""

    code: object
    stdout: bytes
    stderr: bytes


def run_zdx_keys(arguments: list[str], encoding: str) -> Ended:
    """Run a command in this process; any exception but an exit fails the test."""
    stdout, stderr = io.BytesIO(), io.BytesIO()
    with (
        io.TextIOWrapper(stdout, encoding=encoding, write_through=True) as out,
        io.TextIOWrapper(stderr, encoding=encoding, errors="backslashreplace") as err,
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        err.flush()
        return Ended(int(ended.value.code or 0), stdout.getvalue(), stderr.getvalue())
