"""A private key in the forms in which people set it, and what is set by mistake."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from zdx_provider.errors import SettingsError
from zdx_provider.text import decode_base64, find_pem_blocks

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_LARGEST_FILE = 64 * 1024
_LONGEST_PATH = 1024
_DER_SEQUENCE = 0x30
_USABLE = "an RSA or EC P-256 private key"
_SET_AGAIN = f"Set the whole content of the file of {_USABLE}, without a passphrase."
_LABELS_OF_DER = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")
_OTHER_BLOCKS = {
    "PUBLIC KEY": "a public key",
    "RSA PUBLIC KEY": "a public key",
    "CERTIFICATE": "a certificate",
    "CERTIFICATE REQUEST": "a certificate request",
    "DSA PRIVATE KEY": "a DSA key",
}


@dataclass(frozen=True)
class SigningKey:
    """A private key, and how it signs.

    Attributes:
        pem: The key in PEM form (PKCS #8).
        algorithm: Its algorithm in a JWT (RFC 7518): `RS256` or `ES256`.
        key_id: Its `kid`, which a JWK can have; empty where there is none.
    """

    pem: str = field(repr=False)
    algorithm: str
    key_id: str = ""


def _build_error(problem: str, hint: str = _SET_AGAIN) -> SettingsError:
    return SettingsError(problem, hint=hint, field="private_key")


def parse_private_key(text: str) -> SigningKey:
    r"""Read an RSA or EC P-256 private key, however it was set.

    Args:
        text: PEM, also on one line with blanks or ``\n`` for line breaks; either that or DER in
            base64; a JWK; or the path of a file that holds the key, as zscaler-sdk-python has it.

    Raises:
        SettingsError: It is no such key. The message names what it is, and never shows it.
    """
    if _is_path(text):
        text = _read(text)
    for reading in (text, *_decode(text)):
        blocks = find_pem_blocks(reading.replace("\\r", "\r").replace("\\n", "\n"))
        if blocks:
            return _parse_blocks(blocks)
        if reading.lstrip().startswith("{"):
            return _parse_jwk(reading)
    der = decode_base64(text)
    if der is not None:
        return _parse_blocks([("PRIVATE KEY", base64.b64encode(der).decode())])
    if "-----BEGIN" in text:
        raise _build_error("the private key is cut off.")
    raise _build_error("the private key is not an RSA or EC P-256 key in PEM form.")


def _parse_blocks(blocks: list[tuple[str, str]]) -> SigningKey:
    """Read the one private key among the blocks of a file.

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
            f"the private key is {_OTHER_BLOCKS[label]}, not {_USABLE}.",
        )
    return _to_signing_key(_load(label, body))


def _load(label: str, body: str) -> "PrivateKeyTypes | None":
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - a secret needs none
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    letters = "".join(body.split())
    lines = [letters[start : start + 64] for start in range(0, len(letters), 64)]
    # The label matters less than the content: DER in base64 has none.
    for name in dict.fromkeys((label, *_LABELS_OF_DER)):
        pem = "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""])
        try:
            return load_pem_private_key(pem.encode(errors="replace"), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return None


def _to_signing_key(key: "PrivateKeyTypes | None", key_id: str = "") -> SigningKey:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - see _load

    if key is None:
        raise _build_error("the private key is damaged or cut off.")
    algorithm = _choose_algorithm(key)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SigningKey(pem.decode(), algorithm, key_id)


def _choose_algorithm(key: "PrivateKeyTypes") -> str:
    """Return the algorithm with which ZIdentity accepts signatures of a key.

    Raises:
        SettingsError: There is none; the vendor's "Getting Started" with OneAPI has two.
    """
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519  # noqa: PLC0415 - see _load
    from cryptography.hazmat.primitives.asymmetric.ec import (  # noqa: PLC0415
        SECP256R1,
        EllipticCurvePrivateKey,
    )
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415

    if isinstance(key, RSAPrivateKey):
        return "RS256"
    if isinstance(key, EllipticCurvePrivateKey):
        if isinstance(key.curve, SECP256R1):
            return "ES256"
        raise _build_error(
            f"the private key is an EC key with the curve {key.curve.name}, not P-256.",
        )
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        raise _build_error(f"the private key is an Ed25519 or Ed448 key, not {_USABLE}.")
    raise _build_error(f"the private key is not {_USABLE}.")


def _parse_jwk(text: str) -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes  # noqa: PLC0415
    from jwt import algorithms  # noqa: PLC0415 - see _load
    from jwt.exceptions import InvalidKeyError  # noqa: PLC0415

    readers = {
        "RSA": algorithms.RSAAlgorithm.from_jwk,
        "EC": algorithms.ECAlgorithm.from_jwk,
        "OKP": algorithms.OKPAlgorithm.from_jwk,
    }
    try:
        members = json.loads(text)
        key, key_id = readers[members["kty"]](text), members.get("kid", "")
    except (InvalidKeyError, ValueError, TypeError, KeyError, RecursionError):
        key, key_id = None, ""
    if not isinstance(key, get_args(PrivateKeyTypes)) or not isinstance(key_id, str):
        raise _build_error(
            f"the private key is JSON, but not the JWK of {_USABLE}.",
        )
    return _to_signing_key(key, key_id)


def _decode(text: str) -> Iterator[str]:
    decoded = decode_base64(text)
    if decoded is not None and b"-----BEGIN" in decoded:
        yield decoded.decode("utf-8", errors="replace")


def _is_der(content: bytes) -> bool:
    """Whether bytes are one whole sequence in DER, as a key is; an EC key is as short as a path."""
    if len(content) < len(("tag", "length")) or content[0] != _DER_SEQUENCE:
        return False
    octets = content[1] & 0x7F if content[1] & 0x80 else 0
    length = int.from_bytes(content[2 : 2 + octets], "big") if octets else content[1]
    return len(content) == 2 + octets + length


def _is_path(text: str) -> bool:
    """Whether a text can be a path: PEM, JSON and the base64 of a key look otherwise."""
    if len(text) > _LONGEST_PATH or "-----" in text or "{" in text or not text.isprintable():
        return False
    if _is_der(decode_base64(text) or b""):
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
