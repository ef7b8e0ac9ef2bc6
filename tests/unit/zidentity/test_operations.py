"""What each operation sends, and how it names itself when it fails."""

from collections.abc import Callable
from datetime import datetime, timezone

import pytest
from unit.zidentity.scripted import Reply, ScriptedServer

from zdx_provider.zidentity import ApiClient, ApiClientRequest, ZIdentity, ZIdentityError

BASE = "/ziam/admin/api/v1"
CLIENTS = f"{BASE}/api-clients"
SOON = datetime(2027, 3, 1, tzinfo=timezone.utc)
Operation = Callable[[ZIdentity], object]

OPERATIONS: list[tuple[Operation, str, str]] = [
    (lambda z: z.resource_servers.list(), f"GET {BASE}/resource-servers", "list API resources"),
    (lambda z: z.api_clients.list(), f"GET {CLIENTS}", "list API clients"),
    (lambda z: z.api_clients.get("c1"), f"GET {CLIENTS}/c1", "read the API client c1"),
    (
        lambda z: z.api_clients.create(ApiClientRequest(name="ci")),
        f"POST {CLIENTS}",
        'create the API client "ci"',
    ),
    (
        lambda z: z.api_clients.update(ApiClient(id="c1", name="ci")),
        f"PUT {CLIENTS}/c1",
        'update the API client "ci"',
    ),
    (lambda z: z.api_clients.delete("c1"), f"DELETE {CLIENTS}/c1", "delete the API client c1"),
    (
        lambda z: z.api_clients.secrets.list("c1"),
        f"GET {CLIENTS}/c1/secrets",
        "list the secrets of the API client c1",
    ),
    (
        lambda z: z.api_clients.secrets.create("c1", SOON),
        f"POST {CLIENTS}/c1/secrets",
        "create a secret for the API client c1",
    ),
    (
        lambda z: z.api_clients.secrets.delete("c1", "s1"),
        f"DELETE {CLIENTS}/c1/secrets/s1",
        "revoke the secret s1 of the API client c1",
    ),
]


@pytest.mark.parametrize(("operation", "request_line", "name"), OPERATIONS)
def test_request_that_fails_names_operation_status_and_request_id(
    zidentity: ZIdentity,
    server: ScriptedServer,
    operation: Operation,
    request_line: str,
    name: str,
) -> None:
    server.answers(Reply(500, headers={"x-oneapi-request-id": "request-7"}))

    with pytest.raises(ZIdentityError) as failed:
        operation(zidentity)

    assert f"{server.calls[0].method} {server.calls[0].path}" == request_line
    assert failed.value.operation == name
    assert f"could not {name}: " in str(failed.value)
    assert "status 500, request request-7" in str(failed.value)
