"""Standard output and error, for every locale and every reader."""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TextIO

from zdx_provider.errors import ZdxError
from zdx_provider.text import escape_text

# What the signs of this command line mean, where the locale has no such character.
_INSTEAD = {"✓": "ok", "✗": "FAILED", "…": "..."}
_FALLBACK = "zdx-keys"


@contextmanager
def open_streams() -> Iterator[None]:
    """Let a command write any text, and say so where its output could not be written.

    Raises:
        ZdxError: There is no standard output, or it takes no more.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - a stream until the process ends
    if sys.stdout is None:
        raise ZdxError("standard output is closed.", hint="To discard the output, add: > /dev/null")
    codecs.register_error(_FALLBACK, _replace)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_FALLBACK)
    try:
        yield
    finally:
        _flush()


def describe_os_error(error: OSError) -> str:
    """Return what the system refused, as one line."""
    try:
        os.getcwd()  # noqa: PTH109 - whether there is one, not which
    except OSError:
        return "the current folder no longer exists. Change to an existing folder."
    what = os.fspath(error.filename) if error.filename else "the input or the output"
    shown = what if isinstance(what, str) else os.fsdecode(what)
    return f"{shown} cannot be used: {error.strerror or type(error).__name__}."


def print_error(line: str) -> None:
    """Write a line to standard error, if that is possible."""
    try:
        sys.stderr.write(f"error: {escape_text(line)}\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
        sys.exit(1)  # as every program whose reader has seen enough
    except OSError as error:
        _discard(sys.stdout)
        problem = f"standard output cannot be written: {error.strerror}."
    else:
        return
    raise ZdxError(problem, hint="The command may have succeeded. Check before you run it again.")


def _discard(stream: TextIO) -> None:
    """Keep Python from writing again, and from reporting it, when it exits."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join(_INSTEAD.get(character, "?") for character in lost), error.end
