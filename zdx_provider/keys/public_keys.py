"""Public keys and certificates in any of their usual encodings, and what makes one unusable.

A key is kept in one encoding: PEM, as OpenSSL writes it. Two texts of the same key are then equal,
whatever the program declares and the tenant returns. No rule shows the text that breaks it: it may
be a private key.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeVar

from zdx_provider.private_text import find_private_key
from zdx_provider.text import decode_base64, escape_text, find_pem_blocks
from zdx_provider.zidentity.models import MAX_NAME_LENGTH

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
"""Bits of an RSA key. The vendor documents no limit; these are ours."""

_LONGEST_TEXT = 64 * 1024
_LONGEST_PATH = 1024
_USABLE = f"an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits or an EC key with the curve P-256"
_EXPOSED = (
    "If the private key was in a file under version control, treat it as exposed and create "
    "another one"
)
_MAKE_PUBLIC = "Declare its public key instead: openssl pkey -in FILE -pubout"
_MAKE_PUBLIC_OF = {
    "public key": _MAKE_PUBLIC,
    "certificate": "Declare the certificate alone: openssl x509 -in FILE",
}
_PRIVATE_PEM = (
    f"contains a private key, which must stay where it was created. {_MAKE_PUBLIC}. {_EXPOSED}"
)
_PRIVATE_JWK = (
    "contains a private key, which must stay where it was created. Declare its public members "
    f"only: kty, n and e of an RSA key, or kty, crv, x and y of an EC key. {_EXPOSED}"
)
_PUBLIC_LABELS = ("PUBLIC KEY", "RSA PUBLIC KEY")
_OTHER_PLACES = {
    ("CERTIFICATE", "a public key"): (
        "is a certificate; declare it in certificates instead of public_keys"
    ),
    **dict.fromkeys(
        ((label, "a certificate") for label in _PUBLIC_LABELS),
        "is a public key; declare it in public_keys instead of certificates",
    ),
}
_OTHER_BLOCKS = {
    "CERTIFICATE REQUEST": "a certificate request",
    "NEW CERTIFICATE REQUEST": "a certificate request",
    "DSA PUBLIC KEY": "a DSA key",
    "SSH2 PUBLIC KEY": "a public key in the format of SSH",
    "DH PARAMETERS": "a set of parameters",
    "EC PARAMETERS": "a set of parameters",
}
_SSH = re.compile(r"\s*(ssh-|ecdsa-sha2-)")


@dataclass(frozen=True)
class CertificateInfo:
    """A certificate.

    Attributes:
        name: The common name of its subject.
        digest: The SHA-256 of its DER form, which identifies it.
        fingerprint: The fingerprint of its public key.
        starts_at: From when on it is valid, in UTC.
        expires_at: When it expires, in UTC.
        pem: The certificate.
    """

    name: str
    digest: str
    fingerprint: str
    starts_at: datetime
    expires_at: datetime
    pem: str


@dataclass(frozen=True)
class PublicKeyInfo:
    """A public key.

    Attributes:
        fingerprint: ``SHA256:`` and the SHA-256 of its SubjectPublicKeyInfo in DER, in hex.
        pem: The key.
    """

    fingerprint: str
    pem: str


Info = TypeVar("Info", PublicKeyInfo, CertificateInfo)


class BrokenRuleError(Exception):
    """A text is no usable key or certificate; the error's text is the rule that it breaks."""


def parse_public_key(text: object) -> PublicKeyInfo:
    """Read a public key.

    Raises:
        BrokenRuleError: It is none that can be declared.
    """
    rule = f"must be a public key in PEM or a JWK: {_USABLE}"
    text = _require_text(text, rule, "public key")
    block = _find_block(text, _PUBLIC_LABELS, "a public key")
    if block is not None:
        return _load_key(decode_base64(block) or b"")
    if _SSH.match(text):
        raise BrokenRuleError(
            "is a public key in the format of SSH. Convert it: ssh-keygen -e -m PKCS8 -f FILE.pub"
        )
    if text.lstrip().startswith(("{", "[")):
        return _load_jwk(text)
    der = decode_base64(text)
    if der is None:
        raise BrokenRuleError(f"{rule}{_advise_on_path(text)}")
    return _load_key(der)


def parse_certificate(text: object) -> CertificateInfo:
    """Read a certificate.

    Raises:
        BrokenRuleError: It is none that can be declared.
    """
    text = _require_text(text, "must be a certificate in PEM", "certificate")
    block = _find_block(text, ("CERTIFICATE",), "a certificate")
    der = decode_base64(text if block is None else block)
    if der is None and block is None:
        raise BrokenRuleError(f"must be a certificate in PEM{_advise_on_path(text)}")
    return _load_certificate(der or b"")


def _require_text(text: object, rule: str, noun: str) -> str:
    """Return a text that may be a key; a private one is refused before anything else is said."""
    if isinstance(text, (Mapping, list)) and find_private_rule(repr(text)[:_LONGEST_TEXT]):
        raise BrokenRuleError(_PRIVATE_JWK)  # a JWK that is no text
    if not isinstance(text, str) or not text.strip():
        raise BrokenRuleError(rule)
    if len(text) > _LONGEST_TEXT:
        raise BrokenRuleError(f"is too long for a {noun}")
    private = find_private_rule(text)
    if private:
        raise BrokenRuleError(private.replace(_MAKE_PUBLIC, _MAKE_PUBLIC_OF[noun]))
    return text.lstrip("\ufeff").replace("\\r", "\r").replace("\\n", "\n")


def _find_block(text: str, labels: Collection[str], noun: str) -> str | None:
    """Return the content of the one PEM block of these labels; None if the text isn't PEM.

    Raises:
        BrokenRuleError: There are several, or others, or half of one.
    """
    blocks = find_pem_blocks(text)
    own = [content for label, content in blocks if label in labels]
    others = [label for label, _ in blocks if label not in labels]
    if len(own) == 1 and (not others or noun == "a certificate"):
        return own[0]
    if own and noun == "a certificate":
        raise BrokenRuleError(
            f"contains {len(own)} certificates; declare only that of the client, without its "
            "issuers, or each as an item of the list"
        )
    for label in others:
        kind = f"is {_OTHER_BLOCKS.get(label, 'another kind of PEM')}, not {noun}"
        raise BrokenRuleError(_OTHER_PLACES.get((label, noun), kind))
    if own:
        raise BrokenRuleError(f"contains {len(own)} blocks; declare each key under its own name")
    if "-----BEGIN" in text or "-----END" in text:
        raise BrokenRuleError("is cut off: one of its lines BEGIN and END is missing")
    return None


def _advise_on_path(text: str) -> str:
    is_path = len(text) <= _LONGEST_PATH and any(each in text for each in "/\\.")
    return "; declare the content of the file, not its path" if is_path else ""


def _load_key(der: bytes) -> PublicKeyInfo:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - a secret needs none
        load_der_public_key,
    )

    try:
        key = load_der_public_key(der)
    except Exception:  # noqa: BLE001 - see _load_certificate
        key = None
    if key is None:
        raise BrokenRuleError("is damaged or cut off, or has an algorithm that is not RSA or EC")
    return _describe_key(key)


def _load_jwk(text: str) -> PublicKeyInfo:
    from jwt import algorithms  # noqa: PLC0415 - see _load_key

    readers = {"RSA": algorithms.RSAAlgorithm.from_jwk, "EC": algorithms.ECAlgorithm.from_jwk}
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    members = members if isinstance(members, dict) else {}
    if "keys" in members:
        raise BrokenRuleError(
            "is a JWK set; declare each of its keys under its own name, or a jwks_url"
        )
    if members.get("kty") == "OKP":
        raise BrokenRuleError(f"is an Ed25519 or Ed448 key, not {_USABLE}")
    try:
        key: object = readers[members["kty"]](text)
    except Exception:  # noqa: BLE001 - see _load_certificate; members have any type
        key = None
    if key is None:
        raise BrokenRuleError(f"is JSON, but not the JWK of {_USABLE}")
    return _describe_key(key)


def _describe_key(key: object) -> PublicKeyInfo:
    """Return what identifies a public key.

    Raises:
        BrokenRuleError: ZIdentity doesn't take it.
    """
    from cryptography.hazmat.primitives.asymmetric import (  # noqa: PLC0415 - see _load_key
        dsa,
        ec,
        ed448,
        ed25519,
        rsa,
    )
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    if isinstance(key, (ed25519.Ed25519PublicKey, ed448.Ed448PublicKey)):
        raise BrokenRuleError(f"is an Ed25519 or Ed448 key, not {_USABLE}")
    if isinstance(key, dsa.DSAPublicKey):
        raise BrokenRuleError(f"is a DSA key, not {_USABLE}")
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
        raise BrokenRuleError(f"is not {_USABLE}")
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise BrokenRuleError(f"is an EC key with the curve {key.curve.name}, not P-256")
    elif not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise BrokenRuleError(
            f"is an RSA key of {key.key_size} bits; it must have {MIN_RSA_BITS} to "
            f"{MAX_RSA_BITS} bits"
        )
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return PublicKeyInfo(f"SHA256:{hashlib.sha256(der).hexdigest()}", pem)


def _load_certificate(der: bytes) -> CertificateInfo:
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415 - see _load_key
    from cryptography.x509 import load_der_x509_certificate  # noqa: PLC0415

    try:
        certificate = load_der_x509_certificate(der)
        key = certificate.public_key()
        name = _read_common_name(certificate)
        starts_at, expires_at = _read_validity(certificate)
    # One of cryptography's own classes for each part, such as x509.InvalidVersion: they have no
    # class in common, and one text that can't be read must not hide all other keys of a tenant.
    except Exception:  # noqa: BLE001
        raise BrokenRuleError("is damaged or cut off") from None
    try:
        fingerprint = _describe_key(key).fingerprint
    except BrokenRuleError as error:
        raise BrokenRuleError(f"has a public key that {error}") from None
    digest = hashlib.sha256(der).hexdigest()
    pem = certificate.public_bytes(Encoding.PEM).decode()
    return CertificateInfo(name or digest[:12], digest, fingerprint, starts_at, expires_at, pem)


def _read_validity(certificate: "Certificate") -> tuple[datetime, datetime]:
    # Versions before 42 of cryptography have only the moments without a time zone.
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    moments = certificate.not_valid_before, certificate.not_valid_after
    return moments[0].replace(tzinfo=timezone.utc), moments[1].replace(tzinfo=timezone.utc)


def _read_common_name(certificate: "Certificate") -> str:
    from cryptography.x509.oid import NameOID  # noqa: PLC0415 - see _load_key

    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return escape_text(str(names[0].value))[:MAX_NAME_LENGTH].strip() if names else ""


def try_parse(parse: Callable[[object], Info], text: object) -> Info | None:
    """Return what `parse_public_key` or `parse_certificate` reads; None if it is unusable."""
    try:
        return parse(text)
    except BrokenRuleError:
        return None


def find_private_rule(text: object) -> str | None:
    """Return the rule that a text breaks by containing a private key; None if it has none."""
    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        return None
    form = find_private_key(text)
    return {"pem": _PRIVATE_PEM, "jwk": _PRIVATE_JWK}[form] if form else None


def to_canonical_key(text: str) -> str:
    """Return a public key in PEM; one that can't be read is escaped."""
    read = try_parse(parse_public_key, text)
    return read.pem if read else _keep_unreadable(text)


def _keep_unreadable(text: str) -> str:
    return "[private key]" if find_private_key(text) else escape_text(text, keep="\n\t")


def sort_certificates(texts: Iterable[str]) -> tuple[str, ...]:
    """Return certificates in PEM, in the order in which they expire; others come last."""
    read, others = [], []
    for text in texts:
        parsed = try_parse(parse_certificate, text)
        if parsed is None:
            others.append(_keep_unreadable(text))
        else:
            read.append(parsed)
    ordered = sorted(read, key=lambda each: (each.expires_at, each.digest))
    return (*(each.pem for each in ordered), *sorted(others))
