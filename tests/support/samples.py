"""Keys, clients, secrets and roles for tests that need some, whatever they are."""

from datetime import datetime, timedelta, timezone
from typing import Any

from pydantic import SecretStr

from zdx_provider.cli.state_keys import StateKey
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker, format_description
from zdx_provider.keys.owner import KEY_TYPE, Urn
from zdx_provider.keys.roles import Role
from zdx_provider.keys.state import KeyState
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientSecret,
    NewApiClientSecret,
    ResourceServer,
    Scope,
    Service,
    ServiceScopes,
    Tenant,
)

API = "api-1"
OWNER = "keys/prod/ci"
OWNERSHIP_ID = "c0ffee"
MARKER = OwnershipMarker(OWNER, OWNERSHIP_ID)
READ_ONLY = Scope(id="zdx::1", name="Role:ZDX Read-only Admin")
PLANTED = "obviously-fake-planted-secret"
DECLARED: dict[str, Any] = {
    "name": "ci",
    "role": "ZDX Read-only Admin",
    "description": "for the pipeline",
    "enabled": True,
    "token_lifetime_seconds": 3600,
    "adopt": False,
    "managed_by": OWNER,
}
"""What a program declares of one key."""

CREATED = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
EXPIRES = CREATED + timedelta(days=364)


def build_role(name: str, identifier: str = "") -> Role:
    return Role(id=identifier or f"zdx::{name}", name=name, resource_id=API)


def build_server(*scope_names: str, service: str = "ZDX") -> ResourceServer:
    scopes = tuple(Scope(id=f"zdx::{number}", name=name) for number, name in enumerate(scope_names))
    offered = ServiceScopes(service=Service(id="zdx", name=service), scopes=scopes)
    return ResourceServer(id=API, service_scopes=(offered,))


def build_client(name: str, identifier: str = "") -> ApiClient:
    return ApiClient(id=identifier or f"client-{name}", name=name)


def build_secret(
    identifier: str, created: datetime = CREATED, expires: datetime = EXPIRES
) -> ApiClientSecret:
    return ApiClientSecret(id=identifier, created_at=created, expires_at=expires)


def build_new_secret(identifier: str = "secret-1") -> NewApiClientSecret:
    return NewApiClientSecret(
        id=identifier, created_at=CREATED, expires_at=EXPIRES, value=SecretStr(PLANTED)
    )


def build_key(
    identifier: str = "key-1",
    *,
    marker: OwnershipMarker | None = MARKER,
    scopes: tuple[Scope, ...] = (READ_ONLY,),
    secrets: tuple[ApiClientSecret, ...] | None = (build_secret("secret-1"),),
    description: str = "for the pipeline",
    **members: Any,
) -> Key:
    """Build a key as a tenant has it.

    Args:
        identifier: Its ID.
        marker: Its ownership marker.
        scopes: Its scopes of ZDX.
        secrets: Its secrets, oldest first.
        description: The user's text.
        members: Other members of its API client.
    """
    remote = format_description(description, marker) if marker else description
    client = ApiClient(id=identifier, description=remote, **{"name": "ci", **members})
    return Key(client, scopes, secrets)


def build_state_key(key: Key, **outputs: Any) -> StateKey:
    """Build the key that a state of the resource keys/prod/ci has.

    Args:
        key: The key as the tenant has it.
        outputs: What the state says instead.
    """
    managed = {"secret_expires_on": EXPIRES.date().isoformat(), "key_secret": SecretStr(PLANTED)}
    known = {**managed, **outputs}
    state = KeyState.from_key(key, Tenant("acme"), None).model_copy(update=known)
    return StateKey(Urn("prod", "keys", (KEY_TYPE,), "ci"), state)
