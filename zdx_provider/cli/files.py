"""Files that a command makes: for their owner alone, and never over another."""

import os
from pathlib import Path

from pydantic import SecretStr

from zdx_provider.errors import ZdxError


class NotWritten(ZdxError):
    """A file is there already, or cannot be made."""


def require_free(file: Path) -> None:
    """Stop before a long work whose result could not be written.

    Raises:
        NotWritten: There is such a file already.
    """
    if os.path.lexists(file):
        raise _taken(file)


def write_private(file: Path, content: SecretStr) -> None:
    """Make a file that its owner alone may read.

    Raises:
        NotWritten: It is there already, or cannot be made.
    """
    data = content.get_secret_value().encode()
    try:
        # Exclusive: neither an existing file nor a link that was put there is written through.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _taken(file) from None
    except OSError as error:
        raise _not_writable(file, error) from None
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
    except OSError as error:
        file.unlink()  # half a file would be in the way of the next attempt
        raise _not_writable(file, error) from None


def _not_writable(file: Path, error: OSError) -> NotWritten:
    return NotWritten(
        f"{file} cannot be written: {error.strerror}.",
        hint="Name a file in a folder that you may write to.",
    )


def _taken(file: Path) -> NotWritten:
    return NotWritten(
        f"{file} is there already, and nothing is overwritten.",
        hint="Remove it, or name another.",
    )
