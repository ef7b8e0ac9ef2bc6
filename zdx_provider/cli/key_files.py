"""Key files: written for their owner alone, read from the portal or from `download`."""

import errno
import json
import os
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from zdx_provider.cli.options import KeyFormat
from zdx_provider.errors import ZdxError
from zdx_provider.keys.state import KeyState
from zdx_provider.zidentity import has_known_hosts

_LARGEST = 1_000_000  # bytes; far more than any key needs

WITH_PRIVATE_KEY = "private key"
"""How a key without a secret authenticates, in a file and in JSON."""

_NOTE = "# This key authenticates with a private key. Set ZSCALER_PRIVATE_KEY to it.\n"


def require_free(file: Path) -> None:
    """Stop before a long work whose result could not be written.

    Raises:
        ZdxError: There is such a file already, or there is no such folder.
    """
    if os.path.lexists(file):
        raise _build_exists_error(file)
    if not file.parent.is_dir():
        raise _build_not_writable_error(file, os.strerror(errno.ENOENT))


def write_private(file: Path, content: SecretStr) -> None:
    """Make a file that its owner alone may read.

    Raises:
        ZdxError: It is there already, or cannot be made.
    """
    data = content.get_secret_value().encode()
    try:
        # Exclusive: neither an existing file nor a link that was put there is written through.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _build_exists_error(file) from None
    except OSError as error:
        raise _build_not_writable_error(file, error.strerror) from None
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(data)
    except OSError as error:
        file.unlink()  # half a file would be in the way of the next attempt
        raise _build_not_writable_error(file, error.strerror) from None


def _build_not_writable_error(file: Path, problem: str | None) -> ZdxError:
    return ZdxError(
        f"{file} cannot be written: {problem}.",
        hint="Choose a file in a folder that you can write to.",
    )


def _build_exists_error(file: Path) -> ZdxError:
    if file.is_dir():
        return ZdxError(f"{file} is a folder.", hint="Choose a file, which must not exist yet.")
    return ZdxError(
        f"{file} already exists and isn't overwritten.",
        hint="Remove it, or choose another file.",
    )


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    key_id: Annotated[str, Field(min_length=1)]
    key_secret: Annotated[SecretStr, Field(min_length=1)]


@dataclass(frozen=True)
class KeyFile:
    """A key in a file.

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
    """A file of a folder that holds no key, or a folder without files that could.

    Attributes:
        path: The file or the folder.
        reason: Why it is skipped, as a sentence without its subject.
    """

    path: Path
    reason: str


@dataclass(frozen=True)
class KeyFiles:
    """What was found in files.

    Attributes:
        by_key_id: The keys, by id.
        skipped: The files of folders that hold none.
    """

    by_key_id: dict[str, KeyFile]
    skipped: tuple[SkippedFile, ...] = ()


def read_key_files(paths: Iterable[Path]) -> KeyFiles:
    """Read the keys that files hold.

    Args:
        paths: Files; or folders, of which each ``*.json`` is meant that holds a key.

    Raises:
        ZdxError: One that was named cannot be read, or two hold another secret of the
            same key.
    """
    files: dict[str, KeyFile] = {}
    skipped: list[SkippedFile] = []
    for path in paths:
        if path.is_dir():
            results = [_read(each) for each in _list_json(path)]
            if not results:
                skipped.append(SkippedFile(path, "has no .json files."))
            skipped.extend(each for each in results if isinstance(each, SkippedFile))
            key_files = [each for each in results if isinstance(each, KeyFile)]
        else:
            key_files = [_require(_read(path))]
        for file in key_files:
            other = files.setdefault(file.key_id, file)
            if other.secret != file.secret:
                raise ZdxError(
                    f"{other.path} and {file.path} contain different secrets of the key "
                    f"{file.key_id}.",
                    hint="Use only the file with the secret that is in use.",
                )
    return KeyFiles(files, tuple(skipped))


def _list_json(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() == ".json")
    except OSError as error:
        problem = f"{folder} cannot be read: {error.strerror}."
    raise ZdxError(problem, hint="Choose a folder that you can read.")


def _require(read: KeyFile | SkippedFile) -> KeyFile:
    if isinstance(read, KeyFile):
        return read
    raise ZdxError(
        f"{read.path} {read.reason}",
        hint='Use only files that contain {"key_id": ..., "key_secret": ...}.',
    )


def _read(path: Path) -> KeyFile | SkippedFile:
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            return SkippedFile(path, "is too large to contain a key.")
        # A marker of the byte order, which Windows writes, says what else than UTF-8 it is.
        document = json.loads(content)
        if _is_without_secret(document):
            return SkippedFile(path, "has no secret: its key authenticates with a private key.")
        key = _Content.model_validate(document)
    except OSError as error:
        return SkippedFile(path, f"cannot be read: {error.strerror}.")
    except (ValueError, RecursionError):  # pydantic's, JSON's and UTF-8's
        return SkippedFile(path, "does not contain a key.")
    return KeyFile(path, key.key_id, key.key_secret)


def _is_without_secret(document: Any) -> bool:
    """Whether `download` wrote this file for a key without a secret."""
    return isinstance(document, dict) and document.get("authentication") == WITH_PRIVATE_KEY


def require_secret(key: KeyState) -> SecretStr:
    """Return the secret of a key.

    Raises:
        ZdxError: The state has no secret of the key.
    """
    if key.authentication is not None:
        raise ZdxError(
            f'the key "{key.name}" ({key.key_id}) authenticates with '
            f"{key.authentication.describe()}, and has no secret.",
            hint="Use --private-key with the file of its private key.",
        )
    if key.key_secret is None:
        raise ZdxError(
            f'the state has no secret of the key "{key.name}" ({key.key_id}).',
            hint="ZIdentity shows a secret only when it creates it. If the key was imported "
            "without its secret, change a value in the triggers of its rotation and run "
            "pulumi up. If the key was looked up, use the stack that manages it.",
        )
    return key.key_secret


def build_variables(key: KeyState, proof: Mapping[str, SecretStr]) -> dict[str, SecretStr]:
    """Return a key as variables that Zscaler's OneAPI tools read.

    Args:
        key: The key.
        proof: The variable with which it authenticates; none if it isn't known here.
    """
    # The vendor's tools build a host of any name, and send the secret there.
    names_cloud = key.cloud and has_known_hosts(key.cloud)
    return {
        "ZSCALER_CLIENT_ID": SecretStr(key.key_id),
        **proof,
        "ZSCALER_VANITY_DOMAIN": SecretStr(key.vanity_domain),
        **({"ZSCALER_CLOUD": SecretStr(key.cloud)} if names_cloud else {}),
    }


def build_secret_variable(key: KeyState) -> dict[str, SecretStr]:
    """Return the variable with the secret of a key.

    Raises:
        ZdxError: The state has no secret of the key.
    """
    return {"ZSCALER_CLIENT_SECRET": require_secret(key)}


def format_key(
    key: KeyState, key_format: KeyFormat, addresses: Mapping[str, str] | None = None
) -> SecretStr:
    """Return a key as the portal's own JSON, or as variables for a shell.

    A key without a secret is written without its private key, which the state doesn't have.

    Args:
        key: The key.
        key_format: The format.
        addresses: Variables with the addresses of its tenant; none for Zscaler's own.

    Raises:
        ZdxError: The state has no secret of the key.
    """
    if key_format is KeyFormat.JSON:
        return SecretStr(json.dumps(_build_document(key), indent=2) + "\n")
    if key.authentication is None:
        variables = build_variables(key, build_secret_variable(key))
        note = ""
    else:
        variables, note = build_variables(key, {}), _NOTE
    # For every shell that reads the file; it is not shown.
    texts = {**{n: value.get_secret_value() for n, value in variables.items()}, **(addresses or {})}
    lines = (f"{name}={shlex.quote(text)}\n" for name, text in texts.items())
    return SecretStr(note + "".join(lines))


def _build_document(key: KeyState) -> dict[str, str]:
    if key.authentication is None:
        return {"key_id": key.key_id, "key_secret": require_secret(key).get_secret_value()}
    return {
        "key_id": key.key_id,
        "vanity_domain": key.vanity_domain,
        **({"cloud": key.cloud} if key.cloud else {}),
        "authentication": WITH_PRIVATE_KEY,
    }
