"""Whatever its OpenAPI document allows, and what it forbids, is answered without a 500."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from requests import Session
from schemathesis.generation import GenerationMode

from zdx_emulator.testing import ADMIN_ID, ADMIN_SECRET, RunningEmulator

CASES = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def session() -> Iterator[Session]:
    """A connection that knows no proxy."""
    with Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def operations(tenant: RunningEmulator) -> list[Any]:
    """All operations of the tenant's document."""
    schema: Any = schemathesis.openapi.from_url(f"{tenant.url}/_emulator/openapi.json")
    return [each.ok() for each in schema.get_all_operations()]


def _statuses(
    tenant: RunningEmulator, session: Session, operation: Any, mode: GenerationMode
) -> dict[str, int]:
    """Returns what was answered to which requests, whose paths name things that are there."""
    tenant.reset()
    client = tenant.create_client("ci")
    known = {
        "client_id": client.id,
        "secret_id": tenant.add_secret(client.id).id,
        "device_id": 9001,
    }
    path = {name: value for name, value in known.items() if f"{{{name}}}" in operation.path}
    if mode is GenerationMode.NEGATIVE:
        path = {}
    bearer = {"Authorization": f"Bearer {tenant.token_for(ADMIN_ID, ADMIN_SECRET)}"}
    statuses: dict[str, int] = {}

    @CASES
    @given(case=operation.as_strategy(mode, path_parameters=path or None))
    def send(case: Any) -> None:
        request = case.as_curl_command()
        statuses[request] = case.call(session=session, headers=bearer).status_code

    # Without parameters or a body there is nothing to get wrong.
    with suppress(Unsatisfiable):
        send()
    return statuses


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
def test_request_with_any_input_never_returns_a_500(
    mode: GenerationMode, operations: list[Any], tenant: RunningEmulator, session: Session
) -> None:
    answered = [_statuses(tenant, session, operation, mode) for operation in operations]

    failed = {k: v for statuses in answered for k, v in statuses.items() if v >= 500}
    assert sum(map(len, answered)) > 100
    assert failed == {}
