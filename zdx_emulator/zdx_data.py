"""What there is to see in the tenant's ZDX. All of it is made up."""

from zdx_emulator.zdx_models import (
    AppDetail,
    Department,
    Device,
    DeviceDetail,
    DeviceDetailHardware,
    DeviceDetailNetwork,
    DeviceDetailSoftware,
    UserLocation,
    ZSLocation,
)

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
