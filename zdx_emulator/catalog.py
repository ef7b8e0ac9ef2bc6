"""The tenant's API resource and its scopes, after the recording of 2026-04-14.

Source: the cassette `TestResourceServers` of the vendor's `zscaler-sdk-python`. Ids are opaque:
`<service id>:<ZPA scope id, else empty>:<id>`, to be passed on verbatim. That the services ZIAM
and ZINSIGHTS name no cloud and organization, and that each service has an external name, is in
the vendor's `zscaler-sdk-go`; ZINSIGHTS, its scope and the external names are invented.

What the holder of a role may do.

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

from dataclasses import dataclass
from enum import Enum

from zdx_emulator.models import ResourceServer, Scope, Service, ServiceScopes

AUDIENCE = "https://api.zscaler.com"

_CLOUD = "zscalerthree.net"
_ORG = "Example Corp"


@dataclass(frozen=True)
class Role:
    """A role of a service, as a scope names it (`Role:ZDX Super Admin` is `ZDX Super Admin`)."""

    service: str
    name: str


def _build_service(service: Service, scopes: dict[str, str]) -> ServiceScopes:
    return ServiceScopes(
        service=service, scopes=[Scope(id=id_, name=name) for id_, name in scopes.items()]
    )


def _build_platform(id_: str, name: str, display_name: str) -> Service:
    return Service(id=id_, name=name, display_name=display_name, external_name=display_name)


def _build_product(id_: str, name: str, display_name: str, cloud_name: str = _CLOUD) -> Service:
    platform = _build_platform(id_, name, display_name)
    return platform.model_copy(update={"cloud_name": cloud_name, "org_name": _ORG})


ZSCALER_APIS = ResourceServer(
    id="jhlm4bhr7g7j2",
    name="Zscaler APIs",
    display_name="Zscaler APIs",
    description="Zscaler APIs endpoint",
    primary_aud=AUDIENCE,
    default_api=True,
    service_scopes=[
        _build_service(
            _build_platform("hhlm4bhr9g7ja", "ZIAM", "ZIdentity Administration"),
            {
                "hhlm4bhr9g7ja::9hl7h09lvg6kc": "Role:CXO Insight User",
                "hhlm4bhr9g7ja::9h727vp4t02tc": "Role:Super Admin",
                "hhlm4bhr9g7ja::9hivdvq44060o": "Role:Users Admin",
                "hhlm4bhr9g7ja::9h727vpadg2td": "Role:View Only Admin",
            },
        ),
        _build_service(
            _build_product("hhlm4bhmag7iq", "ZCC", "Zscaler Client Connector"),
            {
                "hhlm4bhmag7iq::hq6ja786l06bl": "Role:API_Role_READONLY",
                "hhlm4bhmag7iq::hplm4bkrmg7k2": "Role:Read Only",
                "hhlm4bhmag7iq::hplm4bkrm07jj": "Role:Super Admin",
            },
        ),
        _build_service(
            _build_product("hhlm4bhmbg7ir", "ZDX", "Zscaler Digital Experience"),
            {
                "hhlm4bhmbg7ir::hq6ja787d06jg": "Role:API_Role_READONLY",
                "hhlm4bhmbg7ir::hplm4bko4g7e7": "Role:ZDX_Admin_Role",
                "hhlm4bhmbg7ir::hplm4bko807ji": "Role:ZDX Read-only Admin",
                "hhlm4bhmbg7ir::hplm4bko4g7jf": "Role:ZDX Service Desk Tier 1",
                "hhlm4bhmbg7ir::hplm4bko707jp": "Role:ZDX Super Admin",
            },
        ),
        _build_service(
            _build_platform("hhlm4bhrag7jb", "ZINSIGHTS", "Z-Insights"),
            {"hhlm4bhrag7jb::hq6ja788c06ki": "Role:API_Role_READONLY"},
        ),
        _build_service(
            _build_product("hhlm4bhlqg7ev", "ZIA", "Zscaler Internet Access"),
            {
                "hhlm4bhlqg7ev::hpokm6mtfg63f": "Role:API_Role01",
                "hhlm4bhlqg7ev::hq6ja787eg6jh": "Role:API_Role_READONLY",
                "hhlm4bhlqg7ev::hplm4bko5g66f": "Role:Firewall-Admin-API-Role",
            },
        ),
        _build_service(
            _build_product("hhlm4bhlrg7io", "ZPA", "Zscaler Private Access", "prod.zpath.net"),
            {
                "hhlm4bhlrg7io:mplm4biidg7jg:hplm4bij007jo": (
                    "Scope:Default: Role:API Full Access"
                ),
                "hhlm4bhlrg7io:mplm4biidg7jg:hq6ja78df06jk": (
                    "Scope:Default: Role:API_Role_READONLY"
                ),
            },
        ),
    ],
)

RESOURCE_SERVERS = {ZSCALER_APIS.id: ZSCALER_APIS}

SCOPES = {scope.id: scope for service in ZSCALER_APIS.service_scopes for scope in service.scopes}

ROLES = {
    scope.id: Role(service.service.name, scope.name.rpartition("Role:")[2])
    for service in ZSCALER_APIS.service_scopes
    for scope in service.scopes
}


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
