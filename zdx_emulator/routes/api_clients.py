"""`/ziam/admin/api/v1/api-clients`: the tenant's API clients."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Request

from zdx_emulator.access import Caller, allowed_to
from zdx_emulator.catalog import RESOURCE_SERVERS, ROLES, SCOPES
from zdx_emulator.errors import bad_request, not_found
from zdx_emulator.models import (
    ApiClient,
    ApiClientRequest,
    ClientResource,
    Page,
    ResourceRef,
    Scope,
    ScopeRef,
)
from zdx_emulator.paging import CurrentSlice, page_of
from zdx_emulator.roles import Permission
from zdx_emulator.tenant import CurrentTenant

MayRead = Annotated[Caller, allowed_to(Permission.READ_CLIENTS)]
MayChange = Annotated[Caller, allowed_to(Permission.CHANGE_CLIENTS)]

_INVALID_RESOURCES = "Invalid Input for clientResources"

router = APIRouter(prefix="/ziam/admin/api/v1/api-clients")


@router.get("", response_model_exclude_none=True)
async def list_api_clients(
    request: Request, tenant: CurrentTenant, _: MayRead, wanted: CurrentSlice
) -> Page[ApiClient]:
    """Lists the clients, oldest first."""
    listing = tenant.store.clients(wanted.name_like, offset=wanted.offset, limit=wanted.limit)
    return page_of(listing.clients, total=listing.total, wanted=wanted, url=request.url)


@router.post("", status_code=HTTPStatus.CREATED, response_model_exclude_none=True)
async def create_api_client(
    body: ApiClientRequest, tenant: CurrentTenant, caller: MayChange
) -> ApiClient:
    """Makes a client; names need not be unique.

    Raises:
        ApiError: 400 for resources or scopes that break a rule.
    """
    _check_scope_ids(body)
    client = _client(tenant.identifiers.new_id(), body)
    tenant.store.add_client(client, created_by=caller.client_id, now=tenant.clock.now())
    return client


@router.get("/{client_id}", response_model_exclude_none=True)
async def get_api_client(client_id: str, tenant: CurrentTenant, _: MayRead) -> ApiClient:
    """Gives one client.

    Raises:
        ApiError: 404.
    """
    client = tenant.store.client(client_id)
    if client is None:
        raise not_found("API client")
    return client


@router.put("/{client_id}", response_model_exclude_none=True)
async def update_api_client(
    client_id: str, body: ApiClientRequest, tenant: CurrentTenant, _: MayChange
) -> ApiClient:
    """Replaces a client whole: what the body leaves out is gone, or at its default.

    Raises:
        ApiError: 400 for resources or scopes that break a rule; 404.
    """
    client = _client(client_id, body)
    if not tenant.store.replace_client(client, now=tenant.clock.now()):
        raise not_found("API client")
    return client


@router.delete("/{client_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_api_client(client_id: str, tenant: CurrentTenant, _: MayChange) -> None:
    """Removes a client, its secrets and its tokens.

    Raises:
        ApiError: 404.
    """
    if not tenant.store.remove_client(client_id):
        raise not_found("API client")


def _client(client_id: str, body: ApiClientRequest) -> ApiClient:
    sent = body.model_dump(exclude={"client_resources", "id"})
    resources = [_resource(ref) for ref in body.client_resources]
    _check_one_scope_a_service(resources)
    return ApiClient.model_validate({**sent, "id": client_id, "client_resources": resources})


def _resource(ref: ResourceRef) -> ClientResource:
    server = RESOURCE_SERVERS.get(ref.id)
    if server is None:
        raise bad_request(_INVALID_RESOURCES)
    return ClientResource(
        id=server.id,
        name=server.name,
        default_api=server.default_api,
        selected_scopes=[_scope(scope) for scope in ref.selected_scopes],
    )


def _scope(ref: ScopeRef) -> Scope:
    found = [
        scope
        for scope in SCOPES.values()
        if (scope.id == ref.id if ref.id is not None else scope.name == ref.name)
    ]
    if len(found) != 1:
        raise bad_request(_INVALID_RESOURCES)
    return found[0]


def _check_scope_ids(body: ApiClientRequest) -> None:
    if any(scope.id is None for ref in body.client_resources for scope in ref.selected_scopes):
        raise bad_request(_INVALID_RESOURCES)


def _check_one_scope_a_service(resources: list[ClientResource]) -> None:
    services = [
        ROLES[scope.id].service for resource in resources for scope in resource.selected_scopes
    ]
    if len(services) != len(set(services)):
        raise bad_request(f"{_INVALID_RESOURCES}: one scope for each service")
