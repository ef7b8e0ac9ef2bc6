"""`/ziam/admin/api/v1`: API clients, their secrets, and the roles that they can be given."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import URL

from zdx_emulator.access import (
    Caller,
    CurrentTenant,
    HiddenIds,
    hide_from_reads,
    is_observed,
    require_permission,
)
from zdx_emulator.catalog import RESOURCE_SERVERS, Permission
from zdx_emulator.errors import NotFoundError
from zdx_emulator.models import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    ApiClientSecretRequest,
    Page,
    Record,
    ResourceServer,
)
from zdx_emulator.rules import (
    create_client,
    create_secret,
    delete_client,
    replace_client,
    require_secret_type,
    to_api_secret,
)
from zdx_emulator.tenant import get_success_codes

MASK = "********"

_MAX_OFFSET = 2**31 - 1
_CLIENTS = "/api-clients"
_CLIENT = f"{_CLIENTS}/{{client_id}}"
_SECRETS = f"{_CLIENT}/secrets"
_RESOURCE_SERVERS = "/resource-servers"

Reader = Annotated[Caller, require_permission(Permission.READ_CLIENTS)]
Editor = Annotated[Caller, require_permission(Permission.CHANGE_CLIENTS)]

router = APIRouter(prefix="/ziam/admin/api/v1")


@dataclass(frozen=True)
class Slice:
    """The requested part of a list: 0 to 1000 records a page, 100 by default."""

    offset: int
    limit: int
    name_like: str


async def _parse_slice(
    offset: Annotated[int, Query(ge=0, le=_MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
    name_like: Annotated[str, Query(alias="name[like]")] = "",
) -> Slice:
    return Slice(offset, limit, name_like)


CurrentSlice = Annotated[Slice, Depends(_parse_slice)]


def build_page(records: list[Record], *, total: int, requested: Slice, url: URL) -> Page[Record]:
    """Wrap a list's records in the envelope.

    Args:
        records: The records of this page.
        total: How many records there are on all pages.
        requested: The requested part.
        url: The address of this page, on which its links are based.
    """
    following = requested.offset + requested.limit
    preceding = max(0, requested.offset - requested.limit)
    return Page(
        results_total=total,
        total_record=total,
        page_offset=requested.offset,
        page_size=requested.limit,
        next_link=_build_link(url, following) if requested.offset < following < total else None,
        prev_link=_build_link(url, preceding) if preceding < requested.offset else None,
        records=records,
    )


def _build_link(url: URL, offset: int) -> str:
    return str(url.include_query_params(offset=offset))


@router.get(_CLIENTS, response_model=Page[ApiClient], response_model_exclude_none=True)
async def list_api_clients(
    request: Request,
    tenant: CurrentTenant,
    _: Reader,
    requested: CurrentSlice,
    hidden: HiddenIds,
) -> Any:
    """List the clients, oldest first."""
    listing = tenant.store.list_clients(
        requested.name_like, offset=requested.offset, limit=requested.limit, without=hidden
    )
    page = build_page(listing.clients, total=listing.total, requested=requested, url=request.url)
    if tenant.switches.list_descriptions or is_observed(request.scope):
        return page
    document = page.model_dump(
        by_alias=True, exclude_none=True, exclude={"records": {"__all__": {"description"}}}
    )
    return JSONResponse(document)


@router.post(_CLIENTS, status_code=HTTPStatus.CREATED, response_model_exclude_none=True)
async def create_api_client(
    body: ApiClientRequest,
    request: Request,
    response: Response,
    tenant: CurrentTenant,
    caller: Editor,
) -> ApiClient:
    """Create a client.

    Raises:
        ApiError: As `create_client`.
    """
    response.status_code = get_success_codes(tenant).client_created
    client = create_client(tenant, body, created_by=caller.client_id)
    hide_from_reads(request, tenant, client.id)
    return client


@router.get(_CLIENT, response_model_exclude_none=True)
async def get_api_client(
    client_id: str, tenant: CurrentTenant, _: Reader, hidden: HiddenIds
) -> ApiClient:
    """Return one client.

    Raises:
        ApiError: 404.
    """
    client = tenant.store.find_client(client_id)
    if client is None or client.id in hidden:
        raise NotFoundError("API client")
    return client


@router.put(_CLIENT, response_model_exclude_none=True)
async def update_api_client(
    client_id: str, body: ApiClientRequest, tenant: CurrentTenant, _: Editor
) -> ApiClient:
    """Replace the whole client: members that the body lacks get their defaults.

    Raises:
        ApiError: As `replace_client`.
    """
    return replace_client(tenant, client_id, body)


@router.delete(_CLIENT, status_code=HTTPStatus.NO_CONTENT)
async def delete_api_client(client_id: str, tenant: CurrentTenant, _: Editor) -> None:
    """Delete a client, its secrets and its tokens.

    Raises:
        ApiError: 404.
    """
    if not delete_client(tenant, client_id):
        raise NotFoundError("API client")


@router.get(_SECRETS)
async def list_api_client_secrets(
    client_id: str, tenant: CurrentTenant, _: Reader, hidden: HiddenIds
) -> list[ApiClientSecret]:
    """List a client's secrets, oldest first, masked; expired ones too.

    Raises:
        ApiError: 400 for a client that authenticates with a key; 404.
    """
    if client_id in hidden:
        raise NotFoundError("API client")
    require_secret_type(tenant, client_id)
    secrets = tenant.store.list_secrets(client_id)
    return [to_api_secret(secret, MASK) for secret in secrets if secret.id not in hidden]


@router.post(_SECRETS, status_code=HTTPStatus.CREATED)
async def create_api_client_secret(
    client_id: str,
    body: ApiClientSecretRequest,
    request: Request,
    response: Response,
    tenant: CurrentTenant,
    _: Editor,
) -> ApiClientSecret:
    """Create a secret; only this response has its value.

    Raises:
        ApiError: 400 for an expiry out of bounds, or a client that authenticates with a key; 404.
    """
    response.status_code = get_success_codes(tenant).secret_created
    secret = create_secret(tenant, client_id, expires_at=body.expires_at)
    hide_from_reads(request, tenant, secret.id)
    return secret


@router.delete(f"{_SECRETS}/{{secret_id}}", status_code=HTTPStatus.NO_CONTENT)
async def delete_api_client_secret(
    client_id: str, secret_id: str, tenant: CurrentTenant, _: Editor
) -> Response:
    """Delete a secret; the response has no body.

    Raises:
        ApiError: 404.
    """
    if not tenant.store.delete_secret(client_id, secret_id):
        raise NotFoundError("Secret")
    return Response(status_code=get_success_codes(tenant).secret_deleted)


@router.get(_RESOURCE_SERVERS, response_model_exclude_none=True)
async def list_resource_servers(
    request: Request, requested: CurrentSlice, _: Reader
) -> Page[ResourceServer]:
    """List the API resources with their scopes."""
    part = requested.name_like.lower()
    named = [server for server in RESOURCE_SERVERS.values() if part in server.name.lower()]
    records = named[requested.offset : requested.offset + requested.limit]
    return build_page(records, total=len(named), requested=requested, url=request.url)


@router.get(f"{_RESOURCE_SERVERS}/{{resource_server_id}}", response_model_exclude_none=True)
async def get_resource_server(resource_server_id: str, _: Reader) -> ResourceServer:
    """Return one API resource.

    Raises:
        ApiError: 404.
    """
    if resource_server_id not in RESOURCE_SERVERS:
        raise NotFoundError("Resource server")
    return RESOURCE_SERVERS[resource_server_id]
