"""What the holder of a role may do.

The vendor publishes areas of permission, not a table of operations. The tenant draws the line
as its administrators would expect from the roles' names; a role not named here may do nothing.

| role | may read |
|---|---|
| ZDX Super Admin, ZDX Read-only Admin, API_Role_READONLY | applications, devices, organization |
| ZDX Service Desk Tier 1 | applications, devices |
| ZDX_Admin_Role | applications, organization |

| role | API clients and API resources |
|---|---|
| (ZIAM) Super Admin | read and change |
| (ZIAM) View Only Admin | read |
"""

from enum import Enum

from zdx_emulator.catalog import Role


class Permission(Enum):
    """Something that an operation asks of its caller."""

    READ_CLIENTS = "read API clients and API resources"
    CHANGE_CLIENTS = "change API clients"
    READ_APPLICATIONS = "read ZDX applications"
    READ_DEVICES = "read ZDX devices and their users"
    READ_ORGANIZATION = "read ZDX departments and locations"


_ALL_OF_ZDX = frozenset(
    {Permission.READ_APPLICATIONS, Permission.READ_DEVICES, Permission.READ_ORGANIZATION}
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role("ZIAM", "Super Admin"): frozenset({Permission.READ_CLIENTS, Permission.CHANGE_CLIENTS}),
    Role("ZIAM", "View Only Admin"): frozenset({Permission.READ_CLIENTS}),
    Role("ZDX", "ZDX Super Admin"): _ALL_OF_ZDX,
    Role("ZDX", "ZDX Read-only Admin"): _ALL_OF_ZDX,
    Role("ZDX", "API_Role_READONLY"): _ALL_OF_ZDX,
    Role("ZDX", "ZDX Service Desk Tier 1"): _ALL_OF_ZDX - {Permission.READ_ORGANIZATION},
    Role("ZDX", "ZDX_Admin_Role"): _ALL_OF_ZDX - {Permission.READ_DEVICES},
}
