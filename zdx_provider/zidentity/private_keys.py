"""A private key in the forms in which people set it, and what is set by mistake."""

import base64
import binascii
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zdx_provider.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_LARGEST_FILE = 64 * 1024
_LONGEST_PATH = 1024
_SET_AGAIN = "Set the whole content of an RSA private key file without a passphrase."
_OTHER_BLOCKS = {
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "CERTIFICATE": "a certificate",
    "CERTIFICATE REQUEST": "a certificate request",
    "EC PRIVATE KEY": "an EC key",
    "DSA PRIVATE KEY": "a DSA key",
}


def _build_error(problem: str, hint: str = _SET_AGAIN) -> SettingsError:
    return SettingsError(problem, hint=hint, field="private_key")


def parse_private_key(text: str) -> str:
    r"""Read an RSA private key, however it was set.

    Args:
        text: PEM, also on one line with blanks or ``\n`` for line breaks; either that or DER in
            base64; a JWK; or the path of a file that holds the key, as zscaler-sdk-python has it.

    Returns:
        The key as PEM.

    Raises:
        SettingsError: It is no such key. The message names what it is, and never shows it.
    """
    if _is_path(text):
        text = _read(text)
    for reading in (text, *_decode(text)):
        blocks = [*_PEM.finditer(reading.replace("\\r", "\r").replace("\\n", "\n"))]
        if blocks:
            return _to_pem([(block[1], block[2]) for block in blocks])
        if reading.lstrip().startswith("{"):
            return _from_jwk(reading)
    der = _from_base64(text)
    if der is not None:
        return _to_pem([("PRIVATE KEY", base64.b64encode(der).decode())])
    if "-----BEGIN" in text:
        raise _build_error("the private key is cut off.")
    raise _build_error("the private key is not an RSA key in PEM form.")


def _to_pem(blocks: list[tuple[str, str]]) -> str:
    """The one RSA private key among the blocks of a file.

    Raises:
        SettingsError: There is none that can be used.
    """
    label, body = next((block for block in blocks if "PRIVATE KEY" in block[0]), blocks[0])
    if label == "ENCRYPTED PRIVATE KEY" or "ENCRYPTED" in body:
        raise _build_error(
            "the private key is encrypted with a passphrase.",
            hint="Remove the passphrase (openssl pkey -in FILE -out NEW-FILE), and set the new "
            "file's content.",
        )
    if label == "OPENSSH PRIVATE KEY":
        raise _build_error(
            "the private key is in OpenSSH's own format.",
            hint="Convert a copy of the file (ssh-keygen -p -N '' -m PKCS8 -f COPY), and set the "
            "copy's content.",
        )
    if label in _OTHER_BLOCKS:
        raise _build_error(
            f"the private key is {_OTHER_BLOCKS[label]}, not an RSA private key.",
        )
    return _require_rsa(_load(label, body))


def _load(label: str, body: str) -> "PrivateKeyTypes | None":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - a secret needs none
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    letters = "".join(body.split())
    lines = [letters[start : start + 64] for start in range(0, len(letters), 64)]
    # The label matters less than the content: DER in base64 has none, and any fits both kinds.
    for name in (label, "RSA PRIVATE KEY"):
        pem = "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])
        try:
            return load_pem_private_key(pem.encode(errors="replace"), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return None


def _require_rsa(key: "PrivateKeyTypes | None") -> str:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see _load
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415

    if key is None:
        raise _build_error("the private key is damaged or cut off.")
    if not isinstance(key, RSAPrivateKey):
        raise _build_error(
            "the private key is not an RSA key.",
        )
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _from_jwk(text: str) -> str:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from jwt.algorithms import RSAAlgorithm  # noqa: PLC0415 - see _load
    from jwt.exceptions import InvalidKeyError  # noqa: PLC0415

    try:
        key = RSAAlgorithm.from_jwk(text)
    except (InvalidKeyError, ValueError, TypeError, KeyError, RecursionError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise _build_error(
            "the private key is JSON, but not a private RSA JWK.",
        )
    return _require_rsa(key)


def _decode(text: str) -> Iterator[str]:
    decoded = _from_base64(text)
    if decoded is not None and b"-----BEGIN" in decoded:
        yield decoded.decode("utf-8", errors="replace")


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _is_path(text: str) -> bool:
    """Whether a text can be a path: base64 of a key is longer, and PEM and JSON look otherwise."""
    if len(text) > _LONGEST_PATH or "-----" in text or "{" in text or not text.isprintable():
        return False
    return any(each in text for each in "/\\.") or os.path.isfile(text)  # noqa: PTH113 - never raises


def _read(path: str) -> str:
    content = _read_content(path)
    if content is None:
        # The text stays out of the message: it may be a secret that was meant for another setting.
        raise _build_error(
            "the private key is neither PEM nor the path of a readable file.",
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


def _read_content(path: str) -> bytes | None:
    """What a regular file holds; None where it is none, cannot be read or is no key's size."""
    try:
        file = Path(path).expanduser()
        if not file.is_file() or file.stat().st_size > _LARGEST_FILE:
            return None
        return file.read_bytes()
    except (OSError, RuntimeError, ValueError):
        return None
