"""How a key without a client secret authenticates: public keys, certificates or a JWKS URL.

The rules of a declaration, its comparison with the tenant, and what is sent. Nothing here sends a
request, and no message shows a value: it may be a private key.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain, count, islice
from typing import Any

from pydantic import BaseModel, ConfigDict

from zdx_provider.keys.jwks import find_broken_url
from zdx_provider.keys.public_keys import (
    BrokenRuleError,
    CertificateInfo,
    PublicKeyInfo,
    find_private_rule,
    parse_certificate,
    parse_public_key,
    sort_certificates,
    to_canonical_key,
    try_parse,
)
from zdx_provider.text import escape_text, quote_python
from zdx_provider.zidentity.models import (
    MAX_NAME_LENGTH,
    ClientAuthentication,
    ClientCertificate,
    PublicKey,
)

MAX_KEYS = 10
"""Public keys or certificates of one key. The vendor documents no limit; this is ours."""

NOT_KNOWN = object()
"""In place of a value that a preview doesn't know yet; it breaks no rule."""

_PUBKEYCERT, _JWKS = "PUBKEYCERT", "JWKS"
_WORD = re.compile(r"\w{1,40}")


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

        The name of a certificate's key is the common name of its subject.
        """
        if self.public_keys is not None:
            keys = self.public_keys.items()
            results = ((name, try_parse(parse_public_key, text)) for name, text in keys)
            return {name: key.fingerprint for name, key in results if key}
        if self.certificates is not None:
            certificates = self.read_certificates()
            return {certificate.name: certificate.fingerprint for certificate in certificates}
        return None

    @property
    def certificate_expires_at(self) -> datetime | None:
        """When the first of the certificates expires, in UTC; None without certificates."""
        return min((each.expires_at for each in self.read_certificates()), default=None)

    def read_certificates(self) -> "list[CertificateInfo]":
        """Read the certificates that can be read, each with a name that no other has."""
        results = (try_parse(parse_certificate, text) for text in self.certificates or ())
        certificates = [certificate for certificate in results if certificate]
        names = _choose_names(certificate.name for certificate in certificates)
        return [replace(each, name=name) for name, each in zip(names, certificates, strict=True)]

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


def read_authentication(found: ClientAuthentication) -> Authentication | None:
    """Return how a client authenticates without a secret; None for a client with a secret.

    A text of the tenant that can't be read is kept, escaped, so that it differs from every key
    that is declared.
    """
    if found.auth_type == "SECRET":
        return None
    keys = found.public_keys or ()
    names = _choose_names(escape_text(key.key_name) for key in keys)
    values = [to_canonical_key(key.key_value) for key in keys]
    certificates = [each.cert_content for each in found.client_certificates or ()]
    return Authentication(
        public_keys=dict(zip(names, values, strict=True)) or None,
        certificates=sort_certificates(certificates) or None,
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
        "jwks_url": find_broken_url,
    }
    for name in given:
        if members[name] is not NOT_KNOWN:
            found_rules = rules[name](members[name])
            broken |= {f"authentication.{name}{at}": rule for at, rule in found_rules.items()}
    return broken


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
    certificates = tuple(text for text in texts if isinstance(text, str))
    return Authentication(certificates=certificates).read_certificates()


# Rules


def _find_broken_keys(keys: object) -> dict[str, str]:
    if not isinstance(keys, Mapping):
        return {"": "must be a map of names to public keys"}
    broken = {}
    if not 1 <= len(keys) <= MAX_KEYS:
        broken[""] = f"must have 1 to {MAX_KEYS} keys, but has {len(keys)}"
    names: dict[str, str] = {}
    places: dict[str, str] = {}
    for name, text in islice(keys.items(), MAX_KEYS):
        rule = _find_broken_name(name, names)
        if rule:
            # The name stays out of the message: it may be a key in the wrong place.
            broken[""] = rule
            continue
        names[name.casefold()] = name
        place = quote_python(name)
        rule = _find_broken_text(text, parse_public_key, "key", place, places)
        if rule:
            broken[f"[{place}]"] = rule
    return broken


def _find_broken_name(name: object, names: Mapping[str, str]) -> str | None:
    private = find_private_rule(name)
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
    places: dict[str, str] = {}
    for at, text in enumerate(texts[:MAX_KEYS]):
        place = f"[{at}]"
        rule = _find_broken_text(text, parse_certificate, "certificate", place, places)
        if rule:
            broken[place] = rule
    return broken


def _find_broken_text(
    text: object,
    parse: Callable[[object], PublicKeyInfo | CertificateInfo],
    noun: str,
    place: str,
    places: dict[str, str],
) -> str | None:
    """Return the rule that a text breaks: it is unusable, or declared twice.

    Args:
        text: The public key or the certificate.
        parse: Reads it.
        noun: What it is.
        place: Its name or its index, as messages show it.
        places: The place of each one before it, by its PEM. This one is added.
    """
    if text is NOT_KNOWN:
        return None
    try:
        pem = parse(text).pem
    except BrokenRuleError as error:
        return str(error)
    other = places.setdefault(pem, place)
    return None if other == place else f"is the same {noun} as {other}; declare it once"


def _normalize_keys(keys: Any) -> Any:
    if not isinstance(keys, Mapping):
        return keys
    return {name: to_canonical_key(t) if isinstance(t, str) else t for name, t in keys.items()}


def _normalize_certificates(texts: Any) -> Any:
    if not isinstance(texts, (list, tuple)):
        return texts
    certificates = sort_certificates(text for text in texts if isinstance(text, str))
    return [*certificates, *(text for text in texts if not isinstance(text, str))]


def _strip(text: Any) -> Any:
    return text.strip() if isinstance(text, str) else text


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
