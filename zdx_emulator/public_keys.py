"""Public keys and certificates, as API clients have registered them.

Loads cryptography, which a start of the emulator need not wait for: import it where it is used.
"""

import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate

KeyValueEncoding = Literal["pem", "der_base64"]


@dataclass(frozen=True)
class Certificate:
    """A certificate: its public key, and when it is valid, in UTC."""

    public_key: PublicKeyTypes
    not_before: datetime
    not_after: datetime

    def is_valid(self, now: int) -> bool:
        """Return whether it is valid at that time, in epoch seconds."""
        return self.not_before.timestamp() <= now <= self.not_after.timestamp()


def parse_public_key(text: str, encoding: KeyValueEncoding) -> PublicKeyTypes:
    """Return the public key of a `keyValue`.

    Args:
        text: The value.
        encoding: How it must be encoded: as PEM, or as the base64 of its DER form on one line.

    Raises:
        ValueError: It is no public key of that encoding.
    """
    try:
        if encoding == "pem":
            return load_pem_public_key(text.encode())
        return load_der_public_key(b64decode(text, validate=True))
    except Exception as error:
        raise _build_error(error) from error


def read_public_key(text: str) -> PublicKeyTypes:
    """Return the public key of a registered `keyValue`, of either encoding.

    Raises:
        ValueError: It is no public key.
    """
    return parse_public_key(text, "pem" if text.lstrip().startswith("-----") else "der_base64")


def parse_certificate(text: str) -> Certificate:
    """Return the certificate of a `certContent`, which is PEM.

    Raises:
        ValueError: It is no certificate.
    """
    try:
        certificate = load_pem_x509_certificate(text.encode())
        return Certificate(
            certificate.public_key(),
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )
    except Exception as error:
        raise _build_error(error) from error


def _build_error(error: Exception) -> ValueError:
    # The classes of cryptography, such as x509.InvalidVersion, have no class in common.
    return ValueError(str(error))


def format_public_key(key: PublicKeyTypes, encoding: KeyValueEncoding) -> str:
    """Return a public key as the `keyValue` of that encoding."""
    form = PublicFormat.SubjectPublicKeyInfo
    if encoding == "pem":
        return key.public_bytes(Encoding.PEM, form).decode()
    return b64encode(key.public_bytes(Encoding.DER, form)).decode()


def compute_fingerprint(key: PublicKeyTypes) -> str:
    """Return the SHA-256 of the key's SubjectPublicKeyInfo, in hexadecimal digits."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()
