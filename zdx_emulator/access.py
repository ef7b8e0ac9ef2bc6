"""Who calls, and what they may do: a bearer token, looked up anew at every call.

A caller's roles are those that the client has now, not those it had when the token was issued.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency

from zdx_emulator.catalog import PERMISSIONS, ROLES, Permission, Role
from zdx_emulator.errors import ApiError
from zdx_emulator.gateway import is_observed
from zdx_emulator.tenant import CurrentTenant, Tenant

_BOOTSTRAP_ROLES = frozenset({Role("ZIAM", "Super Admin")})


@dataclass(frozen=True)
class Caller:
    """The client behind a token, and its roles."""

    client_id: str
    roles: frozenset[Role]

    def may(self, permission: Permission) -> bool:
        """Tells whether one of the roles grants it."""
        return any(permission in PERMISSIONS.get(role, ()) for role in self.roles)


def _bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "A bearer token is required")
    return token


def _roles_of(tenant: Tenant, client_id: str) -> frozenset[Role]:
    if client_id == tenant.bootstrap.client_id:
        return _BOOTSTRAP_ROLES
    client = tenant.store.client(client_id)
    if client is None:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "The token's client is gone")
    return frozenset(
        ROLES[scope.id]
        for resource in client.client_resources
        for scope in resource.selected_scopes
    )


def _caller(tenant: Tenant, token: str) -> Caller:
    known = tenant.store.token(token)
    if known is None or known.expires_at <= tenant.clock.now():
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "The token is unknown or expired")
    return Caller(known.client_id, _roles_of(tenant, known.client_id))


def allowed_to(permission: Permission) -> Dependency:
    """Makes the dependency that lets pass only callers with that permission.

    Args:
        permission: What the operation asks.

    Returns:
        A dependency that gives the `Caller`; it raises `ApiError` with 401 without a valid
        token, and with 403 where the client's roles do not grant the permission.
    """
    dependency: Dependency = Depends(_guard(permission))
    return dependency


async def _hidden(request: Request, tenant: CurrentTenant) -> frozenset[str]:
    lags = tenant.switches.read_lag_ms and not is_observed(request.scope)
    return tenant.lag.hidden() if lags else frozenset()


NotYetVisible = Annotated[frozenset[str], Depends(_hidden)]
"""The ids of what the caller does not see yet."""


def _guard(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    async def guard(request: Request, tenant: CurrentTenant) -> Caller:
        caller = _caller(tenant, _bearer_token(request))
        request.state.client_id = caller.client_id
        if not caller.may(permission):
            message = f"The client's roles do not allow to {permission.value}"
            raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", message)
        return caller

    return guard


def seen_later(request: Request, tenant: Tenant, id_: str) -> None:
    """Hides something new from reads for as long as they lag; not what an observer made."""
    if not is_observed(request.scope):
        tenant.lag.hide(id_, seconds=tenant.switches.read_lag_ms / 1000)
