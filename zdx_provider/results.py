"""Results of lookups: keys and roles as a program sees them, without any secret value."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class RoleResult:
    """A ZDX role that the tenant offers.

    Attributes:
        id: The id of the ZIdentity scope that the role is; ``ApiKey(role=...)`` takes it too.
        name: Its name as the ZDX portal shows it.
    """

    id: str
    name: str


@dataclass(frozen=True)
class SecretResult:
    """A secret of a key, without its value: ZIdentity shows that once, when it is made.

    Attributes:
        id: Its id.
        created_at: When it was made: RFC 3339, UTC.
        expires_at: When ZIdentity ends it: RFC 3339, UTC.
    """

    id: str
    created_at: str
    expires_at: str

    @classmethod
    def from_moments(cls, id_: str, created_at: datetime, expires_at: datetime) -> "SecretResult":
        """Build a result from moments in UTC."""
        created, expires = (m.isoformat().replace("+00:00", "Z") for m in (created_at, expires_at))
        return cls(id_, created, expires)


@dataclass(frozen=True)
class ApiKeySummary:
    """A key as a list shows it.

    Attributes:
        key_id: Its id.
        name: Its name.
        role: Its ZDX role, as the portal shows it; several, if somebody gave it several by hand,
            are separated by commas.
        role_id: The id of the ZIdentity scope that the role is.
        description: Its description, without the mark of its owner.
        enabled: Whether it can obtain tokens.
        token_lifetime_seconds: How long those live.
        managed_by: The resource that declares it, ``zdx-keys/prod/ci``; empty if none does.
        vanity_domain: The tenant that it lives in.
        cloud: The Zscaler cloud of that tenant; empty for production.
    """

    key_id: str
    name: str
    role: str
    role_id: str
    description: str
    enabled: bool
    token_lifetime_seconds: int
    managed_by: str
    vanity_domain: str
    cloud: str


@dataclass(frozen=True)
class ApiKeyResult(ApiKeySummary):
    """A key that was looked up.

    Attributes:
        secrets: Its secrets without their values, oldest first; two at most.
    """

    secrets: tuple[SecretResult, ...]
