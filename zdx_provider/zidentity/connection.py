"""Which tenant, how it is reached, and how the provider's API client authenticates.

Source of the credentials' fields: Zscaler OneAPI, "Getting Started", and RFC 7523 for the
assertion.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol
from urllib.parse import urlsplit
from uuid import uuid4

from zdx_provider.errors import SettingsError
from zdx_provider.stack_config import shorten
from zdx_provider.zidentity.private_keys import parse_private_key


@dataclass(frozen=True)
class ConnectionOptions:
    """How ZIdentity is reached.

    Args:
        http_proxy: URL of the proxy; empty: the one that the environment names, if any.
        max_retries: How often a failed request is retried at most. Waiting for a rate limit, within
            the budget, doesn't count.
        request_timeout: Seconds to wait for a connection, for a response, and for its whole body.
        retry_budget: Seconds after which a request is not retried any more.
    """

    http_proxy: str = field(default="", repr=False)
    max_retries: int = 5
    request_timeout: float = 60.0
    retry_budget: float = 300.0


_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")
_LOGIN_HOST = re.compile(
    r"(?:https?://)?([a-z0-9-]+)\.(?:zslogin[a-z0-9-]*\.net|zidentitygov\.(?:net|us))(?:/.*)?",
    re.IGNORECASE,
)
_PRODUCTION = "production"

AUDIENCE = "https://api.zscaler.com"
"""The documented audience of a token request, and the one of an assertion in the vendor's SDKs."""

NO_AUDIENCE = "none"
"""The audience of a token request that has none."""


class _Hosts(NamedTuple):
    api_url: str
    login_domain: str


# The clouds whose hosts the vendor's sources give (zscaler-sdk-python and zscaler-sdk-go). These
# build the hosts of any other name as well; but anyone may register a domain `zslogin<name>.net`,
# and the client ID and secret would be sent there. `alpha` is missing here: its login host does
# not follow that pattern (zscaler-oneapi-sdk-python).
_CLOUDS: Mapping[str, _Hosts] = {
    "": _Hosts("https://api.zsapi.net", "zslogin.net"),
    "beta": _Hosts("https://api.beta.zsapi.net", "zsloginbeta.net"),
    "gov": _Hosts("https://api.zscalergov.net", "zidentitygov.net"),
    "govus": _Hosts("https://api.zscalergov.us", "zidentitygov.us"),
}
# The vendor's older tools read the name of the ZIA cloud from the same variable.
_ZIA_CLOUDS = {
    "zscaler",
    "zscalerone",
    "zscalertwo",
    "zscalerthree",
    "zscalerbeta",
    "zscalergov",
    "zscalerten",
    "zscloud",
}


@dataclass(frozen=True)
class Tenant:
    """A ZIdentity tenant.

    Credentials are sent to the hosts that `vanity_domain` and `cloud` name. So both are checked
    before a host is built of them.

    Args:
        vanity_domain: The first label of the tenant's login host, without any dot.
        cloud: The Zscaler cloud; empty (or `production`) for the production cloud. A cloud that
            is not one of OneAPI's needs both URLs, and is a mere name then.
        api_url: Where the API is reached instead, without the path `/ziam/...`.
        token_url: The token endpoint to use instead, with its path.
        token_audience: The audience of a token request; `none` leaves it out, because some tenants
            refuse it (zscaler-sdk-python, issue 585); empty: the documented one.
        assertion_audience: The audience that a private key signs. The vendor's sources have two:
            `https://api.zscaler.com` (the SDKs; this one if empty) and the login host
            `https://<vanity domain>.zslogin.net` (the help page "Getting Started").

    Raises:
        SettingsError: A value is not usable; the message names which.
    """

    vanity_domain: str
    cloud: str = ""
    api_url: str = ""
    token_url: str = ""
    token_audience: str = ""
    assertion_audience: str = ""

    def __post_init__(self) -> None:
        cloud = self.cloud.lower()
        _set(self, "vanity_domain", _parse_vanity_domain(self.vanity_domain))
        _set(self, "cloud", "" if cloud == _PRODUCTION else cloud)
        if self.cloud not in _CLOUDS:
            _require_label_only(self.cloud, has_hosts=bool(self.api_url and self.token_url))
        _set(self, "api_url", _parse_url("api_url", self.api_url or _CLOUDS[self.cloud].api_url))
        _set(self, "token_url", _parse_url("token_url", self.token_url or self._build_token_url()))
        is_none = self.token_audience.lower() == NO_AUDIENCE
        audience = (
            NO_AUDIENCE if is_none else _parse_audience("token_audience", self.token_audience)
        )
        _set(self, "token_audience", audience)
        audience = _parse_audience("assertion_audience", self.assertion_audience)
        _set(self, "assertion_audience", audience)

    def __str__(self) -> str:
        return format_tenant(self.vanity_domain, self.cloud)

    @property
    def is_half_on_loopback(self) -> bool:
        """Whether tokens come from this machine and calls go elsewhere, or the other way round."""
        return is_loopback(self.api_url) != is_loopback(self.token_url)

    @property
    def custom_api_url(self) -> str:
        """The API's origin where it is not the cloud's own; else empty."""
        own = _CLOUDS.get(self.cloud)
        return "" if own and own.api_url == self.api_url else self.api_url

    @property
    def login_url(self) -> str:
        """The origin of the tenant's login host; for a cloud without one, of the token endpoint."""
        if self.cloud in _CLOUDS:
            return f"https://{self.vanity_domain}.{_CLOUDS[self.cloud].login_domain}"
        parts = urlsplit(self.token_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _build_token_url(self) -> str:
        return f"{self.login_url}/oauth2/v1/token"


def format_tenant(vanity_domain: str, cloud: str) -> str:
    """Name a tenant in a message."""
    return f"{vanity_domain} (cloud {cloud})" if cloud else vanity_domain


def has_known_hosts(cloud: str) -> bool:
    """Whether a cloud's hosts are Zscaler's, according to the vendor's sources."""
    return cloud in _CLOUDS


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _set(tenant: Tenant, field: str, value: str) -> None:
    object.__setattr__(tenant, field, value)


def _parse_vanity_domain(value: str) -> str:
    label = value.lower()
    if _DNS_LABEL.fullmatch(label):
        return label
    host = _LOGIN_HOST.fullmatch(value)
    example = f'"{host[1].lower()}"' if host else '"acme" of acme.zslogin.net'
    raise SettingsError(
        f'the vanity domain "{shorten(value)}" is not one DNS label.',
        hint=f"Set only the first part of the login host, such as {example}.",
        field="vanity_domain",
    )


def _require_label_only(cloud: str, *, has_hosts: bool) -> None:
    """Stop before a host is built of a cloud that may be anybody's domain.

    Raises:
        SettingsError: The cloud is none of OneAPI's, and the hosts are not given in full.
    """
    if has_hosts and _DNS_LABEL.fullmatch(cloud):
        return
    known = ", ".join(name for name in _CLOUDS if name)
    hint = (
        "It is the name of a ZIA cloud. Leave the cloud unset, unless the tenant's login host "
        "ends in zsloginbeta.net (beta), zidentitygov.net (gov) or zidentitygov.us (govus)."
        if cloud in _ZIA_CLOUDS
        else "Leave it unset for the production cloud. For a cloud that is not in the list, set "
        "both zdx:apiUrl and zdx:tokenUrl."
    )
    raise SettingsError(
        f'the cloud "{shorten(cloud)}" is not a Zscaler OneAPI cloud ({_PRODUCTION}, {known}). '
        "Nothing was sent.",
        hint=hint,
        field="cloud",
    )


def _parse_url(field: str, value: str) -> str:
    what = {"api_url": "the API URL", "token_url": "the token URL"}[field]
    if not _PLAIN_URL.fullmatch(value) or not _has_host_and_port(value):
        raise SettingsError(
            f"{what} is not a plain URL.", hint="Use the form https://host/path.", field=field
        )
    if not value.startswith("https:") and not is_loopback(value):
        raise SettingsError(
            f"{what} must begin with https://, because credentials are sent there.",
            hint="Only a loopback address may use http://.",
            field=field,
        )
    return value.rstrip("/")


def _parse_audience(field: str, value: str) -> str:
    if not value:
        return AUDIENCE
    if value.startswith("https://") and _PLAIN_URL.fullmatch(value) and _has_host_and_port(value):
        return value
    what, alternative = {
        "token_audience": ("token request", f' To send no audience, use "{NO_AUDIENCE}".'),
        "assertion_audience": ("assertion", ""),
    }[field]
    raise SettingsError(
        f"the audience of the {what} is not an https URL.",
        hint=f"Use the form https://host, such as {AUDIENCE}.{alternative}",
        field=field,
    )


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 600
_SHOWN_FOR_A_SECRET = "[secret]"  # noqa: S105 - what Pulumi prints instead of one
_BACKDATED_SECONDS = 30  # so that a server whose clock is a little behind accepts it too


class Credentials(Protocol):
    """What the token endpoint asks of a client.

    Attributes:
        kind: What it proves itself with, such as `private key`.
        is_dated: Whether the proof is good only by a clock that agrees with the server's.
    """

    kind: ClassVar[str]
    is_dated: ClassVar[bool]

    @property
    def client_id(self) -> str:
        """The ZIdentity API client's id."""

    def build_token_request(self, tenant: Tenant, now: float) -> dict[str, str]:
        """Give the form fields of a token request.

        Args:
            tenant: The tenant that is asked.
            now: Epoch seconds, by the server's clock.
        """


@dataclass(frozen=True)
class ClientSecret:
    """A client id and its secret.

    Raises:
        SettingsError: One of them holds a character that neither ever has.
    """

    kind: ClassVar[str] = "secret"
    is_dated: ClassVar[bool] = False

    client_id: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _require_plain("client_id", self.client_id)
        if self.secret == _SHOWN_FOR_A_SECRET:
            raise SettingsError(
                f"the client secret is {_SHOWN_FOR_A_SECRET}, which Pulumi shows instead of a "
                "secret.",
                hint="Read the secret with --show-secrets, and set it again.",
                field="client_secret",
            )
        _require_plain("client_secret", self.secret)

    def build_token_request(self, tenant: Tenant, now: float) -> dict[str, str]:  # noqa: ARG002 - a secret has no date
        """Give the form fields of a token request."""
        return _build_common_fields(tenant, self.client_id) | {"client_secret": self.secret}


@dataclass(frozen=True)
class PrivateKey:
    """A client id and the private key whose public half the client holds.

    Args:
        client_id: The ZIdentity API client's id.
        pem: An RSA or EC P-256 private key without a passphrase, in any form that
            `parse_private_key` reads. Kept as PEM.

    Attributes:
        algorithm: How it signs: `RS256` or `ES256`.
        key_id: Its `kid`, where a JWK has one: it says which of a client's keys has signed.

    Raises:
        SettingsError: `pem` is no such key.
    """

    kind: ClassVar[str] = "private key"
    is_dated: ClassVar[bool] = True

    client_id: str
    pem: str = field(repr=False)
    algorithm: str = field(init=False, repr=False)
    key_id: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _require_plain("client_id", self.client_id)
        key = parse_private_key(self.pem)
        object.__setattr__(self, "pem", key.pem)
        object.__setattr__(self, "algorithm", key.algorithm)
        object.__setattr__(self, "key_id", key.key_id)

    def build_token_request(self, tenant: Tenant, now: float) -> dict[str, str]:
        """Give the form fields of a token request, with an assertion signed for ten minutes."""
        import jwt  # noqa: PLC0415 - as cryptography: a client secret needs neither

        issued_at = int(now) - _BACKDATED_SECONDS
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": tenant.assertion_audience,
            "iat": issued_at,
            "exp": issued_at + _ASSERTION_SECONDS,
            "jti": uuid4().hex,
        }
        headers = {"kid": self.key_id} if self.key_id else None
        return _build_common_fields(tenant, self.client_id) | {
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": jwt.encode(claims, self.pem, self.algorithm, headers),
        }


def _build_common_fields(tenant: Tenant, client_id: str) -> dict[str, str]:
    fields = {"grant_type": "client_credentials", "client_id": client_id}
    if tenant.token_audience == NO_AUDIENCE:
        return fields
    return fields | {"audience": tenant.token_audience}


def _require_plain(field: str, value: str) -> None:
    if any(each.isspace() or not each.isprintable() for each in value):
        raise SettingsError(
            f"the {field.replace('_', ' ')} contains a space, a line break or an invisible "
            "character.",
            hint="Copy it again without these characters.",
            field=field,
        )
