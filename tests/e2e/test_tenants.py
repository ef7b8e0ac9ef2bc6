"""Keys in more than one tenant, and settings that name the wrong one."""

from collections import Counter
from typing import Any

import pytest
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import (
    ADMIN_ID,
    LoggedRequest,
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

    stopped = [project.fail(*command) for command in (UP_AND_REFRESH, DESTROY)]

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


def test_destroy_without_the_program_uses_the_last_config(
    created: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    """The engine hands a provider the config that the state has recorded, not the stack's."""
    created.configure(globex.stack_config("globex"))

    created.destroy()

    assert tenant.clients() == []
    assert globex.requests() == []


def test_preview_warns_once_of_secrets_in_plain_text_and_of_a_mistyped_setting(
    in_tenants: PulumiProject, entries: dict[str, Any]
) -> None:
    in_tenants.configure({"zdx:httproxy": "http://proxy.test:3128"})

    warned = in_tenants.program(TWO_KEYS_IN_EACH).run("preview").text.partition("Diagnostics:")[2]

    paths = ("zdx:clientSecret", *(f"zdx:tenants.{name}.clientSecret" for name in entries))
    assert f"{' and '.join(paths)} are in the stack's config in plain text" in warned
    assert warned.count("in plain text") == 1
    assert "there is no setting zdx:httproxy. Did you mean zdx:httpProxy?" in warned


def test_up_sends_only_the_documented_requests_to_each_tenant(
    in_tenants: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    in_tenants.program(TWO_KEYS_IN_EACH).up()

    for each in (tenant, globex):
        assert sorted(client.name for client in each.clients()) == ["ci", "desk"]
        assert {request.client_id for request in each.requests()} == {ADMIN_ID}
        assert Counter(_kind(request) for request in each.requests()) == {
            "POST token": 1,
            "GET resource-servers": 1,
            "GET api-clients": 3,  # one before all, and one beside the secret of each key
            "POST api-clients": 2,
            "POST secrets": 2,
        }


def _kind(request: LoggedRequest) -> str:
    return f"{request.method} {request.path.rpartition('/')[2]}"


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
