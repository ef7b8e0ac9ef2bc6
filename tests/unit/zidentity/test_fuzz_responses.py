"""Whatever a server answers, the outcome is a result or an error of ours."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fuzz import fuzz_settings
from unit.zidentity.scripted import FakeTime, Reply, ScriptedServer

from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    ClientSecret,
    ConnectionOptions,
    Tenant,
    ZIdentity,
)

EXPIRY = datetime(2027, 1, 1, tzinfo=timezone.utc)
CLIENT = {
    "id": "c1",
    "name": "ci",
    "description": "",
    "status": True,
    "accessTokenLifeTime": 3600,
    "clientAuthentication": {"authType": "SECRET"},
    "clientResources": [{"id": "r1", "selectedScopes": [{"id": "a::b", "name": "Role:ZDX"}]}],
}
SECRET = {"id": "s1", "value": "fake", "createdAt": 1767225600, "expiresAt": 1798761600}
SERVER = {
    "id": "r1",
    "serviceScopes": [
        {"service": {"id": "a", "name": "ZDX"}, "scopes": [{"id": "a::b", "name": "Role:ZDX"}]}
    ],
}
TOKEN = {"access_token": "fake", "token_type": "Bearer", "expires_in": 3600}


def list_of(record: object) -> dict[str, Any]:
    return {"results_total": 1, "pageOffset": 0, "pageSize": 1000, "records": [record]}


OPERATIONS: dict[str, tuple[Callable[[ZIdentity], object], object]] = {
    "list clients": (lambda z: z.api_clients.list(), list_of(CLIENT)),
    "read client": (lambda z: z.api_clients.get("c1"), CLIENT),
    "create client": (lambda z: z.api_clients.create(ApiClientRequest(name="ci")), CLIENT),
    "update client": (lambda z: z.api_clients.update(ApiClient(id="c1", name="ci")), CLIENT),
    "delete client": (lambda z: z.api_clients.delete("c1"), None),
    "list secrets": (lambda z: z.api_clients.secrets.list("c1"), [SECRET]),
    "create secret": (lambda z: z.api_clients.secrets.create("c1", EXPIRY), SECRET),
    "delete secret": (lambda z: z.api_clients.secrets.delete("c1", "s1"), None),
    "list roles": (lambda z: z.resource_servers.list(), list_of(SERVER)),
    "get token": (lambda z: z.authenticate(), TOKEN),
}

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**30), 253402300800, 1e300, -1e300])
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "NaN", "1e999"]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)


@st.composite
def mutations(draw: st.DrawFn, valid: object) -> object:
    """The valid document with something somewhere in it replaced, added or taken away."""
    if draw(st.integers(0, 3)) == 0:
        return draw(VALUES)
    if isinstance(valid, dict) and valid:
        key = draw(st.sampled_from(sorted(valid)))
        match draw(st.integers(0, 3)):
            case 0:
                return {k: v for k, v in valid.items() if k != key}
            case 1:
                return {**valid, draw(st.text()): draw(VALUES)}
            case _:
                return {**valid, key: draw(mutations(valid[key]))}
    if isinstance(valid, list) and valid:
        changed = draw(mutations(valid[0]))
        return draw(st.sampled_from([[], [changed], [changed, *valid], [*valid, *valid]]))
    return draw(VALUES)


@st.composite
def bodies(draw: st.DrawFn, valid: object) -> bytes:
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary())
        case 1:
            return b"[" * draw(st.integers(1, 100_000))
        case 2:
            whole = json.dumps(valid).encode()
            return whole[: draw(st.integers(0, len(whole)))]
        case _:
            return json.dumps(draw(mutations(valid))).encode()


HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Date",
            "Location",
            "Retry-After",
            "RateLimit-Reset",
            "x-ratelimit-reset",
            "x-oneapi-request-id",
            "x-zscaler-mode",
            "Content-Type",
        ]
    ),
    st.text(st.characters(min_codepoint=32, max_codepoint=255))
    | st.sampled_from(
        ["1e400", "1, 1", "-1", "9" * 40, "https://[::1", "Sat, 01 Jan 0001 00:00:00 GMT"]
    ),
    max_size=3,
)
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 413, 429, 500, 503])


@pytest.mark.parametrize("name", OPERATIONS)
@fuzz_settings(share=0.02)
@given(data=st.data())
def test_request_returns_a_result_or_our_error_for_any_response(
    name: str, data: st.DataObject
) -> None:
    operation, valid = OPERATIONS[name]
    server = ScriptedServer()
    reply = Reply(data.draw(STATUSES), data.draw(bodies(valid)), data.draw(HEADERS))
    script = [reply] * 40
    if name == "get token":
        server.grants(*script)
    else:
        server.answers(*script)
    passing = FakeTime(1_770_000_000.0)
    zidentity = ZIdentity(
        Tenant("acme"),
        ClientSecret("admin", "obviously-fake-admin-secret"),
        ConnectionOptions(max_retries=1),
        clock=passing.clock,
        monotonic=passing.monotonic,
        sleep=passing.sleep,
        adapter=server,
    )

    with suppress(ZdxError):
        operation(zidentity)
    # What a strange answer leaves behind must not break the next call.
    assert zidentity.now().tzinfo is timezone.utc
