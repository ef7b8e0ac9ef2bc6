"""Which ZDX role a client holds, and granting it another without touching other services."""

from collections.abc import Collection, Iterable, Iterator

from zdx_provider.domain.roles import Role, service_id
from zdx_provider.zidentity import ApiClient, ApiResource, Scope


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
