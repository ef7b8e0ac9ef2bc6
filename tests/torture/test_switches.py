"""Every operation on tenants that answer what the vendor's documents leave open in each way."""

from collections.abc import Callable
from itertools import product

import pytest
from support.operations import NOTHING, OPERATIONS, UP, Operation
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import EACH_OTHER_WAY, RunningEmulator

# A key made by hand has both of its slots taken there, so that taking it over is refused.
REFUSED = {("take over", "first_secret")}

CASES = [
    (operation, switch)
    for operation, switch in product(OPERATIONS, EACH_OTHER_WAY)
    if (operation.name, switch) not in REFUSED
]


@pytest.mark.parametrize(
    ("operation", "switch"), CASES, ids=[f"{case[0].name}: {case[1]}" for case in CASES]
)
def test_an_operation_does_its_work_whatever_the_answer(
    operation: Operation,
    switch: str,
    project: PulumiProject,
    tenant: RunningEmulator,
    record_property: Callable[[str, object], None],
) -> None:
    record_property("figures", "switches")
    record_property("outcome", switch)
    tenant.switch(EACH_OTHER_WAY[switch])
    in_use = operation.prepare(project, tenant)

    project.program(operation.program).run(*operation.command)
    if operation.then:
        project.run(*operation.then)

    keys = project.recorded_keys()
    assert [key["name"] for key in keys] == ([operation.leaves] if operation.leaves else [])
    assert [client.id for client in tenant.clients()] == [key["key_id"] for key in keys]
    assert all(tenant.can_authenticate(key["key_id"], key["key_secret"]) for key in keys)
    assert all(tenant.can_authenticate(used.key_id, used.secret) for used in in_use)
    project.program(NOTHING).run(*UP)
    assert tenant.clients() == []
