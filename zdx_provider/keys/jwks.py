"""The JWK set (RFC 7517) of a key: the rules of its URL, and the keys in it."""

import ipaddress
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from zdx_provider.errors import ZdxError
from zdx_provider.keys.public_keys import (
    BrokenRuleError,
    find_private_rule,
    parse_public_key,
    try_parse,
)
from zdx_provider.private_text import find_private_key
from zdx_provider.zidentity.connection import is_loopback

_MAX_URL_LENGTH = 1024

_NO_URL = "must be a URL that starts with https://"
# Names that no public DNS has (RFC 6761, 6762, 7686 and 8375), and those that networks use inside.
_LOCAL_NAMES = re.compile(
    r"(?:.*\.)?(?:localhost|localdomain|localdomain6|local|internal|intranet|private|lan|home|corp"
    r"|home\.arpa|test|invalid|onion|alt)|[^.]*",
    re.IGNORECASE,
)
_IPV4_IN_IPV6 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


class PrivateKeyPublishedError(ZdxError):
    """A JWK set contains a private key."""


@dataclass(frozen=True)
class PublishedKey:
    """A key of a JWK set with which a client can authenticate.

    Attributes:
        key_id: Its `kid`; empty if it has none.
        fingerprint: Its fingerprint, as `PublicKeyInfo` has it.
    """

    key_id: str
    fingerprint: str


def parse_jwks(text: str) -> list[PublishedKey]:
    """Return the keys of a JWK set that ZIdentity accepts; other keys are for other uses.

    Raises:
        PrivateKeyPublishedError: It contains a private key.
        ZdxError: It can't be read.
    """
    if find_private_key(text):
        raise PrivateKeyPublishedError(
            "it contains a private key, which everyone can read.",
            hint="Publish only the public members, and replace the key.",
        )
    try:
        keys = json.loads(text)["keys"]
        members = [(str(key.get("kid", "")), json.dumps(key)) for key in keys]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise ZdxError("it is not a JWK set.") from None
    read = ((key_id, try_parse(parse_public_key, key)) for key_id, key in members)
    return [PublishedKey(key_id, key.fingerprint) for key_id, key in read if key]


def find_broken_url(url: object) -> dict[str, str]:
    """Return the rule that a declared URL breaks, at no part of it; empty if it breaks none."""
    try:
        _require_url(url)
    except BrokenRuleError as error:
        return {"": str(error)}
    return {}


def _require_url(url: object) -> None:
    if not isinstance(url, str):
        raise BrokenRuleError(_NO_URL)
    private = find_private_rule(url)
    if private:
        raise BrokenRuleError(private)
    text = url.strip()
    if not text or len(text) > _MAX_URL_LENGTH or not _is_plain(text):
        raise BrokenRuleError(
            f"must be a URL of at most {_MAX_URL_LENGTH} printable ASCII characters"
        )
    try:
        parts = urlsplit(text)
        is_complete = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_complete = False
    if not is_complete or parts.scheme not in ("https", "http"):
        raise BrokenRuleError(_NO_URL)
    if "%" in parts.netloc:
        raise BrokenRuleError("must not contain % in its host")
    if parts.username is not None or parts.password is not None:
        raise BrokenRuleError("must not contain a user name or a password")
    if "#" in text:
        raise BrokenRuleError("must not contain a fragment")


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
