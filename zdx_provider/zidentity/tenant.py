"""Which tenant, and where it is reached."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from zdx_provider.errors import SettingsError

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")
_DEFAULT_CLOUDS = ("", "production")


class InvalidTenant(SettingsError):
    """A value that names no tenant, or one that is not safe to build a host from."""


@dataclass(frozen=True)
class Tenant:
    """A ZIdentity tenant.

    `vanity_domain` and `cloud` become parts of host names to which credentials are sent.
    So both are held to what Zscaler's own SDK (zscaler-oneapi-sdk-python) accepts there.

    Args:
        vanity_domain: The first label of the tenant's login host, without any dot.
        cloud: The Zscaler cloud; empty (or `production`) for the production cloud.
        api_url: Where the API is reached instead, without the path `/ziam/...`.
        token_url: The token endpoint to use instead, with its path.

    Raises:
        InvalidTenant: A value is not usable; the message names which.
    """

    vanity_domain: str
    cloud: str = ""
    api_url: str = ""
    token_url: str = ""

    def __post_init__(self) -> None:
        cloud = self.cloud.lower()
        _set(self, "vanity_domain", _dns_label("vanity domain", self.vanity_domain))
        _set(self, "cloud", "" if cloud in _DEFAULT_CLOUDS else _dns_label("cloud", cloud))
        _set(self, "api_url", _url("API URL", self.api_url or self._default_api_url()))
        _set(self, "token_url", _url("token URL", self.token_url or self._default_token_url()))

    def __str__(self) -> str:
        return f"{self.vanity_domain} (cloud {self.cloud})" if self.cloud else self.vanity_domain

    @property
    def is_half_on_loopback(self) -> bool:
        """Whether tokens come from this machine and calls go elsewhere, or the other way round."""
        return is_loopback(self.api_url) != is_loopback(self.token_url)

    def _default_api_url(self) -> str:
        match self.cloud:
            case "":
                return "https://api.zsapi.net"
            case "gov":
                return "https://api.zscalergov.net"
            case "govus":
                return "https://api.zscalergov.us"
            case cloud:
                return f"https://api.{cloud}.zsapi.net"

    def _default_token_url(self) -> str:
        match self.cloud:
            case "gov":
                domain = "zidentitygov.net"
            case "govus":
                domain = "zidentitygov.us"
            case cloud:
                domain = f"zslogin{cloud}.net"
        return f"https://{self.vanity_domain}.{domain}/oauth2/v1/token"


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _set(tenant: Tenant, field: str, value: str) -> None:
    object.__setattr__(tenant, field, value)


def _dns_label(what: str, value: str) -> str:
    label = value.lower()
    if not _DNS_LABEL.fullmatch(label):
        raise InvalidTenant(
            f'the {what} "{value}" is not one DNS label.',
            hint='Set it to at most 63 letters, digits and inner hyphens, such as "acme" of '
            "acme.zslogin.net.",
        )
    return label


def _url(what: str, value: str) -> str:
    if not _PLAIN_URL.fullmatch(value) or not _has_host_and_port(value):
        raise InvalidTenant(
            f"the {what} is not a plain URL.", hint="Set it to one like https://host/path."
        )
    if not value.startswith("https:") and not is_loopback(value):
        raise InvalidTenant(
            f"the {what} must begin with https://, because credentials are sent there.",
            hint="Only a loopback address may use http://.",
        )
    return value.rstrip("/")


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
