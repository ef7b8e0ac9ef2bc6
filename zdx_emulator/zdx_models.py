"""Shapes of the ZDX read operations, as the service description `zdx` names them."""

from pydantic import BaseModel


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
