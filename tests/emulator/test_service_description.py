"""The tenant keeps the service descriptions of the vendor's own SDK, and the newer facts."""

import json
from copy import deepcopy
from importlib import resources
from typing import Any

import httpx
import pytest
from emulator.newer_facts import (
    AUTHENTICATION_MEMBERS,
    CLIENTS_OF_A_TENANT,
    KEY_VALUE_PREFIXES,
    REQUIRED_MEMBERS,
    SERVICE_MEMBERS,
    SERVICES_WITHOUT_CLOUD,
    SHAPES,
    SUCCESS_CODES,
)
from support.key_pair import KeyPair

from zdx_emulator.testing import (
    ADMIN_ID,
    API_CLIENTS,
    RESOURCE_SERVERS,
    RunningEmulator,
    Switches,
)

ZSCALER_APIS = "jhlm4bhr7g7j2"

# Where the recording of 2026-04-14 and the description differ, the recording wins.
RECORDED_WITHOUT = {
    "PagedResultPublic": {"next_link", "prev_link"},  # on a single page
    "ServiceRef": {"cloudName", "orgName"},  # for services without a cloud of their own
}
RECORDED_AS_WELL = {"PagedResultPublic": {"totalRecord"}, "ServiceRef": SERVICE_MEMBERS}
# The description wraps the envelope in a list, and gives every envelope the records of clients.
RECORDS_OF = {"ListApiClients": "ApiClient", "ListResourceServers": "ResourceServer"}

TYPES: dict[str, type] = {"string": str, "integer": int, "long": int, "boolean": bool}


def _description(service: str) -> dict[str, Any]:
    text = resources.files("zssdk.zscore.data").joinpath(f"{service}/v1/service-1.json")
    description: dict[str, Any] = json.loads(text.read_text())
    return description


ZID = _description("zid")
ZDX = _description("zdx")

IDENTITY_OPERATIONS = sorted(
    name
    for name, operation in ZID["operations"].items()
    if operation["http"]["requestUri"].split("/")[5] in ("api-clients", "resource-servers")
)
ZDX_OPERATIONS = [
    "GetDevice",
    "ListApplications",
    "ListDepartments",
    "ListDevices",
    "ListLocations",
]


def _faults(value: Any, shape: str, shapes: dict[str, Any], place: str = "$") -> list[str]:
    """Returns where a JSON value departs from a shape."""
    if shape in TYPES:
        return [] if type(value) is TYPES[shape] else [f"{place}: {value!r} is no {shape}"]
    known = shapes[shape]
    if known["type"] == "list":
        element = known["member"]["shape"]
        return [
            fault
            for index, each in enumerate(value)
            for fault in _faults(each, element, shapes, f"{place}[{index}]")
        ]
    members = known["members"]
    missing = set(known.get("required", ())) - set(value) - RECORDED_WITHOUT.get(shape, set())
    surplus = set(value) - set(members) - RECORDED_AS_WELL.get(shape, set())
    faults = [f"{place}.{name}: missing" for name in sorted(missing)]
    faults += [f"{place}.{name}: unknown" for name in sorted(surplus)]
    for name in sorted(set(value) & set(members)):
        faults += _faults(value[name], members[name]["shape"], shapes, f"{place}.{name}")
    return faults


def _answer_faults(operation: str, answer: httpx.Response) -> list[str]:
    output = ZID["operations"][operation].get("output", {}).get("shape")
    if output is None or answer.status_code == 204:
        return [] if answer.content == b"" else ["a body where none is described"]
    if operation not in RECORDS_OF:
        return _faults(answer.json(), output, ZID["shapes"])
    envelope = answer.json()
    records = envelope["records"]
    faults = _faults(envelope | {"records": []}, "PagedResultPublic", ZID["shapes"])
    for record in records:
        faults += _faults(record, RECORDS_OF[operation], ZID["shapes"])
    return faults


@pytest.mark.parametrize("statuses", ["published", "alternative"])
@pytest.mark.parametrize("operation", IDENTITY_OPERATIONS)
def test_zidentity_operation_matches_the_description(
    operation: str,
    statuses: Any,
    tenant: RunningEmulator,
    api: httpx.Client,
    body: dict[str, Any],
) -> None:
    tenant.switch(Switches(statuses=statuses))
    client = tenant.create_client("described")
    secret = tenant.add_secret(client.id)
    http = ZID["operations"][operation]["http"]
    identifier = ZSCALER_APIS if "ResourceServer" in operation else client.id
    path = http["requestUri"].format(id=identifier, secretId=secret.id)
    payloads = {
        "CreateApiClient": body,
        "UpdateApiClient": body,
        "AddSecret": {"expiresAt": secret.expires_at},
    }

    answer = api.request(http["method"], path, json=payloads.get(operation))

    described = http.get("responseCode", 200)
    documented = SUCCESS_CODES.get(operation, {statuses: described})
    assert answer.status_code == documented[statuses]
    assert described in documented.values()
    assert _answer_faults(operation, answer) == []


def test_list_page_has_every_required_member(tenant: RunningEmulator, api: httpx.Client) -> None:
    for number in range(3):
        tenant.create_client(f"client-{number}")

    page = api.get(API_CLIENTS, params={"limit": 1, "offset": 1}).json()

    assert set(ZID["shapes"]["PagedResultPublic"]["required"]) <= set(page)


@pytest.mark.parametrize("member", sorted(ZID["shapes"]["ApiClient"]["required"]))
def test_create_client_needs_every_required_member(
    member: str, api: httpx.Client, body: dict[str, Any]
) -> None:
    excluded = ZID["shapes"]["ApiClient"]["exclude"]["POST"]
    smaller = {name: value for name, value in body.items() if name != member}

    answer = api.post(API_CLIENTS, json=smaller)

    assert answer.status_code == (201 if member in excluded else 400)


@pytest.fixture(scope="module")
def credentials() -> dict[str | None, Any]:
    """A value of each member with which a client authenticates."""
    key_pair = KeyPair.make()
    certificate = key_pair.make_certificate(not_before=0)
    return {
        None: None,
        "publicKeys": [{"keyName": "ci", "keyValue": key_pair.public_pem}],
        "clientCertificates": [{"certContent": certificate}],
        "clientJWKsUrl": "https://acme.example/jwks.json",
    }


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("auth_type", "member"), AUTHENTICATION_MEMBERS)
def test_client_authentication_has_the_shape_of_the_newer_facts(
    auth_type: str,
    member: str | None,
    method: str,
    *,
    credentials: dict[str | None, Any],
    tenant: RunningEmulator,
    api: httpx.Client,
    body: dict[str, Any],
) -> None:
    path = API_CLIENTS if method == "POST" else f"{API_CLIENTS}/{tenant.create_client('ci').id}"
    own = {"authType": auth_type, **({member: credentials[member]} if member else {})}
    others = [name for name in credentials if name not in (member, None)]
    refused = [own | {str(name): credentials[name]} for name in others]
    refused += [{"authType": auth_type}] if member else []

    statuses = [
        api.request(method, path, json=body | {"clientAuthentication": each}).status_code
        for each in refused
    ]
    answer = api.request(method, path, json=body | {"clientAuthentication": own}).json()

    assert statuses == [400] * len(refused)
    assert answer["clientAuthentication"] == own
    assert api.get(f"{API_CLIENTS}/{answer['id']}").json() == answer
    assert api.get(API_CLIENTS).json()["records"] == [answer]


def test_key_value_has_an_encoding_of_the_newer_facts() -> None:
    key_pair = KeyPair.make()
    values = {"pem": key_pair.public_pem, "der_base64": key_pair.public_der_base64}

    assert set(KEY_VALUE_PREFIXES) == set(values)
    assert all(values[name].startswith(start) for name, start in KEY_VALUE_PREFIXES.items())


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("place", REQUIRED_MEMBERS, ids=lambda place: place[-1])
def test_create_client_needs_every_member_that_the_newer_facts_require(
    place: tuple[Any, ...],
    method: str,
    *,
    tenant: RunningEmulator,
    api: httpx.Client,
    body: dict[str, Any],
    credentials: dict[str | None, Any],
) -> None:
    path = API_CLIENTS if method == "POST" else f"{API_CLIENTS}/{tenant.create_client('ci').id}"
    member = "clientCertificates" if "clientCertificates" in place else "publicKeys"
    authentication = {"authType": "PUBKEYCERT", member: credentials[member]}
    whole = body | {"clientAuthentication": authentication}
    smaller = deepcopy(whole)
    holder: Any = smaller
    for step in place[:-1]:
        holder = holder[step]
    del holder[place[-1]]

    refused = api.request(method, path, json=smaller)

    assert api.request(method, path, json=whole).is_success
    assert refused.status_code == 400
    assert refused.json()["detail"] in {
        f"Invalid Input for {name}" for name in place if isinstance(name, str)
    }


def test_list_resource_servers_has_the_members_of_the_newer_facts(api: httpx.Client) -> None:
    (server,) = api.get(RESOURCE_SERVERS).json()["records"]
    services = [offered["service"] for offered in server["serviceScopes"]]

    assert all(set(service) >= SERVICE_MEMBERS for service in services)
    assert {
        service["name"] for service in services if not {"cloudName", "orgName"} & set(service)
    } == SERVICES_WITHOUT_CLOUD


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", API_CLIENTS, 400),
        ("GET", "/zdx/v1/apps", 403),
        ("GET", f"{API_CLIENTS}/unknown", 404),
        ("PATCH", API_CLIENTS, 405),
    ],
)
def test_refusal_has_the_body_of_the_newer_facts(
    method: str, path: str, status: int, api: httpx.Client
) -> None:
    refused = api.request(method, path, json={})

    assert refused.status_code == refused.json()["status"] == status
    assert _faults(refused.json(), "Error", SHAPES) == []


def test_request_without_a_token_is_refused_with_the_body_of_the_newer_facts(
    anonymous: httpx.Client,
) -> None:
    refused = anonymous.get(API_CLIENTS)

    assert refused.status_code == refused.json()["status"] == 401
    assert _faults(refused.json(), "Error", SHAPES) == []


def test_create_client_allows_as_many_as_the_newer_facts() -> None:
    assert Switches().client_limit == CLIENTS_OF_A_TENANT


def test_create_secret_needs_only_its_expiry(tenant: RunningEmulator, api: httpx.Client) -> None:
    shape = ZID["shapes"]["ApiClientSecret"]
    needed = set(shape["required"]) - set(shape["exclude"]["POST"])
    path = f"{API_CLIENTS}/{tenant.create_client('ci').id}/secrets"

    assert needed == {"expiresAt"}
    assert api.post(path, json={}).status_code == 400
    assert api.post(path, json={"expiresAt": tenant.now() + 40 * 86_400}).is_success


@pytest.mark.parametrize("operation", ZDX_OPERATIONS)
def test_zdx_operation_matches_the_description(
    operation: str, tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    reader = tenant.create_client("reader", role="ZDX Super Admin")
    token = tenant.token_for(reader.id, tenant.add_secret(reader.id).value)
    described = ZDX["operations"][operation]
    path = described["http"]["requestUri"].format(id=9001)

    answer = anonymous.get(path, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 200
    assert answer.json()
    assert _faults(answer.json(), described["output"]["shape"], ZDX["shapes"]) == []


def test_list_does_not_contain_the_admin_client(tenant: RunningEmulator, api: httpx.Client) -> None:
    assert tenant.clients() == []
    assert api.get(f"{API_CLIENTS}/{ADMIN_ID}").status_code == 404
