"""Who sends a request, and what the sender is allowed to do.

A caller has the roles that its client has now, not those at the time of the token's creation.

Requests that another web site lets a visitor's browser send are refused. The rule is that of Go's
`net/http.CrossOriginProtection`: a browser says in `Sec-Fetch-Site` or `Origin` where a request
comes from, and a page can't change that. A client that sends neither is not a browser.

A site whose name is rebound to this machine's address counts as the same site. The `Host` header
shows its name. An address and `localhost` can't be rebound.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from starlette.types import Scope

from zdx_emulator.catalog import PERMISSIONS, ROLES, Permission, Role
from zdx_emulator.errors import ApiError
from zdx_emulator.models import OBSERVER_HEADER
from zdx_emulator.tenant import Tenant

_OBSERVERS_PREFIXES = ("/_emulator/", "/portal/")

_ADMIN_ROLES = frozenset({Role("ZIAM", "Super Admin")})

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


async def _get_tenant(request: Request) -> Tenant:
    tenant: Tenant = request.app.state.tenant
    return tenant


CurrentTenant = Annotated[Tenant, Depends(_get_tenant)]


def is_observed(scope: Scope) -> bool:
    """Return whether a request only looks at the tenant or steers it."""
    path: str = scope["path"]
    return (
        path == "/"
        or path.startswith(_OBSERVERS_PREFIXES)
        or any(name == OBSERVER_HEADER.encode() for name, _ in scope["headers"])
    )


@dataclass(frozen=True)
class Caller:
    """The client behind a token, and its roles."""

    client_id: str
    roles: frozenset[Role]

    def has_permission(self, permission: Permission) -> bool:
        """Return whether one of the roles grants it."""
        return any(permission in PERMISSIONS.get(role, ()) for role in self.roles)


def _parse_bearer_token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "A bearer token is required")
    return token


def _find_roles(tenant: Tenant, client_id: str) -> frozenset[Role]:
    if client_id == tenant.admin_client.client_id:
        return _ADMIN_ROLES
    client = tenant.store.find_client(client_id)
    if client is None and tenant.switches.tokens_outlive_client:
        client = tenant.store.find_deleted_client(client_id)
    if client is None:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "The token's client doesn't exist")
    return frozenset(
        ROLES[scope.id]
        for resource in client.client_resources
        for scope in resource.selected_scopes
    )


def _authenticate(tenant: Tenant, token: str) -> Caller:
    record = tenant.store.find_token(token)
    if record is None or record.expires_at <= tenant.clock.now():
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthorized", "The token is unknown or expired")
    return Caller(record.client_id, _find_roles(tenant, record.client_id))


def require_permission(permission: Permission) -> Dependency:
    """Create the dependency that accepts only callers with a permission.

    Args:
        permission: The permission that the operation needs.

    Returns:
        A dependency that gives the `Caller`; it raises `ApiError` with 401 without a valid
        token, and with 403 where the client's roles do not grant the permission.
    """
    dependency: Dependency = Depends(_build_guard(permission))
    return dependency


async def _list_hidden_ids(request: Request, tenant: CurrentTenant) -> frozenset[str]:
    lags = tenant.switches.read_lag_ms and not is_observed(request.scope)
    return tenant.lag.list_hidden() if lags else frozenset()


HiddenIds = Annotated[frozenset[str], Depends(_list_hidden_ids)]
"""The IDs of objects that the caller doesn't see yet."""


def _build_guard(permission: Permission) -> Callable[..., Awaitable[Caller]]:
    async def guard(request: Request, tenant: CurrentTenant) -> Caller:
        caller = _authenticate(tenant, _parse_bearer_token(request))
        request.state.client_id = caller.client_id
        if not caller.has_permission(permission):
            message = f"The client's roles don't allow it to {permission.value}"
            raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", message)
        return caller

    return guard


def hide_from_reads(request: Request, tenant: Tenant, id_: str) -> None:
    """Hide a new object from reads for the read lag, unless an observer created it."""
    if not is_observed(request.scope):
        tenant.lag.hide(id_, seconds=tenant.switches.read_lag_ms / 1000)


async def _refuse_other_site(request: Request) -> None:
    if request.method not in _SAFE_METHODS and not _is_same_site(request):
        raise ApiError(HTTPStatus.FORBIDDEN, "cross.site", "Sent by another web site")


def _is_same_site(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def is_own_host(host: str, names: Collection[str]) -> bool:
    """Return whether a `Host` header is an address, `localhost`, or one of these names."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or name in names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


SAME_SITE_ONLY = Depends(_refuse_other_site)
