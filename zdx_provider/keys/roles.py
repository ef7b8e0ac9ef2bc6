"""ZDX roles among ZIdentity's scopes, and the resources of a client with a role.

ZIdentity has no endpoint for ZDX roles; each role is one scope of the service named ``ZDX`` in
the response of ``GET /resource-servers`` (help.zscaler.com, "API Resources"; recorded 2026-04-14).
"""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import ApiClient, ApiResource, ResourceServer, Scope

SERVICE = "ZDX"

# Current tenants say "Role:ZDX Super Admin"; older ones, as in zscaler-sdk-python's samples,
# "zs:config:zdx.zscalerbeta.net:8061240:config:18347:ZDX Super Admin".
_SCOPE_PREFIX = re.compile(r"\A(?:Role:|zs:config:[^:]*:[^:]*:config:[^:]*:)\s*")


class RoleNotFoundError(ZdxError):
    """No role, or more than one, has the declared name."""


@dataclass(frozen=True)
class Role:
    """One ZDX role.

    Attributes:
        id: The ID of its scope, opaque and passed on verbatim.
        name: Its name as the ZDX portal shows it.
        resource_id: The ID of the API resource that a client must name beside the scope.
    """

    id: str
    name: str
    resource_id: str

    @property
    def service_id(self) -> str:
        """The ID of the ZDX service, with which every scope of it begins."""
        return parse_service_id(self.id)


def parse_service_id(scope_id: str) -> str:
    """Return the service of a scope: the first part of ``<serviceId>:<zpaScopeId>:<id>``."""
    return scope_id.partition(":")[0]


def parse_role_name(scope_name: str) -> str:
    """Return a scope's name without the prefix that ZIdentity gives it."""
    return _SCOPE_PREFIX.sub("", scope_name, count=1) if scope_name else ""


def format_role(scope: Scope) -> str:
    """Return a role's name as the ZDX portal shows it; its ID if it has no name."""
    return parse_role_name(scope.name or "") or scope.id


def format_scopes(scopes: Iterable[Scope]) -> str:
    """Return the names of scopes as a message shows them."""
    return ", ".join(f'"{scope.name or scope.id}"' for scope in scopes)


def parse_roles(servers: Iterable[ResourceServer]) -> list[Role]:
    """Return the ZDX roles that a tenant offers, in the tenant's order."""
    return [
        Role(id=scope.id, name=parse_role_name(scope.name or ""), resource_id=server.id)
        for server in servers
        for offered in server.service_scopes
        if offered.service.name == SERVICE
        for scope in offered.scopes
    ]


def find_role(wanted: str, roles: Sequence[Role]) -> Role:
    """Return the one role that a declaration means.

    Args:
        wanted: A role's name, as the portal or as ZIdentity spells it, or a scope ID.
        roles: The roles that the tenant offers.

    Returns:
        The role with that id; else the one with exactly that name; else the one whose name
        differs in case only (the vendor itself writes both "Read-only" and "Read-Only").

    Raises:
        RoleNotFoundError: None or several match. The message lists the candidates, nearest first.
    """
    name = parse_role_name(wanted)
    for matches in (
        [role for role in roles if role.id == wanted],
        [role for role in roles if role.name == name],
        [role for role in roles if role.name.casefold() == name.casefold()],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise RoleNotFoundError(
                f'"{wanted}" is the name of {len(matches)} ZDX roles.',
                hint=f"Declare one by its role ID: {_format_ids(matches)}.",
            )
    if not roles:
        raise RoleNotFoundError(
            "this tenant has no ZDX role.",
            hint="Give the provider's API client access to the service ZDX, in ZIdentity under "
            "API Resources. The tenant also needs a ZDX subscription.",
        )
    raise RoleNotFoundError(
        f'no ZDX role is named "{wanted}".',
        hint=f"The tenant has: {', '.join(_sort_by_likeness(name, roles))}. A new role appears "
        'after "Sync Now" in ZIdentity, under API Resources.',
    )


def _sort_by_likeness(name: str, roles: Sequence[Role]) -> list[str]:
    def compute_likeness(candidate: str) -> float:
        return difflib.SequenceMatcher(None, name.casefold(), candidate.casefold()).ratio()

    return sorted({role.name for role in roles}, key=lambda n: (-compute_likeness(n), n))


def _format_ids(roles: Sequence[Role]) -> str:
    return ", ".join(f'{role.id} ("{role.name}")' for role in roles)


def find_scopes(client: ApiClient, services: Collection[str]) -> Iterator[Scope]:
    """Find the scopes that a client has of some services.

    Args:
        client: The client.
        services: The IDs of the services.
    """
    for resource in client.client_resources:
        for scope in resource.selected_scopes:
            if parse_service_id(scope.id) in services:
                yield scope


def build_resources(resources: Iterable[ApiResource], role: Role) -> tuple[ApiResource, ...]:
    """Return a client's resources with a role as its only one of ZDX, all other scopes kept.

    Args:
        resources: The client's resources now.
        role: Its ZDX role; ZIdentity itself allows one scope per service.
    """
    kept = [_without_service(resource, role.service_id) for resource in resources]
    for index, resource in enumerate(kept):
        if resource.id == role.resource_id:
            scopes = (*resource.selected_scopes, Scope(id=role.id))
            kept[index] = resource.model_copy(update={"selected_scopes": scopes})
            return tuple(kept)
    return (*kept, ApiResource(id=role.resource_id, selected_scopes=(Scope(id=role.id),)))


def _without_service(resource: ApiResource, service: str) -> ApiResource:
    scopes = tuple(s for s in resource.selected_scopes if parse_service_id(s.id) != service)
    return resource.model_copy(update={"selected_scopes": scopes})
