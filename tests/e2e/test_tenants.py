"""Keys in more than one tenant, and settings that name the wrong one."""

from collections import Counter
from typing import Any

import pytest
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import (
    TOKEN,
    RunningEmulator,
)

IN_TENANT = """
ApiKey("ci", name="ci", role="ZDX Read-only Admin", tenant={tenant!r})
"""

TWO_KEYS_IN_EACH = """
for tenant in ("acme", "globex"):
    for name in ("ci", "desk"):
        ApiKey(f"{name}-{tenant}", name=name, role="ZDX Read-only Admin", tenant=tenant)
"""


PREVIEW = ("preview",)
UP = ("up", "--yes", "--skip-preview")
UP_AND_REFRESH = (*UP, "--refresh")
REFRESH = ("refresh", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")


@pytest.fixture
def entries(tenant: RunningEmulator, globex: RunningEmulator) -> dict[str, Any]:
    """A entry for each tenant."""
    return {"acme": tenant.settings("acme"), "globex": globex.settings("globex")}


@pytest.fixture
def in_tenants(project: PulumiProject, entries: dict[str, Any]) -> PulumiProject:
    """A project whose config names both tenants, and whose key is in the entry acme."""
    project.configure({"zdx:tenants": entries})
    return project.program(IN_TENANT.format(tenant="acme"))


def test_commands_fail_if_the_environment_names_another_tenant(
    project: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    project.configure(dict.fromkeys(tenant.stack_config("acme")))
    project.environment.update(tenant.environment("acme"))
    project.up()
    project.environment.update(globex.environment("globex"))

    stopped = [
        project.fail(*command) for command in (PREVIEW, UP, UP_AND_REFRESH, REFRESH, DESTROY)
    ]

    for run in stopped:
        assert "belongs to the tenant acme, but the settings point to globex" in run.text
    assert globex.clients() == []
    assert_sound(project, tenant)


@pytest.mark.slow
def test_commands_that_run_the_program_fail_if_the_config_names_another_tenant(
    project: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    project.up()
    project.configure(globex.stack_config("globex"))

    of_the_state = [(*command, "--run-program") for command in (REFRESH, DESTROY)]
    commands = (PREVIEW, UP, UP_AND_REFRESH, *of_the_state)
    stopped = [project.fail(*command) for command in commands]

    for run in stopped:
        assert "belongs to the tenant acme, but the settings point to globex" in run.text
    assert globex.clients() == []
    assert_sound(project, tenant)


def test_refresh_and_destroy_without_the_program_use_the_last_config(
    project: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    """The engine hands a provider the config that the state has recorded, not the stack's."""
    project.up()
    project.configure(globex.stack_config("globex"))

    project.refresh("--expect-no-changes")
    project.destroy()

    assert tenant.clients() == []
    assert globex.requests() == []


def test_up_warns_once_of_a_secret_in_plain_text(
    project: PulumiProject, entries: dict[str, Any]
) -> None:
    project.configure({"zdx:tenants": {"acme": entries["acme"]}})
    project.program(TWO_KEYS_IN_EACH.replace(', "globex"', ","))

    warned = project.up()
    project.run("config", "set", "--secret", "zdx:clientSecret", entries["acme"]["clientSecret"])
    project.run(
        *("config", "set", "--secret", "--path", "zdx:tenants.acme.clientSecret"),
        entries["acme"]["clientSecret"],
    )

    assert warned.text.partition("Diagnostics:")[2].count("in plain text") == 1
    assert "zdx:clientSecret and zdx:tenants.acme.clientSecret are in the stack's" in warned.text
    assert "in plain text" not in project.up().text


def test_up_warns_of_a_mistyped_setting(project: PulumiProject) -> None:
    project.configure({"zdx:httproxy": "http://proxy.test:3128"})

    warned = project.up()

    assert "there is no setting zdx:httproxy. Did you mean zdx:httpProxy?" in warned.text


def test_up_authenticates_once_to_each_tenant_and_creates_its_keys(
    in_tenants: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    in_tenants.program(TWO_KEYS_IN_EACH)

    in_tenants.up()

    for each in (tenant, globex):
        assert sorted(client.name for client in each.clients()) == ["ci", "desk"]
        paths = Counter(request.path for request in each.requests())
        assert paths[TOKEN] == 1
    in_tenants.destroy()
    assert tenant.clients() == globex.clients() == []


@pytest.mark.slow
def test_up_replaces_a_key_whose_tenant_changes(
    in_tenants: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    in_tenants.up()
    in_tenants.program(IN_TENANT.format(tenant="globex"))

    preview = in_tenants.preview()
    in_tenants.up()

    assert "replace" in preview.text
    assert tenant.clients() == []
    assert_sound(in_tenants, globex)
    in_tenants.assert_no_changes()
