"""A key that a Python program declares, and later the component; and the way back."""

import re
from typing import Any

import pytest
from support.component_project import BY_COMPONENT, COMPONENT, ComponentProject
from support.import_journey import IMPORT
from support.soundness import assert_sound
from support.zdx_keys import ZdxKeys

from zdx_emulator.testing import RunningEmulator

BY_RESOURCE = """
key = ApiKey("ci", name="ci", role="ZDX Read-only Admin", opts=pulumi.ResourceOptions({options}))
"""
FROM_COMPONENT = f'aliases=[pulumi.Alias(parent="urn:pulumi:test::keys::{COMPONENT}::ci")]'

ONE_BY_COMPONENT = """
key = ByComponent("ci", name="{name}", role="ZDX Read-only Admin")
pulumi.export("keyId", key.keyId)
pulumi.export("keySecret", key.keySecret)
"""

RESOURCE_OF_CI = BY_RESOURCE.format(options="")
COMPONENT_OF_OTHER = BY_COMPONENT + ONE_BY_COMPONENT.format(name="other")


def test_move_from_python_to_yaml_keeps_the_key_and_never_declares_it_twice(
    project: ComponentProject, tenant: RunningEmulator
) -> None:
    project.python(RESOURCE_OF_CI).up()
    by_resource = project.key()

    declared_twice = project.python(COMPONENT_OF_OTHER + RESOURCE_OF_CI).fail("up", "--yes")
    kept = assert_sound(project, tenant)
    project.declare().up()

    assert "uplicate resource" in declared_twice.text
    assert kept == by_resource["key_id"]
    assert assert_sound(project, tenant) == by_resource["key_id"]
    assert project.key()["key_secret"] == by_resource["key_secret"]
    marker = f"[pulumi keys/test/{COMPONENT}$ci #"
    assert marker in tenant.client(by_resource["key_id"]).description
    project.assert_no_changes()


@pytest.mark.slow
def test_move_from_the_component_to_python_with_an_alias_keeps_the_key(
    project: ComponentProject, tenant: RunningEmulator, first: dict[str, Any]
) -> None:
    project.python(BY_RESOURCE.format(options=FROM_COMPONENT))

    project.up()

    assert assert_sound(project, tenant) == first["key_id"]
    assert project.key()["key_secret"] == first["key_secret"]
    project.python(RESOURCE_OF_CI)
    project.assert_no_changes()


@pytest.mark.slow
def test_rename_of_a_component_without_an_alias_is_refused(
    project: ComponentProject, tenant: RunningEmulator, first: dict[str, Any]
) -> None:
    project.declare("build")

    failed = project.up_fails()

    assert f"is managed by keys/test/{COMPONENT}$ci. If that is this resource before" in failed.text
    assert assert_sound(project, tenant) == first["key_id"]


@pytest.mark.slow
def test_import_file_recovers_a_lost_state_without_changes(
    project: ComponentProject, tenant: RunningEmulator, first: dict[str, Any]
) -> None:
    zdx_keys = ZdxKeys(project.folder, project.variables())
    before = tenant.clients()
    project.lose_state()

    shown = zdx_keys("import-file", "-o", "import.json", "--program", "keys.py", exits=1)
    (line,) = re.findall(r"Create the parent first: (pulumi up .*)\. Then run", shown.stderr)
    project.run_in_shell(f"{line} --yes --skip-preview")
    zdx_keys("import-file", "-o", "import.json", "--program", "keys.py")
    project.run(*IMPORT)
    project.up()

    assert project.key()["key_id"] == first["key_id"]
    assert tenant.clients() == before
    project.assert_no_changes()
