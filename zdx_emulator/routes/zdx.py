"""`/zdx/v1`: a few read operations, so that a key can be used."""

from typing import Annotated

from fastapi import APIRouter, Query

from zdx_emulator import zdx_data
from zdx_emulator.access import allowed_to
from zdx_emulator.catalog import Permission
from zdx_emulator.errors import not_found
from zdx_emulator.zdx_models import (
    AppDetail,
    Department,
    DeviceDetail,
    GetDeviceResponse,
    ZSLocation,
)

router = APIRouter(prefix="/zdx/v1")


@router.get("/administration/departments", dependencies=[allowed_to(Permission.READ_ORGANIZATION)])
async def list_departments(q: Annotated[str, Query()] = "") -> list[Department]:
    """Lists the departments whose name contains `q`."""
    return [each for each in zdx_data.DEPARTMENTS if q.lower() in each.name.lower()]


@router.get("/administration/locations", dependencies=[allowed_to(Permission.READ_ORGANIZATION)])
async def list_locations(q: Annotated[str, Query()] = "") -> list[ZSLocation]:
    """Lists the locations whose name contains `q`."""
    return [each for each in zdx_data.LOCATIONS if q.lower() in each.name.lower()]


@router.get("/apps", dependencies=[allowed_to(Permission.READ_APPLICATIONS)])
async def list_applications() -> list[AppDetail]:
    """Lists the applications with their scores."""
    return zdx_data.APPLICATIONS


@router.get("/devices", dependencies=[allowed_to(Permission.READ_DEVICES)])
async def list_devices() -> GetDeviceResponse:
    """Lists the devices, all on one page."""
    return GetDeviceResponse(devices=zdx_data.DEVICES)


@router.get("/devices/{device_id}", dependencies=[allowed_to(Permission.READ_DEVICES)])
async def get_device(device_id: int) -> DeviceDetail:
    """Gives one device in detail.

    Raises:
        ApiError: 404.
    """
    for device in zdx_data.DEVICE_DETAILS:
        if device.id == device_id:
            return device
    raise not_found("Device")
