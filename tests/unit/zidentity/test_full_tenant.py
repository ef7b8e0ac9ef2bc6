"""What a create says of a refusal in a tenant that has all of its API clients."""

from typing import Any

import pytest
from support.samples import OWNER, build_role
from unit.zidentity.scripted import Reply, ScriptedServer

from zdx_provider.keys.inputs import KeyInputs
from zdx_provider.keys.ownership import TakeOverOptions
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.zidentity import ZIdentity, ZIdentityError
from zdx_provider.zidentity.models import MAX_API_CLIENTS

ROLE = build_role("ZDX Super Admin", "zdx::1")
KEYS = 2
SERVER = {
    "id": ROLE.resource_id,
    "serviceScopes": [
        {
            "service": {"id": "zdx", "name": "ZDX"},
            "scopes": [{"id": ROLE.id, "name": f"Role:{ROLE.name}"}],
        }
    ],
}


def to_page(records: list[Any]) -> Reply:
    return Reply(200, {"results_total": len(records), "records": records})


def list_clients(count: int) -> Reply:
    resource = {"id": ROLE.resource_id, "selectedScopes": [{"id": ROLE.id}]}
    clients: list[dict[str, Any]] = [{"id": f"c{n}", "name": f"other-{n}"} for n in range(count)]
    for client in clients[:KEYS]:
        client["clientResources"] = [resource]
    return to_page(clients)


def refuse_create(zidentity: ZIdentity) -> ZIdentityError:
    inputs = KeyInputs(name="ci", role=ROLE.name, managed_by=OWNER)
    with pytest.raises(ZIdentityError) as refused:
        KeyRepository(zidentity).create_key(inputs, ROLE, TakeOverOptions())
    return refused.value


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_create_names_the_limit_whatever_the_status_of_the_refusal(
    zidentity: ZIdentity, server: ScriptedServer, status: int
) -> None:
    refusal = Reply(status, {"detail": "No more clients"}, {"x-oneapi-request-id": "r-1"})
    server.answers(to_page([]), refusal, list_clients(MAX_API_CLIENTS), to_page([SERVER]))

    shown = str(refuse_create(zidentity))

    assert (
        f': "No more clients"; the tenant has 256 API clients, 2 of them ZDX keys, and ZIdentity '
        f"allows 256 (status {status}, request r-1). Delete unused API clients."
    ) in shown
    assert "run zdx-keys list" in shown


@pytest.mark.parametrize(
    ("refusal", "then"),
    [
        (Reply(400), [list_clients(MAX_API_CLIENTS - 1), to_page([SERVER])]),
        (Reply(400), [Reply(403)]),
        (Reply(403, headers={"x-zscaler-mode": "read-only"}), []),
        (Reply(404), []),
        (Reply(500), [to_page([])]),  # it may have been created, so it is searched for
    ],
    ids=["with fewer clients", "that cannot be listed", "read-only", "404", "500"],
)
def test_create_names_no_limit_in_a_tenant(
    zidentity: ZIdentity, server: ScriptedServer, refusal: Reply, then: list[Reply]
) -> None:
    server.answers(to_page([]), refusal, *then)

    assert "256" not in str(refuse_create(zidentity))
    assert len(server.calls) == 2 + len(then)
