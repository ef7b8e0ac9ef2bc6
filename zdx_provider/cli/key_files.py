"""Key files: written for their owner alone, read from the portal or from `download`."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

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


# Far more than any key takes, and far less than hurts.
_LARGEST = 1_000_000


class FileNotUnderstood(ZdxError):
    """A file is no key as the portal gives it, or contradicts another one."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    key_id: Annotated[str, Field(min_length=1)]
    key_secret: Annotated[SecretStr, Field(min_length=1)]


@dataclass(frozen=True)
class PortalFile:
    """A key as a file holds it.

    Attributes:
        path: The file.
        key_id: The key's id.
        secret: Its secret, as it was when the file was made.
    """

    path: Path
    key_id: str
    secret: SecretStr


@dataclass(frozen=True)
class SkippedFile:
    """A file of a folder that holds no key.

    Attributes:
        path: The file.
        reason: Why it is skipped, as a sentence without its subject.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class PortalFiles:
    """What was found in files.

    Attributes:
        by_key_id: The keys, by id.
        skipped: The files of folders that hold none.
    """

    by_key_id: dict[str, PortalFile]
    skipped: tuple[SkippedFile, ...] = ()


def read_portal_files(paths: Iterable[Path]) -> PortalFiles:
    """Read the keys that files hold.

    Args:
        paths: Files; or folders, of which each ``*.json`` is meant that holds a key.

    Raises:
        FileNotUnderstood: One that was named cannot be read, or two hold another secret of the
            same key.
    """
    files: dict[str, PortalFile] = {}
    skipped: list[SkippedFile] = []
    for path in paths:
        if path.is_dir():
            inside = [_read(each) for each in _list(path)]
            skipped.extend(each for each in inside if isinstance(each, SkippedFile))
            found = [each for each in inside if isinstance(each, PortalFile)]
        else:
            found = [_require(_read(path))]
        for file in found:
            other = files.setdefault(file.key_id, file)
            if other.secret != file.secret:
                raise FileNotUnderstood(
                    f"{other.path} and {file.path} hold two secrets of the key {file.key_id}.",
                    hint="Name only the one that is in use.",
                )
    return PortalFiles(files, tuple(skipped))


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() == ".json")
    except OSError as error:
        problem = f"{folder} cannot be read: {error.strerror}."
    raise FileNotUnderstood(problem, hint="Name a folder that you may read.")


def _require(read: PortalFile | SkippedFile) -> PortalFile:
    if isinstance(read, PortalFile):
        return read
    raise FileNotUnderstood(
        f"{read.path} {read.reason}",
        hint='Name files of {"key_id": ..., "key_secret": ...} only.',
    )


def _read(path: Path) -> PortalFile | SkippedFile:
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            return SkippedFile(path, "is too large to hold a key.")
        # A marker of the byte order, which Windows writes, says what else than UTF-8 it is.
        key = _Content.model_validate(json.loads(content))
    except OSError as error:
        return SkippedFile(path, f"cannot be read: {error.strerror}.")
    except (ValueError, RecursionError):  # pydantic's, JSON's and UTF-8's
        return SkippedFile(path, "does not hold a key.")
    return PortalFile(path, key.key_id, key.key_secret)
