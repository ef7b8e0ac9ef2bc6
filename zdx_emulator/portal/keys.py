"""Keys as the page shows them."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum

from zdx_emulator.catalog import ROLES, ZSCALER_APIS
from zdx_emulator.models import ApiClient
from zdx_emulator.portal.owner import Description, read_description
from zdx_emulator.store import StoredClient, StoredSecret

_SOON = timedelta(days=30)

ZDX_ROLES = {id_: role.name for id_, role in ROLES.items() if role.service == "ZDX"}
"""The roles to choose from: names by scope id."""


class Validity(Enum):
    """How it stands with a secret."""

    GOOD = "good"
    ENDING = "ending"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Expiry:
    """When a secret ends, seen from now."""

    at: datetime
    now: datetime

    @property
    def validity(self) -> Validity:
        """Tells whether it has ended, or will within 30 days."""
        if self.at <= self.now:
            return Validity.EXPIRED
        return Validity.ENDING if self.at - self.now <= _SOON else Validity.GOOD

    @property
    def words(self) -> str:
        """Says it as a person would."""
        days = (self.at - self.now).days
        if self.validity is Validity.EXPIRED:
            return "expired"
        return f"in {days} {'day' if days == 1 else 'days'}" if days else "today"


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
        role_id: The scope id of its ZDX role; None where it has none.
        expiry: When the last of its secrets ends; None where it has none.
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
        """Returns the name of its ZDX role."""
        return ZDX_ROLES[self.role_id] if self.role_id else None


def key_of(stored: StoredClient, *, now: int) -> Key:
    """Makes of a client what the page shows; `now` in epoch seconds."""
    client = stored.client
    return Key(
        id=client.id,
        name=client.name,
        enabled=client.status,
        role_id=_zdx_role_id(client),
        description=read_description(client.description),
        created_by=stored.created_by,
        created=_utc(stored.created_at),
        updated=_utc(stored.updated_at),
        expiry=None if stored.expires_at is None else Expiry(_utc(stored.expires_at), _utc(now)),
    )


def secret_of(stored: StoredSecret, *, now: int) -> Secret:
    """Makes of a secret what the page shows; `now` in epoch seconds."""
    return Secret(stored.id, _utc(stored.created_at), Expiry(_utc(stored.expires_at), _utc(now)))


def _zdx_role_id(client: ApiClient) -> str | None:
    held = (
        scope.id
        for resource in client.client_resources
        if resource.id == ZSCALER_APIS.id
        for scope in resource.selected_scopes
    )
    return next((id_ for id_ in held if id_ in ZDX_ROLES), None)


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
