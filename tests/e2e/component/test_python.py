"""A Python program that declares its key by the component, as any other language's would."""

import pytest
from support.component_project import BY_COMPONENT, ComponentProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator

TWO_KEYS = """
first = ByComponent("ci", name="ci", role="ZDX Read-only Admin")
ByComponent("second", name=first.keyId, role="ZDX Read-only Admin")
pulumi.export("key_secret", first.keySecret)
"""


@pytest.mark.slow
def test_up_creates_a_key_whose_secret_stays_secret(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    project.python(BY_COMPONENT + TWO_KEYS)

    shown = project.run("up", "--yes")

    key_id = assert_sound(project, tenant)
    assert_sound(project, tenant, name=key_id)
    assert "key_secret: [secret]" in " ".join(shown.text.split())
    assert tenant.token_for(key_id, project.outputs()["key_secret"])
    project.assert_no_changes()
    project.destroy()
    assert tenant.clients() == []
