"""One life of a key with each answer to what the vendor's documents leave open."""

import pytest
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import EACH_OTHER_WAY, RunningEmulator

RENAMED = 'ApiKey("ci", name="ci-2", role="ZDX Super Admin")'


@pytest.mark.parametrize("switch", EACH_OTHER_WAY)
def test_a_key_is_made_found_changed_and_destroyed_whatever_the_answer(
    project: PulumiProject, tenant: RunningEmulator, switch: str
) -> None:
    tenant.switch(EACH_OTHER_WAY[switch])
    project.up()
    outputs = project.outputs()
    assert tenant.can_authenticate(outputs["key_id"], outputs["key_secret"])
    project.refresh("--expect-no-changes")
    project.program(RENAMED)

    project.up()

    assert [client.name for client in tenant.clients()] == ["ci-2"]
    project.destroy()
    assert tenant.clients() == []
