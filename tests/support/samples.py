"""Keys, clients, secrets and roles for tests that need some, whatever they are."""

from datetime import datetime, timedelta, timezone

from pydantic import SecretStr

from zdx_provider.keys.key import Key, Mark
from zdx_provider.keys.ownership import FoundKey
from zdx_provider.keys.roles import Role
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientSecret,
    NewApiClientSecret,
    ResourceServer,
    Scope,
    Service,
    ServiceScopes,
)

API = "api-1"
WHO = "keys/prod/ci"
CLAIM = "c0ffee"
PLANTED = "obviously-fake-planted-secret"
MADE = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
ENDS = MADE + timedelta(days=364)


def a_role(name: str, identifier: str = "") -> Role:
    return Role(id=identifier or f"zdx::{name}", name=name, resource_id=API)


def a_server(*scope_names: str, service: str = "ZDX") -> ResourceServer:
    scopes = tuple(Scope(id=f"zdx::{number}", name=name) for number, name in enumerate(scope_names))
    offered = ServiceScopes(service=Service(id="zdx", name=service), scopes=scopes)
    return ResourceServer(id=API, service_scopes=(offered,))


def a_client(name: str, identifier: str = "") -> ApiClient:
    return ApiClient(id=identifier or f"client-{name}", name=name)


def a_secret(identifier: str, made: datetime = MADE, ends: datetime = ENDS) -> ApiClientSecret:
    return ApiClientSecret(id=identifier, created_at=made, expires_at=ends)


def a_minted_secret(identifier: str = "secret-1") -> NewApiClientSecret:
    return NewApiClientSecret(
        id=identifier, created_at=MADE, expires_at=ENDS, value=SecretStr(PLANTED)
    )


def a_found_key(identifier: str = "key-1", mark: Mark | None = None, secrets: int = 1) -> FoundKey:
    held = tuple(a_secret(f"{identifier}-secret-{number}") for number in range(secrets))
    described = ApiClient(id=identifier, name="ci", description=str(mark or ""))
    return FoundKey(described, held)


def a_key() -> Key:
    return Key(
        id="key-1",
        name="ci",
        roles=(Scope(id="zdx::1", name="Role:ZDX Read-only Admin"),),
        description="for the pipeline",
        enabled=True,
        token_lifetime_seconds=3600,
        mark=Mark(WHO, CLAIM),
        secrets=(a_secret("secret-1"),),
    )
