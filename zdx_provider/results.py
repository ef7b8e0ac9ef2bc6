"""Results of lookups: keys and roles as a program sees them, without any secret value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class RoleResult:
    """A ZDX role of the tenant.

    Attributes:
        id: The role's ID, which ``ApiKey(role=...)`` accepts too.
        name: The role's name as the ZDX portal shows it.
    """

    id: str
    name: str


@dataclass(frozen=True)
class SecretResult:
    """A secret of a key, without its value.

    Attributes:
        id: The secret's ID.
        created_at: When the secret was created: RFC 3339, UTC.
        expires_at: When the secret expires: RFC 3339, UTC.
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
    """A key in a list.

    Attributes:
        key_id: The key's ID.
        name: The key's name.
        role: The key's ZDX role as the portal shows it. Several roles, which only a manual change
            causes, are separated by commas.
        role_id: The role's ID.
        description: The key's description, without the ownership marker.
        enabled: Whether the key can obtain tokens.
        token_lifetime_seconds: The lifetime of the key's access tokens.
        managed_by: The key's owner, ``zdx-keys/prod/ci``. Empty if Pulumi doesn't manage the key.
        vanity_domain: The key's tenant.
        cloud: The Zscaler cloud of that tenant. Empty for production.
        jwks_url: The URL of the key's JWK set. None for a key of another kind.
        key_fingerprints: The fingerprint of each public key, as ``ApiKey`` has it. None for a key
            with a secret or a JWKS URL.
        certificate_expires_at: When the first certificate expires: RFC 3339, UTC. None without
            certificates.
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
    jwks_url: str | None = field(default=None, kw_only=True)
    key_fingerprints: Mapping[str, str] | None = field(default=None, kw_only=True)
    certificate_expires_at: str | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class ApiKeyResult(ApiKeySummary):
    """A key that was looked up.

    Attributes:
        secrets: The key's secrets without their values, oldest first. At most two.
    """

    secrets: tuple[SecretResult, ...]
