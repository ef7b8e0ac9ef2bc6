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
from zdx_emulator.errors import NotFoundError
from zdx_emulator.models import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    ClientAuthentication,
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


class Validity(Enum):
    """How it stands with a secret."""

    GOOD = "good"
    EXPIRING = "expiring"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Expiry:
    """When a secret expires, seen from now."""

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
class Key:
    """A key; its times are UTC.

    Attributes:
        role_id: The scope id of its ZDX role; None if it has none.
        expiry: When the last of its secrets expires; None if it has none.
    """

    id: str
    name: str
    enabled: bool
    role_id: str | None
    description: Description
    created_by: str
    created: datetime
    updated: datetime
    expiry: Expiry | None

    @property
    def role(self) -> str | None:
        """The name of its ZDX role."""
        return ZDX_ROLES[self.role_id] if self.role_id else None


def build_key(stored: PortalClient, *, now: int) -> Key:
    """Create of a client what the page shows; `now` in epoch seconds."""
    client = stored.client
    return Key(
        id=client.id,
        name=client.name,
        enabled=client.status,
        role_id=_find_zdx_role_id(client),
        description=parse_description(client.description),
        created_by=stored.created_by,
        created=_to_utc(stored.created_at),
        updated=_to_utc(stored.updated_at),
        expiry=None
        if stored.expires_at is None
        else Expiry(_to_utc(stored.expires_at), _to_utc(now)),
    )


def build_secret(stored: StoredSecret, *, now: int) -> Secret:
    """Create of a secret what the page shows; `now` in epoch seconds."""
    return Secret(
        stored.id, _to_utc(stored.created_at), Expiry(_to_utc(stored.expires_at), _to_utc(now))
    )


def _find_zdx_role_id(client: ApiClient) -> str | None:
    held = (
        scope.id
        for resource in client.client_resources
        if resource.id == ZSCALER_APIS.id
        for scope in resource.selected_scopes
    )
    return next((id_ for id_ in held if id_ in ZDX_ROLES), None)


def _to_utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


@dataclass(frozen=True)
class KeyForm:
    """What was filled in.

    Attributes:
        name: The key's name, without space around it.
        role_id: The scope id of its ZDX role.
    """

    name: str = ""
    role_id: str = ""

    @property
    def errors(self) -> list["FormError"]:
        """The errors of this form."""
        name = [] if self.name else [FormError("name", "Enter a name.")]
        role = [] if self.role_id in ZDX_ROLES else [FormError("role", "Select a role.")]
        return name + role


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
    """A new key, and its secret in plain text."""

    client: ApiClient
    secret: ApiClientSecret


def create_key(tenant: Tenant, form: KeyForm) -> NewKey:
    """Create a key, with a secret of the longest lifetime.

    Args:
        tenant: The tenant.
        form: A complete form.

    Raises:
        ApiError: It breaks a rule of the tenant.
    """
    body = ApiClientRequest(
        name=form.name,
        access_token_life_time=_TOKEN_SECONDS,
        client_authentication=ClientAuthentication(auth_type="SECRET"),
        client_resources=[
            ResourceRef(id=ZSCALER_APIS.id, selected_scopes=[ScopeRef(id=form.role_id)])
        ],
    )
    client = create_client(tenant, body, created_by=PERSON)
    expires_at = tenant.clock.now() + MAX_SECONDS
    return NewKey(client, create_secret(tenant, client.id, expires_at=expires_at))


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
