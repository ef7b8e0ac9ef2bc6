"""The JSON files that the ZDX portal and ``zdx-keys download`` give of a key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from zdx_provider.errors import ZdxError


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


def read_portal_files(paths: Iterable[Path]) -> dict[str, PortalFile]:
    """The keys that files hold, by id.

    Args:
        paths: Files; or folders, of which each ``*.json`` is meant.

    Raises:
        FileNotUnderstood: One cannot be read, or two hold another secret of the same key.
    """
    files: dict[str, PortalFile] = {}
    for path in _files(paths):
        file = _read(path)
        other = files.setdefault(file.key_id, file)
        if other.secret != file.secret:
            raise FileNotUnderstood(
                f"{other.path} and {path} hold two secrets of the key {file.key_id}.",
                hint="Name only the one that is in use.",
            )
    return files


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.glob("*.json")) if path.is_dir() else (path,)


def _read(path: Path) -> PortalFile:
    try:
        content = _Content.model_validate_json(path.read_bytes())
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}."
    except ValidationError:
        problem = f"{path} does not hold a key."
    else:
        return PortalFile(path, content.key_id, content.key_secret)
    # Raised here so that pydantic's error, which may hold the secret, is not chained to it.
    raise FileNotUnderstood(problem, hint='Name files of {"key_id": ..., "key_secret": ...} only.')
