"""One life of a key with each answer to what the vendor's documents leave open."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from e2e.interruptions.operations import NOTHING, OPERATIONS, UP, Operation
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import EACH_OTHER_WAY, RunningEmulator


@pytest.fixture
def empty_project(tmp_path: Path, settings: dict[str, Any]) -> PulumiProject:
    """A project with a stack, and nothing in it."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return PulumiProject(folder).create(settings)


# A key made manually has both of its slots taken there, so that taking it over is refused.
REFUSED = {("take over", "first_secret")}

CASES = [
    (operation, switch)
    for operation, switch in product(OPERATIONS, EACH_OTHER_WAY)
    if (operation.name, switch) not in REFUSED
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "switch"), CASES, ids=[f"{case[0].name}: {case[1]}" for case in CASES]
)
def test_operation_succeeds_with_every_switch(
    operation: Operation,
    switch: str,
    empty_project: PulumiProject,
    tenant: RunningEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("figures", "switches")
    record_property("outcome", switch)
    tenant.switch(EACH_OTHER_WAY[switch])
    empty_project.configure(tenant.stack_config())
    in_use = operation.prepare(empty_project, tenant)

    empty_project.program(operation.program).run(*operation.command)
    if operation.then:
        empty_project.run(*operation.then)

    keys = empty_project.recorded_keys()
    assert [key["name"] for key in keys] == ([operation.leaves] if operation.leaves else [])
    assert [client.id for client in tenant.clients()] == [key["key_id"] for key in keys]
    assert all(tenant.can_authenticate(key["key_id"], key["key_secret"]) for key in keys)
    assert all(tenant.can_authenticate(used.key_id, used.secret) for used in in_use)
    empty_project.program(NOTHING).run(*UP)
    assert tenant.clients() == []
