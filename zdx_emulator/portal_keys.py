"""Keys as the page shows them, and what a person changes there.

A key's owner is read from the ownership marker at the end of its description,
`[pulumi <project>/<stack>/<resource> #<ownership ID>]`.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import Enum
from urllib.parse import quote

from pydantic import BaseModel

from zdx_emulator.catalog import ROLES, ZSCALER_APIS
from zdx_emulator.errors import BadRequestError, NotFoundError
from zdx_emulator.models import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    ClientAuthentication,
    ClientCertificate,
    PublicKey,
    ResourceRef,
    ScopeRef,
)
from zdx_emulator.rules import MAX_SECONDS, create_client, create_secret, replace_client
from zdx_emulator.store import PortalClient, StoredSecret
from zdx_emulator.tenant import Tenant

PERSON = "admin@example.com"

ZDX_ROLES = {id_: role.name for id_, role in ROLES.items() if role.service == "ZDX"}
"""The roles to choose from: names by scope id."""

_TOKEN_SECONDS = 3600

_SOON_DAYS = 30

_NEEDS_CREDENTIAL = "Enter the public key, the certificate or the URL."

_NEW_KEY_NAME = "portal"

_MARKER = re.compile(
    r"(?P<text>.*?) ?"
    r"\[pulumi (?P<project>[^/\[\]]+)/(?P<stack>[^/\[\]]+)/(?P<resource>[^\[\]]+) #[0-9a-z]+\]",
    re.DOTALL,
)


@dataclass(frozen=True)
class Owner:
    """The Pulumi resource that manages a key."""

    project: str
    stack: str
    resource: str


@dataclass(frozen=True)
class Description:
    """A client's description, taken apart.

    Attributes:
        text: What a person wrote.
        owner: The resource that manages the key; None if there is no ownership marker.
    """

    text: str
    owner: Owner | None


def parse_description(remote: str) -> Description:
    """Take a description apart."""
    match = _MARKER.fullmatch(remote)
    if match is None:
        return Description(remote, None)
    return Description(match["text"], Owner(match["project"], match["stack"], match["resource"]))


class Kind(Enum):
    """What a key authenticates with."""

    SECRET = "Client secret"  # noqa: S105 - no secret, a kind's name
    PUBLIC_KEY = "Public key"
    CERTIFICATE = "Certificate"
    JWKS = "JWKS URL"

    @classmethod
    def from_authentication(cls, authentication: ClientAuthentication) -> "Kind":
        """Return what a client authenticates with."""
        if authentication.auth_type == "PUBKEYCERT":
            return cls.CERTIFICATE if authentication.client_certificates else cls.PUBLIC_KEY
        return cls[authentication.auth_type]


class Validity(Enum):
    """How it stands with a secret or a certificate."""

    GOOD = "good"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Expiry:
    """When a secret or a certificate expires, seen from now."""

    at: datetime
    now: datetime

    @property
    def validity(self) -> Validity:
        """Whether it has expired, or expires within 30 days."""
        if self.at <= self.now:
            return Validity.EXPIRED
        return Validity.EXPIRING if self._days <= _SOON_DAYS else Validity.GOOD

    @property
    def text(self) -> str:
        """The expiry in words."""
        if self.validity is Validity.EXPIRED:
            return "expired"
        return {0: "today", 1: "tomorrow"}.get(self._days, f"in {self._days} days")

    @property
    def _days(self) -> int:
        # From date to date, as people count.
        return (self.at.date() - self.now.date()).days


@dataclass(frozen=True)
class Secret:
    """A secret, without its value."""

    id: str
    created: datetime
    expiry: Expiry


@dataclass(frozen=True)
class Credential:
    """A registered public key or certificate.

    Attributes:
        name: The name of a public key; empty for a certificate.
        fingerprint: The SHA-256 of its SubjectPublicKeyInfo.
        expiry: When the certificate expires; None for a public key.
    """

    name: str
    fingerprint: str
    expiry: Expiry | None


@dataclass(frozen=True)
class Key:
    """A key; its times are UTC.

    Attributes:
        role_id: The scope id of its ZDX role; None if it has none.
        kind: What it authenticates with.
        credentials: Its public keys or certificates.
        jwks_url: Where it publishes its keys; None if it doesn't.
        expiry: When the last of its secrets or the first of its certificates expires; None if it
            has none.
    """

    id: str
    name: str
    enabled: bool
    role_id: str | None
    description: Description
    created_by: str
    created: datetime
    updated: datetime
    kind: Kind
    credentials: list[Credential]
    jwks_url: str | None
    expiry: Expiry | None

    @property
    def role(self) -> str | None:
        """The name of its ZDX role."""
        return ZDX_ROLES[self.role_id] if self.role_id else None


def build_key(stored: PortalClient, *, now: int) -> Key:
    """Create of a client what the page shows; `now` in epoch seconds."""
    client = stored.client
    authentication = client.client_authentication
    kind = Kind.from_authentication(authentication)
    credentials = _list_credentials(authentication, now)
    expiries = [each.expiry for each in credentials if each.expiry]
    if kind is Kind.SECRET and stored.expires_at is not None:
        expiries = [Expiry(_to_utc(stored.expires_at), _to_utc(now))]
    return Key(
        id=client.id,
        name=client.name,
        enabled=client.status,
        role_id=_find_zdx_role_id(client),
        description=parse_description(client.description),
        created_by=stored.created_by,
        created=_to_utc(stored.created_at),
        updated=_to_utc(stored.updated_at),
        kind=kind,
        credentials=credentials,
        jwks_url=authentication.client_jwks_url,
        expiry=min(expiries, key=lambda expiry: expiry.at, default=None),
    )


def _list_credentials(authentication: ClientAuthentication, now: int) -> list[Credential]:
    if not authentication.public_keys and not authentication.client_certificates:
        return []
    from zdx_emulator import public_keys  # noqa: PLC0415 - a start need not wait for cryptography

    keys = [
        Credential(
            key.key_name,
            public_keys.compute_fingerprint(public_keys.read_public_key(key.key_value)),
            None,
        )
        for key in authentication.public_keys or ()
    ]
    certificates = [
        public_keys.parse_certificate(each.cert_content)
        for each in authentication.client_certificates or ()
    ]
    return keys + [
        Credential(
            "",
            public_keys.compute_fingerprint(certificate.public_key),
            Expiry(certificate.not_after, _to_utc(now)),
        )
        for certificate in certificates
    ]


def build_secret(stored: StoredSecret, *, now: int) -> Secret:
    """Create of a secret what the page shows; `now` in epoch seconds."""
    return Secret(
        stored.id, _to_utc(stored.created_at), Expiry(_to_utc(stored.expires_at), _to_utc(now))
    )


def _find_zdx_role_id(client: ApiClient) -> str | None:
    scope_ids = (
        scope.id
        for resource in client.client_resources
        if resource.id == ZSCALER_APIS.id
        for scope in resource.selected_scopes
    )
    return next((id_ for id_ in scope_ids if id_ in ZDX_ROLES), None)


def _to_utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


@dataclass(frozen=True)
class KeyForm:
    """What was filled in.

    Attributes:
        name: The key's name, without space around it.
        role_id: The scope id of its ZDX role.
        kind: What a new key authenticates with: the name of a `Kind`.
        credential: Its public key or certificate as PEM, or the URL of its JWKS; empty for a
            secret.
    """

    name: str = ""
    role_id: str = ""
    kind: str = Kind.SECRET.name
    credential: str = ""

    @property
    def errors(self) -> list["FormError"]:
        """The errors of this form."""
        name = [] if self.name else [FormError("name", "Enter a name.")]
        role = [] if self.role_id in ZDX_ROLES else [FormError("role", "Select a role.")]
        return name + role + self._kind_errors

    @property
    def shown_credential(self) -> str:
        """What is shown of the credential when the form comes back: never a private key."""
        return "" if "PRIVATE KEY" in self.credential else self.credential

    @property
    def _kind_errors(self) -> list["FormError"]:
        if self.kind not in Kind.__members__:
            return [FormError("kind", "Select what the key authenticates with.")]
        if (self.kind == Kind.SECRET.name) == (not self.credential):
            return []
        needed = "Leave this empty for a client secret." if self.credential else _NEEDS_CREDENTIAL
        return [FormError("credential", needed)]


@dataclass(frozen=True)
class FormError:
    """Something wrong with a form.

    Attributes:
        field: Where; None where the tenant refuses the whole.
        text: What.
    """

    field: str | None
    text: str


@dataclass(frozen=True)
class NewKey:
    """A new key, and its secret in plain text; None if it authenticates with another kind."""

    client: ApiClient
    secret: ApiClientSecret | None


def create_key(tenant: Tenant, form: KeyForm) -> NewKey:
    """Create a key; a secret gets the longest lifetime.

    Args:
        tenant: The tenant.
        form: A complete form.

    Raises:
        ApiError: It breaks a rule of the tenant.
    """
    body = ApiClientRequest(
        name=form.name,
        access_token_life_time=_TOKEN_SECONDS,
        client_authentication=_build_authentication(tenant, form),
        client_resources=[
            ResourceRef(id=ZSCALER_APIS.id, selected_scopes=[ScopeRef(id=form.role_id)])
        ],
    )
    client = create_client(tenant, body, created_by=PERSON)
    if form.kind != Kind.SECRET.name:
        return NewKey(client, None)
    expires_at = tenant.clock.now() + MAX_SECONDS
    return NewKey(client, create_secret(tenant, client.id, expires_at=expires_at))


def _build_authentication(tenant: Tenant, form: KeyForm) -> ClientAuthentication:
    kind = Kind[form.kind]
    if kind is Kind.JWKS:
        return ClientAuthentication(auth_type="JWKS", client_jwks_url=form.credential)
    if kind is Kind.CERTIFICATE:
        certificate = ClientCertificate(cert_content=form.credential)
        return ClientAuthentication(auth_type="PUBKEYCERT", client_certificates=[certificate])
    if kind is Kind.PUBLIC_KEY:
        value = _encode_public_key(tenant, form.credential)
        key = PublicKey(key_name=_NEW_KEY_NAME, key_value=value)
        return ClientAuthentication(auth_type="PUBKEYCERT", public_keys=[key])
    return ClientAuthentication(auth_type="SECRET")


def _encode_public_key(tenant: Tenant, pem: str) -> str:
    """Return a public key as this tenant stores it; a person enters PEM in any case."""
    from zdx_emulator import public_keys  # noqa: PLC0415 - a start need not wait for cryptography

    try:
        key = public_keys.parse_public_key(pem, "pem")
    except ValueError:
        raise BadRequestError("This is no public key in PEM form") from None
    return public_keys.format_public_key(key, tenant.switches.key_value_encoding)


def edit_key(tenant: Tenant, key_id: str, form: KeyForm) -> None:
    """Change the name or ZDX role of a key, and keep everything else.

    Args:
        tenant: The tenant.
        key_id: Which one.
        form: A complete form.

    Raises:
        ApiError: It breaks a rule of the tenant, or the key is gone: 404.
    """
    client = tenant.store.find_client(key_id)
    if client is None:
        raise NotFoundError("API client")
    others = [ref for ref in _to_resource_refs(client) if ref.id != ZSCALER_APIS.id]
    kept = [
        scope
        for ref in _to_resource_refs(client)
        if ref.id == ZSCALER_APIS.id
        for scope in ref.selected_scopes
        if scope.id not in ZDX_ROLES
    ]
    zscaler = ResourceRef(id=ZSCALER_APIS.id, selected_scopes=[*kept, ScopeRef(id=form.role_id)])
    body = ApiClientRequest.model_validate(
        {**client.model_dump(), "name": form.name, "client_resources": [*others, zscaler]}
    )
    replace_client(tenant, key_id, body)


def _to_resource_refs(client: ApiClient) -> list[ResourceRef]:
    return [ResourceRef.model_validate(each.model_dump()) for each in client.client_resources]


class NewSecrets:
    """New secrets that were not shown yet; each can be taken once."""

    def __init__(self) -> None:
        self._secrets: dict[str, ApiClientSecret] = {}

    def keep(self, client_id: str, secret: ApiClientSecret) -> None:
        """Keep a client's new secret."""
        self._secrets[client_id] = secret

    def take(self, client_id: str) -> ApiClientSecret | None:
        """Return a client's new secret, once."""
        return self._secrets.pop(client_id, None)


class KeyFile(BaseModel):
    """The file that the portal offers for download."""

    key_id: str
    key_secret: str

    @property
    def url(self) -> str:
        """The file as an address that needs no server, which keeps no secrets."""
        return f"data:application/json,{quote(self.model_dump_json(indent=2))}"
