"""How a key without a client secret authenticates: public keys, certificates or a JWKS URL.

A public key or a certificate is read in any of its usual encodings, and kept in one: PEM, as
OpenSSL writes it. Two texts of the same key are then equal, whatever the program declares and the
tenant returns. Nothing here sends a request, and no message shows a value: it may be a private key.
"""

import base64
import binascii
import hashlib
import ipaddress
import json
import re
import socket
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from zdx_provider.private_text import find_private_key
from zdx_provider.text import escape_text, quote_python
from zdx_provider.zidentity.connection import is_loopback
from zdx_provider.zidentity.models import (
    MAX_NAME_LENGTH,
    ClientAuthentication,
    ClientCertificate,
    PublicKey,
)

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_KEYS = 10
"""Public keys or certificates of one key. The vendor documents no limit; this is ours."""

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
"""Bits of an RSA key. The vendor documents no limit; these are ours."""

MAX_URL_LENGTH = 1024

NOT_KNOWN = object()
"""In place of a value that a preview doesn't know yet; it breaks no rule."""

_LONGEST_TEXT = 64 * 1024
_PUBKEYCERT, _JWKS = "PUBKEYCERT", "JWKS"
_USABLE = f"an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits or an EC key with the curve P-256"
_NO_URL = "must be a URL that starts with https://"
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
# No block contains the line of another: each is read once, however many begin.
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----((?:(?!-----).)*)-----END \1-----", re.DOTALL)
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
_WORD = re.compile(r"\w{1,40}")
_SSH = re.compile(r"\s*(ssh-|ecdsa-sha2-)")
# Names that no public DNS has (RFC 6761, 6762, 7686 and 8375), and those that networks use inside.
_LOCAL_NAMES = re.compile(
    r"(?:.*\.)?(?:localhost|localdomain|localdomain6|local|internal|intranet|private|lan|home|corp"
    r"|home\.arpa|test|invalid|onion|alt)|[^.]*",
    re.IGNORECASE,
)
_IPV4_IN_IPV6 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


class Authentication(BaseModel):
    """How a key without a client secret authenticates; exactly one member is declared.

    Attributes:
        public_keys: The public keys in PEM, by name.
        certificates: The certificates in PEM.
        jwks_url: The URL of a JWK set, which ZIdentity reads.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    public_keys: dict[str, str] | None = None
    certificates: tuple[str, ...] | None = None
    jwks_url: str | None = None

    @property
    def fingerprints(self) -> dict[str, str] | None:
        """The fingerprint of each public key by name; None if only the URL knows the keys.

        It is ``SHA256:`` and the SHA-256 of the key's SubjectPublicKeyInfo in DER, in hex. The
        name of a certificate's key is the common name of its subject.
        """
        if self.public_keys is not None:
            read = {name: _try_key(text) for name, text in self.public_keys.items()}
            return {name: key.fingerprint for name, key in read.items() if key}
        if self.certificates is not None:
            found = self.read_certificates()
            return {certificate.name: certificate.fingerprint for certificate in found}
        return None

    @property
    def certificate_expires_at(self) -> datetime | None:
        """When the first of the certificates expires, in UTC; None without certificates."""
        return min((each.expires_at for each in self.read_certificates()), default=None)

    def read_certificates(self) -> "list[CertificateInfo]":
        """Read the certificates that can be read, each with a name that no other has."""
        found = [each for text in self.certificates or () if (each := _try_certificate(text))]
        names = _choose_names(each.name for each in found)
        return [replace(each, name=name) for name, each in zip(names, found, strict=True)]

    @property
    def is_known(self) -> bool:
        """Whether it says how the key authenticates; a kind that this version lacks doesn't."""
        return self != Authentication()

    def without_expired(self, now: datetime) -> "Authentication":
        """Return it without the certificates that have expired."""
        if self.certificates is None:
            return self
        expired = {each.pem for each in self.read_certificates() if each.expires_at <= now}
        kept = tuple(pem for pem in self.certificates if pem not in expired)
        return self.model_copy(update={"certificates": kept})

    def includes(self, other: "Authentication") -> bool:
        """Whether everything that another one accepts is accepted here too, under any name."""
        if not other.is_known:
            return False
        keys, certificates = set((self.public_keys or {}).values()), set(self.certificates or ())
        return (
            keys.issuperset((other.public_keys or {}).values())
            and certificates.issuperset(other.certificates or ())
            and other.jwks_url in (None, self.jwks_url)
        )

    def describe(self) -> str:
        """Name what the key authenticates with, as it follows "authenticates with"."""
        if self.public_keys:
            return _format_count("the public key", "the public keys", map(_quote, self.public_keys))
        if self.certificates:
            names = [_quote(each.name) for each in self.read_certificates()]
            return _format_count("the certificate", "the certificates", names)
        if self.jwks_url:
            return "the keys of a JWKS URL"
        return "a private key" if self.is_known else "something that this version doesn't know"

    def describe_changes(self, before: "Authentication") -> list[str]:
        """Return what is added and removed since before, as sentences without their subject."""
        if self.public_keys and before.public_keys:
            return _describe_key_changes(before.public_keys, self.public_keys)
        if self.certificates and before.certificates:
            was, now = ({c.digest: c.name for c in a.read_certificates()} for a in (before, self))
            added = [_quote(name) for digest, name in now.items() if digest not in was]
            removed = [_quote(name) for digest, name in was.items() if digest not in now]
            return _format_changes("certificate", added, removed)
        if self.jwks_url and before.jwks_url:
            return ["authenticates with the keys of another JWKS URL"]
        return [f"authenticates with {self.describe()} instead of {before.describe()}"]

    def to_client_authentication(self) -> ClientAuthentication:
        """Return what is sent to ZIdentity.

        This is the one place that decides how ``keyValue`` is encoded: in PEM, because the
        administrator's page of ZIdentity takes a ``.pem`` file. A test of zscaler-sdk-go sends the
        base64 of the DER form instead, and no document says which one is right.
        """
        if self.public_keys is not None:
            keys = (PublicKey(key_name=n, key_value=pem) for n, pem in self.public_keys.items())
            return ClientAuthentication(auth_type=_PUBKEYCERT, public_keys=tuple(keys))
        if self.certificates is not None:
            contents = (ClientCertificate(cert_content=pem) for pem in self.certificates)
            return ClientAuthentication(auth_type=_PUBKEYCERT, client_certificates=tuple(contents))
        return ClientAuthentication(auth_type=_JWKS, client_jwks_url=self.jwks_url)


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
class _KeyInfo:
    fingerprint: str
    pem: str


def read_authentication(found: ClientAuthentication) -> Authentication | None:
    """Return how a client authenticates without a secret; None for a client with a secret.

    A text of the tenant that can't be read is kept, escaped, so that it differs from every key
    that is declared.
    """
    if found.auth_type == "SECRET":
        return None
    keys = found.public_keys or ()
    names = _choose_names(escape_text(key.key_name) for key in keys)
    values = [_to_canonical_key(key.key_value) for key in keys]
    certificates = [each.cert_content for each in found.client_certificates or ()]
    return Authentication(
        public_keys=dict(zip(names, values, strict=True)) or None,
        certificates=_sort_certificates(certificates) or None,
        jwks_url=escape_text(found.client_jwks_url) if found.client_jwks_url else None,
    )


def find_broken_members(declared: object) -> dict[str, str]:
    """Return the broken rule of each part of a declared authentication.

    Args:
        declared: The input. `NOT_KNOWN` stands for what a preview doesn't know yet.

    Returns:
        The end of a sentence by its subject, such as ``authentication.public_keys["ci"]``.
    """
    if declared is NOT_KNOWN:
        return {}
    if not isinstance(declared, Mapping):
        return {"authentication": "must be an AuthenticationArgs or a dict"}
    members = {name: value for name, value in declared.items() if value is not None}
    known = Authentication.model_fields
    broken = {
        # Another name stays out of the message: it may be a key in the wrong place.
        f"authentication.{name}" if _WORD.fullmatch(str(name)) else "authentication.[...]": (
            f"does not exist; authentication has: {', '.join(known)}"
        )
        for name in members
        if name not in known
    }
    given = [name for name in known if name in members]
    if len(given) != 1 and not broken:
        found = f", but has {' and '.join(given)}" if given else ""
        broken["authentication"] = f"must have exactly one of {', '.join(known)}{found}"
    rules = {
        "public_keys": _find_broken_keys,
        "certificates": _find_broken_certificates,
        "jwks_url": _find_broken_url,
    }
    for name in given:
        if members[name] is not NOT_KNOWN:
            found_rules = rules[name](members[name])
            broken |= {f"authentication.{name}{at}": rule for at, rule in found_rules.items()}
    return broken


def find_url_rule(declared: object, *, is_tenant_local: bool) -> str | None:
    """Return the rule that the address of a JWKS URL breaks; None if it is kept.

    Args:
        declared: The input, which breaks no rule of `find_broken_members`.
        is_tenant_local: Whether the tenant is on a loopback address, as the emulator is.

    Returns:
        The end of a sentence about ``authentication.jwks_url``.
    """
    url = declared.get("jwks_url") if isinstance(declared, Mapping) else None
    if not isinstance(url, str):
        return None
    parts = urlsplit(url.strip())
    if parts.scheme != "https" and not (is_tenant_local and is_loopback(url.strip())):
        return "must start with https://"
    if not is_tenant_local and _is_local_host((parts.hostname or "").rstrip(".")):
        return "must be a public address, because ZIdentity reads it"
    return None


def normalize(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a declared authentication that breaks no rule, with its keys in one encoding.

    The certificates are in the order in which they expire. A program in another order, or with
    other line breaks, declares the same. A value that a preview doesn't know yet stays as it is.
    """
    normalizers = {
        "public_keys": _normalize_keys,
        "certificates": _normalize_certificates,
        "jwks_url": _strip,
    }
    return {
        name: normalizers[name](value)
        for name, value in declared.items()
        if name in normalizers and value is not None
    }


def list_names(declared: object) -> list[str]:
    """Return the names in a declared authentication, as messages show them."""
    keys = declared.get("public_keys") if isinstance(declared, Mapping) else None
    names = [name for name in keys if isinstance(name, str)] if isinstance(keys, Mapping) else []
    names += [each.name for each in find_certificates(declared)]
    return [shown for name in names for shown in (_quote(name), quote_python(name))]


def find_certificates(declared: object) -> "list[CertificateInfo]":
    """Return the certificates of an authentication in inputs; none if they can't be read."""
    if not isinstance(declared, Mapping):
        return []
    texts = declared.get("certificates")
    if not isinstance(texts, Sequence) or isinstance(texts, str):
        return []
    known = tuple(text for text in texts if isinstance(text, str))
    return Authentication(certificates=known).read_certificates()


# Rules


def _find_broken_keys(keys: object) -> dict[str, str]:
    if not isinstance(keys, Mapping):
        return {"": "must be a map of names to public keys"}
    broken = {}
    if not 1 <= len(keys) <= MAX_KEYS:
        broken[""] = f"must have 1 to {MAX_KEYS} keys, but has {len(keys)}"
    names: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, text in islice(keys.items(), MAX_KEYS):
        rule = _find_broken_name(name, names)
        if rule:
            # The name stays out of the message: it may be a key in the wrong place.
            broken[""] = rule
            continue
        names[name.casefold()] = name
        try:
            read = _parse_key(text) if text is not NOT_KNOWN else None
        except _BrokenRuleError as error:
            broken[f"[{quote_python(name)}]"] = str(error)
            continue
        other = found.setdefault(read.fingerprint, name) if read else name
        if other != name:
            rule = f"is the same key as {quote_python(other)}; declare it once"
            broken[f"[{quote_python(name)}]"] = rule
    return broken


def _find_broken_name(name: object, names: Mapping[str, str]) -> str | None:
    private = _find_private(name) if isinstance(name, str) and len(name) <= _LONGEST_TEXT else None
    if private:
        return f"{private}. It is in the place of a name: declare name: key"
    if (
        not isinstance(name, str)
        or not 1 <= len(name) <= MAX_NAME_LENGTH
        or name != name.strip(" ")
        or name != escape_text(name)
    ):
        return (
            f"has a name that must be 1 to {MAX_NAME_LENGTH} printable characters, without a "
            "space at the start or the end"
        )
    other = names.get(name.casefold())
    if other is not None:
        return (
            f"has the names {quote_python(other)} and {quote_python(name)}, which must differ in "
            "more than upper and lower case"
        )
    return None


def _find_broken_certificates(texts: object) -> dict[str, str]:
    if not isinstance(texts, Sequence) or isinstance(texts, str):
        return {"": "must be a list of certificates"}
    broken = {}
    if not 1 <= len(texts) <= MAX_KEYS:
        broken[""] = f"must have 1 to {MAX_KEYS} certificates, but has {len(texts)}"
    found: dict[str, int] = {}
    for at, text in enumerate(texts[:MAX_KEYS]):
        try:
            read = _parse_certificate(text) if text is not NOT_KNOWN else None
        except _BrokenRuleError as error:
            broken[f"[{at}]"] = str(error)
            continue
        other = found.setdefault(read.digest, at) if read else at
        if other != at:
            broken[f"[{at}]"] = f"is the same certificate as [{other}]; declare it once"
    return broken


def _find_broken_url(url: object) -> dict[str, str]:
    try:
        _require_url(url)
    except _BrokenRuleError as error:
        return {"": str(error)}
    return {}


def _require_url(url: object) -> None:
    if not isinstance(url, str):
        raise _BrokenRuleError(_NO_URL)
    private = _find_private(url) if len(url) <= _LONGEST_TEXT else None
    if private:
        raise _BrokenRuleError(private)
    text = url.strip()
    if not text or len(text) > MAX_URL_LENGTH or not _is_plain(text):
        raise _BrokenRuleError(
            f"must be a URL of at most {MAX_URL_LENGTH} printable ASCII characters"
        )
    try:
        parts = urlsplit(text)
        is_complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_complete = False
    if not is_complete or parts.scheme not in ("https", "http"):
        raise _BrokenRuleError(_NO_URL)
    if "%" in parts.netloc:
        raise _BrokenRuleError("must not contain % in its host")
    if parts.username is not None or parts.password is not None:
        raise _BrokenRuleError("must not contain a user name or a password")
    if "#" in text:
        raise _BrokenRuleError("must not contain a fragment")


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not any(each in text for each in ' "\\<>^`{|}')


def _is_local_host(host: str) -> bool:
    address = _parse_address(host)
    if address is not None:
        is_site_local = getattr(address, "is_site_local", False)
        return not address.is_global or address.is_multicast or is_site_local
    return _LOCAL_NAMES.fullmatch(host) is not None


def _parse_address(host: str) -> "ipaddress.IPv4Address | ipaddress.IPv6Address | None":
    """Read an IP address, also in the forms that an HTTP library would take for one."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        if not re.fullmatch(r"[0-9a-fx.]*\d[0-9a-fx.]*", host):
            return None
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))  # 127.1, 0x7f000001
        except OSError:
            return None
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if any(address in network for network in _IPV4_IN_IPV6):  # NAT64, and IPv4-compatible
        inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address


# Reading keys and certificates


class _BrokenRuleError(Exception):
    """A text is no usable key or certificate; the error's text is the rule that it breaks."""


def _parse_key(text: object) -> _KeyInfo:
    """Read a public key.

    Raises:
        _BrokenRuleError: It is none that can be declared.
    """
    text = _require_text(text, f"must be a public key in PEM or a JWK: {_USABLE}", "public key")
    block = _find_block(text, _PUBLIC_LABELS, "a public key")
    if block is not None:
        return _load_key(_from_base64(block) or b"")
    if _SSH.match(text):
        raise _BrokenRuleError(
            "is a public key in the format of SSH. Convert it: ssh-keygen -e -m PKCS8 -f FILE.pub"
        )
    if text.lstrip().startswith(("{", "[")):
        return _load_jwk(text)
    der = _from_base64(text)
    if der is None:
        rule = f"must be a public key in PEM or a JWK: {_USABLE}"
        raise _BrokenRuleError(f"{rule}{_advise_on_path(text)}")
    return _load_key(der)


def _parse_certificate(text: object) -> CertificateInfo:
    """Read a certificate.

    Raises:
        _BrokenRuleError: It is none that can be declared.
    """
    text = _require_text(text, "must be a certificate in PEM", "certificate")
    block = _find_block(text, ("CERTIFICATE",), "a certificate")
    der = _from_base64(text if block is None else block)
    if der is None and block is None:
        raise _BrokenRuleError(f"must be a certificate in PEM{_advise_on_path(text)}")
    return _load_certificate(der or b"")


def _require_text(text: object, rule: str, noun: str) -> str:
    """Return a text that may be a key; a private one is refused before anything else is said."""
    if isinstance(text, (Mapping, list)) and _find_private(repr(text)[:_LONGEST_TEXT]):
        raise _BrokenRuleError(_PRIVATE_JWK)  # a JWK that is no text
    if not isinstance(text, str) or not text.strip():
        raise _BrokenRuleError(rule)
    if len(text) > _LONGEST_TEXT:
        raise _BrokenRuleError(f"is too long for a {noun}")
    private = _find_private(text)
    if private:
        raise _BrokenRuleError(private.replace(_MAKE_PUBLIC, _MAKE_PUBLIC_OF[noun]))
    return text.lstrip("\ufeff").replace("\\r", "\r").replace("\\n", "\n")


def _find_block(text: str, labels: Collection[str], noun: str) -> str | None:
    """Return the content of the one PEM block of these labels; None if the text isn't PEM.

    Raises:
        _BrokenRuleError: There are several, or others, or half of one.
    """
    blocks = [(block[1], block[2]) for block in _PEM.finditer(text)]
    own = [content for label, content in blocks if label in labels]
    others = [label for label, _ in blocks if label not in labels]
    if len(own) == 1 and (not others or noun == "a certificate"):
        return own[0]
    if len(own) > 1 and noun == "a certificate":
        raise _BrokenRuleError(
            f"contains {len(own)} certificates; declare only that of the client, without its "
            "issuers, or each as an item of the list"
        )
    for label in others:
        raise _BrokenRuleError(_OTHER_PLACES.get((label, noun)) or _describe_label(label, noun))
    if own:
        raise _BrokenRuleError(f"contains {len(own)} blocks; declare each key under its own name")
    if "-----BEGIN" in text or "-----END" in text:
        raise _BrokenRuleError("is cut off: one of its lines BEGIN and END is missing")
    return None


def _describe_label(label: str, noun: str) -> str:
    return f"is {_OTHER_BLOCKS.get(label, 'another kind of PEM')}, not {noun}"


def _advise_on_path(text: str) -> str:
    is_path = len(text) <= MAX_URL_LENGTH and any(each in text for each in "/\\.")
    return "; declare the content of the file, not its path" if is_path else ""


def _load_key(der: bytes) -> _KeyInfo:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - a secret needs none
        load_der_public_key,
    )

    try:
        key = load_der_public_key(der)
    except Exception:  # noqa: BLE001 - see _load_certificate
        key = None
    if key is None:
        raise _BrokenRuleError("is damaged or cut off, or has an algorithm that is not RSA or EC")
    return _describe_key(key)


def _load_jwk(text: str) -> _KeyInfo:
    from jwt import algorithms  # noqa: PLC0415 - see _load_key

    readers = {"RSA": algorithms.RSAAlgorithm.from_jwk, "EC": algorithms.ECAlgorithm.from_jwk}
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        members = None
    members = members if isinstance(members, dict) else {}
    if "keys" in members:
        raise _BrokenRuleError(
            "is a JWK set; declare each of its keys under its own name, or a jwks_url"
        )
    if members.get("kty") == "OKP":
        raise _BrokenRuleError(f"is an Ed25519 or Ed448 key, not {_USABLE}")
    try:
        key: object = readers[members["kty"]](text)
    except Exception:  # noqa: BLE001 - see _load_certificate; members have any type
        key = None
    if key is None:
        raise _BrokenRuleError(f"is JSON, but not the JWK of {_USABLE}")
    return _describe_key(key)


def _describe_key(key: object) -> _KeyInfo:
    """Return what identifies a public key.

    Raises:
        _BrokenRuleError: ZIdentity doesn't take it.
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
        raise _BrokenRuleError(f"is an Ed25519 or Ed448 key, not {_USABLE}")
    if isinstance(key, dsa.DSAPublicKey):
        raise _BrokenRuleError(f"is a DSA key, not {_USABLE}")
    if not isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
        raise _BrokenRuleError(f"is not {_USABLE}")
    if isinstance(key, ec.EllipticCurvePublicKey):
        if not isinstance(key.curve, ec.SECP256R1):
            raise _BrokenRuleError(f"is an EC key with the curve {key.curve.name}, not P-256")
    elif not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise _BrokenRuleError(
            f"is an RSA key of {key.key_size} bits; it must have {MIN_RSA_BITS} to "
            f"{MAX_RSA_BITS} bits"
        )
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return _KeyInfo(f"SHA256:{hashlib.sha256(der).hexdigest()}", pem)


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
        raise _BrokenRuleError("is damaged or cut off") from None
    try:
        fingerprint = _describe_key(key).fingerprint
    except _BrokenRuleError as error:
        raise _BrokenRuleError(f"has a public key that {error}") from None
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


def _try_certificate(text: str) -> CertificateInfo | None:
    try:
        return _parse_certificate(text)
    except _BrokenRuleError:
        return None


def _try_key(text: str) -> _KeyInfo | None:
    try:
        return _parse_key(text)
    except _BrokenRuleError:
        return None


def _find_private(text: str) -> str | None:
    """Return what to say of a text that contains a private key; None if it contains none."""
    form = find_private_key(text)
    return {"pem": _PRIVATE_PEM, "jwk": _PRIVATE_JWK}[form] if form else None


def _normalize_keys(keys: Any) -> Any:
    if not isinstance(keys, Mapping):
        return keys
    return {name: _to_canonical_key(t) if isinstance(t, str) else t for name, t in keys.items()}


def _normalize_certificates(texts: Any) -> Any:
    if not isinstance(texts, (list, tuple)):
        return texts
    known = _sort_certificates(text for text in texts if isinstance(text, str))
    return [*known, *(text for text in texts if not isinstance(text, str))]


def _strip(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


def _to_canonical_key(text: str) -> str:
    read = _try_key(text)
    return read.pem if read else _keep_unreadable(text)


def _keep_unreadable(text: str) -> str:
    return "[private key]" if _find_private(text) else escape_text(text, keep="\n\t")


def _sort_certificates(texts: Iterable[str]) -> tuple[str, ...]:
    """Return certificates in PEM, in the order in which they expire; others come last."""
    read, others = [], []
    for text in texts:
        parsed = _try_certificate(text)
        if parsed is None:
            others.append(_keep_unreadable(text))
        else:
            read.append(parsed)
    ordered = sorted(read, key=lambda each: (each.expires_at, each.digest))
    return (*(each.pem for each in ordered), *sorted(others))


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


# Texts


def _choose_names(wanted: Iterable[str]) -> list[str]:
    """Number the names that are taken: a certificate and its successor have the same subject."""
    names: list[str] = []
    for name in wanted:
        numbered = chain((name,), (f"{name} #{number}" for number in count(2)))
        names.append(next(each for each in numbered if each not in names))
    return names


def _quote(name: str) -> str:
    return f'"{escape_text(name)}"'


def _format_count(one: str, several: str, items: Iterable[str]) -> str:
    listed = list(items)
    return f"{one if len(listed) == 1 else several} {', '.join(listed)}"


def _describe_key_changes(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    added = [_quote(name) for name in now if name not in was]
    removed = [_quote(name) for name in was if name not in now]
    replaced = [_quote(name) for name in now if name in was and now[name] != was[name]]
    changes = _format_changes("public key", added, removed)
    if replaced:
        changes.append(_format_count("has another public key", "has other public keys", replaced))
    return changes


def _format_changes(noun: str, added: Collection[str], removed: Collection[str]) -> list[str]:
    kinds = (("gets", added), ("loses", removed))
    return [
        f"{verb} {_format_count(f'the {noun}', f'the {noun}s', names)}"
        for verb, names in kinds
        if names
    ]
