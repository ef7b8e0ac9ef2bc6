"""What the user sees: tables, progress, JSON and exit codes."""

import json
import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import TypeVar

from pydantic_core import to_jsonable_python
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.text import escape_text
from zdx_provider.zidentity import AuthenticationError, PermissionDeniedError, ReadOnlyError

T = TypeVar("T")

# Wide enough that a table that is piped into a file or another program is never folded.
_WIDTH_WITHOUT_TERMINAL = 500


def console() -> Console:
    """Standard output, for people."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False, markup=False)


def side_console() -> Console:
    """Standard error: what is said beside the result."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def print_json(document: object) -> None:
    """Print dataclasses, or a list of them, as JSON without anything that a terminal acts on.

    Where the locale has only ASCII, so has the JSON.
    """
    values = to_jsonable_python(document)
    text = json.dumps(values, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = json.dumps(values, indent=2)
    sys.stdout.write("".join(map(_escape_json, text)) + "\n")


def _escape_json(character: str) -> str:
    if character.isprintable() or character == "\n":
        return character
    escaped = json.dumps(character)[1:-1]
    return escaped if escaped != character else f"\\u{ord(character):04x}"


def say(sentence: str) -> None:
    """Say a sentence on standard output, unfolded."""
    console().print(cell(sentence), soft_wrap=True)


def table(title: str, *columns: str) -> Table:
    """An empty table."""
    made = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        # Ids are copied into other commands, so they stay in one piece as long as may be.
        made.add_column(column, overflow="fold", no_wrap=column.endswith("ID"))
    return made


def cell(text: str, style: str = "") -> Text:
    """Text as a table or a line shows it; names come from outside."""
    return Text(escape_text(text), style=style)


def with_progress(items: Iterable[T], total: int, doing: str) -> Iterable[T]:
    """The items, with a bar on standard error while they come."""
    bar = side_console()
    return track(
        items, doing, total=total, console=bar, transient=True, disable=not bar.is_terminal
    )


class Exit(IntEnum):
    """How a command ended; 2 is a command line that is not understood."""

    DONE = 0
    FAILED = 1
    SETTINGS = 3
    REFUSED = 4


def exit_of(error: ZdxError) -> Exit:
    """The exit code that an error ends a command with."""
    if isinstance(error, SettingsError):
        return Exit.SETTINGS
    if isinstance(error, AuthenticationError | PermissionDeniedError) and not isinstance(
        error, ReadOnlyError
    ):
        return Exit.REFUSED
    return Exit.FAILED
