"""Five hundred hand-made keys to code; `make test` imports fifty-six."""

from pathlib import Path

from support.import_journey import assert_hand_made_keys_become_code
from support.pulumi_project import PulumiProject
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator


def test_a_tenant_with_five_hundred_hand_made_keys_becomes_code(
    project: PulumiProject, tenant: RunningEmulator, tmp_path: Path
) -> None:
    at_home = ZdxKeys(project.folder, project.variables())

    assert_hand_made_keys_become_code(500, at_home, project, tenant, tmp_path / "downloads")
