"""ZDX roles among ZIdentity's scopes, and the resources of a client with a role.

ZIdentity has no endpoint for ZDX roles; each role is one scope of the service named ``ZDX`` in
the response of ``GET /resource-servers`` (help.zscaler.com, "API Resources"; recorded 2026-04-14).
"""

import difflib
import re
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import ApiClient, ApiResource, ResourceServer, Scope, ZIdentity

SERVICE = "ZDX"

# Current tenants say "Role:ZDX Super Admin"; older ones, as in zscaler-sdk-python's samples,
# "zs:config:zdx.zscalerbeta.net:8061240:config:18347:ZDX Super Admin".
_WIRE_PREFIX = re.compile(r"\A(?:Role:|zs:config:[^:]*:[^:]*:config:[^:]*:)\s*")


class RoleNotFound(ZdxError):
    """No role, or more than one, answers to the declared name."""


@dataclass(frozen=True)
class Role:
    """One ZDX role as a key can hold it.

    Attributes:
        id: The scope's id, opaque and passed on verbatim.
        name: The role's name as the ZDX portal shows it.
        resource_id: The id of the API resource that a client must name beside the scope.
    """

    id: str
    name: str
    resource_id: str

    @property
    def service_id(self) -> str:
        """The id of the ZDX service, which every scope of it begins with."""
        return service_id(self.id)


def service_id(scope_id: str) -> str:
    """The service of a scope: the first part of ``<serviceId>:<zpaScopeId>:<id>``."""
    return scope_id.partition(":")[0]


def service_ids(roles: Iterable[Role]) -> frozenset[str]:
    """The services that roles belong to; more than one where a tenant has ZDX several times."""
    return frozenset(role.service_id for role in roles)


def portal_name(scope_name: str) -> str:
    """A scope's name without the prefix that ZIdentity gives it."""
    return _WIRE_PREFIX.sub("", scope_name, count=1) if scope_name else ""


def offered_roles(servers: Iterable[ResourceServer]) -> list[Role]:
    """The ZDX roles that a tenant offers, in the tenant's order."""
    return [
        Role(id=scope.id, name=portal_name(scope.name or ""), resource_id=server.id)
        for server in servers
        for offered in server.service_scopes
        if offered.service.name == SERVICE
        for scope in offered.scopes
    ]


class OfferedRoles:
    """The ZDX roles that a tenant offers, for all threads of a process.

    Args:
        zidentity: The tenant.
    """

    def __init__(self, zidentity: ZIdentity) -> None:
        self._zidentity = zidentity
        self._lock = threading.Lock()
        self._known: list[Role] | None = None

    def now(self) -> list[Role]:
        """The roles as they are at the moment, in the tenant's order.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        return offered_roles(self._zidentity.resource_servers.list())

    def known(self) -> list[Role]:
        """The roles as they were when they were first needed.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        with self._lock:
            if self._known is None:
                self._known = self.now()
            return self._known


def find_role(wanted: str, roles: Sequence[Role]) -> Role:
    """The one role that a declaration means.

    Args:
        wanted: A role's name, as the portal or as ZIdentity spells it, or a scope id.
        roles: What the tenant offers.

    Returns:
        The role with that id; else the one with exactly that name; else the one whose name
        differs in case only (the vendor itself writes both "Read-only" and "Read-Only").

    Raises:
        RoleNotFound: None or several match. The message lists the candidates, nearest first.
    """
    name = portal_name(wanted)
    for matches in (
        [role for role in roles if role.id == wanted],
        [role for role in roles if role.name == name],
        [role for role in roles if role.name.casefold() == name.casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise RoleNotFound(
                f'"{wanted}" is the name of {len(matches)} ZDX roles.',
                hint=f"Declare one by its id: {_with_ids(matches)}.",
            )
    if not roles:
        raise RoleNotFound(
            "this tenant offers no ZDX role.",
            hint="The API client that the settings name must see the service ZDX under "
            "API Resources in ZIdentity, and the tenant must be subscribed to ZDX.",
        )
    raise RoleNotFound(
        f'no ZDX role is named "{wanted}".',
        hint=f"The tenant offers: {', '.join(_nearest_first(name, roles))}. A role made a "
        'moment ago appears after "Sync Now" in ZIdentity, under API Resources.',
    )


def _nearest_first(name: str, roles: Sequence[Role]) -> list[str]:
    def likeness(candidate: str) -> float:
        return difflib.SequenceMatcher(None, name.casefold(), candidate.casefold()).ratio()

    return sorted({role.name for role in roles}, key=lambda n: (-likeness(n), n))


def _with_ids(roles: Sequence[Role]) -> str:
    return ", ".join(f'{role.id} ("{role.name}")' for role in roles)


def scopes_of_services(client: ApiClient, services: Collection[str]) -> Iterator[Scope]:
    """The scopes that a client holds of some services."""
    for resource in client.client_resources:
        for scope in resource.selected_scopes:
            if service_id(scope.id) in services:
                yield scope


def scopes_of_other_services(client: ApiClient, services: Collection[str]) -> tuple[Scope, ...]:
    """The scopes that a client holds of any other service."""
    return tuple(
        scope
        for resource in client.client_resources
        for scope in resource.selected_scopes
        if service_id(scope.id) not in services
    )


def granting(resources: Iterable[ApiResource], role: Role) -> tuple[ApiResource, ...]:
    """A client's resources with that role as its only one of ZDX, all other scopes kept.

    Args:
        resources: What the client holds now.
        role: What it is to hold of ZDX; one scope a service is ZIdentity's own rule.
    """
    kept = [_without_service(resource, role.service_id) for resource in resources]
    for index, resource in enumerate(kept):
        if resource.id == role.resource_id:
            scopes = (*resource.selected_scopes, Scope(id=role.id))
            kept[index] = resource.model_copy(update={"selected_scopes": scopes})
            return tuple(kept)
    return (*kept, ApiResource(id=role.resource_id, selected_scopes=(Scope(id=role.id),)))


def _without_service(resource: ApiResource, service: str) -> ApiResource:
    scopes = tuple(s for s in resource.selected_scopes if service_id(s.id) != service)
    return resource.model_copy(update={"selected_scopes": scopes})
