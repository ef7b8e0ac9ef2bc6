"""What a create does if the response doesn't say how the new client authenticates."""

from typing import Any

import pytest
from support.samples import OWNER, OWNERSHIP_ID, build_role
from unit.zidentity.scripted import FakeTime, Reply, ScriptedServer

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.inputs import KeyInputs
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.ownership import TakeOverOptions
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.zidentity import ZIdentity

ROLE = build_role("ZDX Super Admin", "zdx::1")
KEYS = Authentication(jwks_url="https://acme.com/jwks")
INPUTS = KeyInputs(name="ci", role=ROLE.name, managed_by=OWNER, authentication=KEYS)
CREATED = {
    "id": "client-1",
    "name": "ci",
    "description": str(OwnershipMarker(OWNER, OWNERSHIP_ID)),
}


def to_reply(client: dict[str, Any]) -> Reply:
    """One for a read of the client and for a list, which runs at the same time."""
    return Reply(200, {**client, "results_total": 1, "records": [client]})


@pytest.fixture
def repository(zidentity: ZIdentity, time: FakeTime) -> KeyRepository:
    return KeyRepository(
        zidentity,
        monotonic=time.monotonic,
        sleep=time.sleep,
        create_ownership_id=lambda: OWNERSHIP_ID,
    )


def test_create_reads_the_client_and_refuses_one_with_a_client_secret(
    server: ScriptedServer, repository: KeyRepository
) -> None:
    server.answers(Reply(200, {"results_total": 0, "records": []}), Reply(200, CREATED))
    shown = {**CREATED, "clientAuthentication": {"authType": "SECRET"}}
    server.answers(*[to_reply(shown)] * 8)

    with pytest.raises(ZdxError, match="a client secret instead of the keys of a JWKS URL"):
        repository.create_key(INPUTS, ROLE, TakeOverOptions())

    assert "DELETE" in [call.method for call in server.calls]


def test_create_waits_for_a_client_that_is_shown_late(
    server: ScriptedServer, repository: KeyRepository
) -> None:
    server.answers(Reply(200, {"results_total": 0, "records": []}), Reply(200, CREATED))
    found = KEYS.to_client_authentication().model_dump(by_alias=True, exclude_none=True)
    server.answers(*[to_reply({**CREATED, "clientAuthentication": found})] * 2)

    assert repository.create_key(INPUTS, ROLE, TakeOverOptions()).new_secret is None
