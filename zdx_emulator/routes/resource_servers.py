"""`/ziam/admin/api/v1/resource-servers`: the roles that a client can be given."""

from fastapi import APIRouter, Request

from zdx_emulator.access import allowed_to
from zdx_emulator.catalog import RESOURCE_SERVERS, Permission
from zdx_emulator.errors import not_found
from zdx_emulator.models import Page, ResourceServer
from zdx_emulator.paging import CurrentSlice, page_of

router = APIRouter(
    prefix="/ziam/admin/api/v1/resource-servers",
    dependencies=[allowed_to(Permission.READ_CLIENTS)],
)


@router.get("", response_model_exclude_none=True)
async def list_resource_servers(request: Request, wanted: CurrentSlice) -> Page[ResourceServer]:
    """Lists the API resources with their scopes."""
    part = wanted.name_like.lower()
    named = [server for server in RESOURCE_SERVERS.values() if part in server.name.lower()]
    records = named[wanted.offset : wanted.offset + wanted.limit]
    return page_of(records, total=len(named), wanted=wanted, url=request.url)


@router.get("/{resource_server_id}", response_model_exclude_none=True)
async def get_resource_server(resource_server_id: str) -> ResourceServer:
    """Gives one API resource.

    Raises:
        ApiError: 404.
    """
    if resource_server_id not in RESOURCE_SERVERS:
        raise not_found("Resource server")
    return RESOURCE_SERVERS[resource_server_id]
