"""`/ziam/admin/api/v1/api-clients`: the tenant's API clients."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from zdx_emulator.access import (
    Caller,
    CurrentTenant,
    NotYetVisible,
    allowed_to,
    is_observed,
    seen_later,
)
from zdx_emulator.catalog import Permission
from zdx_emulator.errors import not_found
from zdx_emulator.models import ApiClient, ApiClientRequest, Page
from zdx_emulator.paging import CurrentSlice, page_of
from zdx_emulator.rules import make_client, replace_client
from zdx_emulator.tenant import success_codes

MayRead = Annotated[Caller, allowed_to(Permission.READ_CLIENTS)]
MayChange = Annotated[Caller, allowed_to(Permission.CHANGE_CLIENTS)]

router = APIRouter(prefix="/ziam/admin/api/v1/api-clients")


@router.get("", response_model=Page[ApiClient], response_model_exclude_none=True)
async def list_api_clients(
    request: Request,
    tenant: CurrentTenant,
    _: MayRead,
    wanted: CurrentSlice,
    hidden: NotYetVisible,
) -> Any:
    """Lists the clients, oldest first."""
    listing = tenant.store.clients(
        wanted.name_like, offset=wanted.offset, limit=wanted.limit, without=hidden
    )
    page = page_of(listing.clients, total=listing.total, wanted=wanted, url=request.url)
    if tenant.switches.list_descriptions or is_observed(request.scope):
        return page
    shown = page.model_dump(
        by_alias=True, exclude_none=True, exclude={"records": {"__all__": {"description"}}}
    )
    return JSONResponse(shown)


@router.post("", status_code=HTTPStatus.CREATED, response_model_exclude_none=True)
async def create_api_client(
    body: ApiClientRequest,
    request: Request,
    response: Response,
    tenant: CurrentTenant,
    caller: MayChange,
) -> ApiClient:
    """Makes a client.

    Raises:
        ApiError: As `make_client`.
    """
    response.status_code = success_codes(tenant).client_made
    client = make_client(tenant, body, created_by=caller.client_id)
    seen_later(request, tenant, client.id)
    return client


@router.get("/{client_id}", response_model_exclude_none=True)
async def get_api_client(
    client_id: str, tenant: CurrentTenant, _: MayRead, hidden: NotYetVisible
) -> ApiClient:
    """Gives one client.

    Raises:
        ApiError: 404.
    """
    client = tenant.store.client(client_id)
    if client is None or client.id in hidden:
        raise not_found("API client")
    return client


@router.put("/{client_id}", response_model_exclude_none=True)
async def update_api_client(
    client_id: str, body: ApiClientRequest, tenant: CurrentTenant, _: MayChange
) -> ApiClient:
    """Replaces a client whole: what the body leaves out is gone, or at its default.

    Raises:
        ApiError: As `replace_client`.
    """
    return replace_client(tenant, client_id, body)


@router.delete("/{client_id}", status_code=HTTPStatus.NO_CONTENT)
async def remove_api_client(client_id: str, tenant: CurrentTenant, _: MayChange) -> None:
    """Removes a client, its secrets and its tokens.

    Raises:
        ApiError: 404.
    """
    if not tenant.store.remove_client(client_id):
        raise not_found("API client")
