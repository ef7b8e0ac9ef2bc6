"""`/zdx/v1`: a few read operations, so that a key can be used."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from zdx_emulator.access import require_permission
from zdx_emulator.catalog import Permission
from zdx_emulator.errors import NotFoundError


class Department(BaseModel):
    """A department."""

    id: int
    name: str


class ZSLocation(BaseModel):
    """A Zscaler location."""

    id: int
    name: str


class UserLocation(BaseModel):
    """A region, by its geographical id."""

    id: str
    country: str
    geo_type: str


class AppDetail(BaseModel):
    """An application and how well it does; the score is 0 to 100."""

    id: int
    name: str
    score: int
    most_impacted_region: UserLocation
    total_users: int


class Device(BaseModel):
    """A device in a list."""

    id: int
    name: str
    userid: int


class GetDeviceResponse(BaseModel):
    """A page of devices; an empty offset means that there is no next one."""

    devices: list[Device]
    next_offset: str = ""


class DeviceDetailHardware(BaseModel):
    """What a device is made of."""

    hw_model: str
    hw_mfg: str
    num_cores: int


class DeviceDetailNetwork(BaseModel):
    """A network interface of a device."""

    net_type: str
    ipv4: str


class DeviceDetailSoftware(BaseModel):
    """What runs on a device."""

    os_name: str
    hostname: str
    user: str


class DeviceDetail(BaseModel):
    """A device in detail."""

    id: int
    name: str
    hardware: DeviceDetailHardware
    network: list[DeviceDetailNetwork]
    software: DeviceDetailSoftware


DEPARTMENTS = [
    Department(id=7001, name="Engineering"),
    Department(id=7002, name="Finance"),
    Department(id=7003, name="Sales"),
]

LOCATIONS = [ZSLocation(id=8001, name="Berlin Office"), ZSLocation(id=8002, name="Road Warrior")]

_GERMANY = UserLocation(id="0.1.2921044", country="Germany", geo_type="country")

APPLICATIONS = [
    AppDetail(
        id=1, name="SharePoint Online", score=81, most_impacted_region=_GERMANY, total_users=2
    ),
    AppDetail(id=2, name="Salesforce", score=34, most_impacted_region=_GERMANY, total_users=1),
]

DEVICE_DETAILS = [
    DeviceDetail(
        id=9001,
        name="Ada (Latitude 7440)",
        hardware=DeviceDetailHardware(hw_model="Latitude 7440", hw_mfg="Dell Inc.", num_cores=10),
        network=[DeviceDetailNetwork(net_type="Wi-Fi", ipv4="192.0.2.17")],
        software=DeviceDetailSoftware(
            os_name="Microsoft Windows 11", hostname="ADA-L7440", user="ada@example.com"
        ),
    ),
    DeviceDetail(
        id=9002,
        name="Grace (MacBook Pro)",
        hardware=DeviceDetailHardware(hw_model="MacBookPro18,3", hw_mfg="Apple", num_cores=8),
        network=[DeviceDetailNetwork(net_type="Ethernet", ipv4="192.0.2.42")],
        software=DeviceDetailSoftware(
            os_name="macOS 26", hostname="grace-mbp", user="grace@example.com"
        ),
    ),
]

DEVICES = [
    Device(id=device.id, name=device.name, userid=device.id - 4000) for device in DEVICE_DETAILS
]


router = APIRouter(prefix="/zdx/v1")


@router.get(
    "/administration/departments", dependencies=[require_permission(Permission.READ_ORGANIZATION)]
)
async def list_departments(q: Annotated[str, Query()] = "") -> list[Department]:
    """List the departments whose name contains `q`."""
    return [each for each in DEPARTMENTS if q.lower() in each.name.lower()]


@router.get(
    "/administration/locations", dependencies=[require_permission(Permission.READ_ORGANIZATION)]
)
async def list_locations(q: Annotated[str, Query()] = "") -> list[ZSLocation]:
    """List the locations whose name contains `q`."""
    return [each for each in LOCATIONS if q.lower() in each.name.lower()]


@router.get("/apps", dependencies=[require_permission(Permission.READ_APPLICATIONS)])
async def list_applications() -> list[AppDetail]:
    """List the applications with their scores."""
    return APPLICATIONS


@router.get("/devices", dependencies=[require_permission(Permission.READ_DEVICES)])
async def list_devices() -> GetDeviceResponse:
    """List the devices, all on one page."""
    return GetDeviceResponse(devices=DEVICES)


@router.get("/devices/{device_id}", dependencies=[require_permission(Permission.READ_DEVICES)])
async def get_device(device_id: int) -> DeviceDetail:
    """Return one device in detail.

    Raises:
        ApiError: 404.
    """
    for device in DEVICE_DETAILS:
        if device.id == device_id:
            return device
    raise NotFoundError("Device")
