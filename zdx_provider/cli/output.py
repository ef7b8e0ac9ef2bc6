"""What the user sees: tables, JSON and exit codes.

Colours follow the terminal and ``NO_COLOR``; rich sees to both.
"""

import json
import sys
from enum import IntEnum

from pydantic_core import to_jsonable_python
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zdx_provider.errors import SettingsError, ZdxError
from zdx_provider.text import escape_text
from zdx_provider.zidentity import AuthenticationError, PermissionDeniedError, ReadOnlyError

# Wide enough that a table in a file or a pipe is never folded.
_WIDTH_WITHOUT_TERMINAL = 500


class Exit(IntEnum):
    """The exit codes of ``zdx-keys``; 2 is a wrong command line."""

    DONE = 0
    FAILED = 1
    SETTINGS = 3
    REFUSED = 4
    FOUND = 5


def get_exit_code(error: ZdxError) -> Exit:
    """Return the exit code of a command that an error stops."""
    if isinstance(error, SettingsError):
        return Exit.SETTINGS
    if isinstance(error, ReadOnlyError):
        return Exit.FAILED
    if isinstance(error, AuthenticationError | PermissionDeniedError):
        return Exit.REFUSED
    return Exit.FAILED


def create_console() -> Console:
    """Return a console for standard output."""
    width = None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False, markup=False)


def create_error_console() -> Console:
    """Return a console for standard error, for what is not the result."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def print_json(document: object) -> None:
    """Print data as JSON, without characters that a terminal acts on.

    If the locale has only ASCII, so has the JSON.

    Args:
        document: Dataclasses, dictionaries, lists, dates and plain values.
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


def print_line(sentence: str) -> None:
    """Print a sentence on standard output, unfolded."""
    create_console().print(format_cell(sentence), soft_wrap=True)


def create_table(title: str, *columns: str) -> Table:
    """Return an empty table."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        # IDs are copied into other commands, so they are not folded.
        table.add_column(column, overflow="fold", no_wrap=column.endswith("ID"))
    return table


def format_cell(text: str, style: str = "") -> Text:
    """Return text for a table or a line; names come from the tenant, so they are escaped."""
    return Text(escape_text(text), style=style)
