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


# The cloud's own addresses, behind a proxy that lets nothing leave this machine.
OWN_ADDRESSES = {"zdx:apiUrl": None, "zdx:tokenUrl": None, "zdx:httpProxy": "http://127.0.0.1:1"}
REFRESH = ("refresh", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")
COMMANDS = [
    ("preview",),
    ("up", "--yes", "--skip-preview"),
    ("up", "--yes", "--skip-preview", "--refresh"),
    REFRESH,
    DESTROY,
]


@pytest.fixture
def entries(tenant: RunningEmulator, globex: RunningEmulator) -> dict[str, Any]:
    """A entry for each tenant."""
    return {"acme": tenant.settings("acme"), "globex": globex.settings("globex")}


@pytest.fixture
def in_tenants(project: PulumiProject, entries: dict[str, Any]) -> PulumiProject:
    """A project whose config names both tenants, and whose key is in the entry acme."""
    project.configure({"zdx:tenants": entries})
    return project.program(IN_TENANT.format(tenant="acme"))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_environment_that_names_another_tenant_stops_every_command(
    project: PulumiProject,
    tenant: RunningEmulator,
    globex: RunningEmulator,
    command: tuple[str, ...],
) -> None:
    project.configure(dict.fromkeys(tenant.stack_config("acme")))
    project.environment.update(tenant.environment("acme"))
    project.up()
    project.environment.update(globex.environment("globex"))

    stopped = project.fail(*command)

    assert "belongs to the tenant acme, but the settings point to globex" in stopped.text
    assert globex.clients() == []
    assert_sound(project, tenant)


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS[:3],
        (*REFRESH, "--run-program"),
        (*DESTROY, "--run-program"),
    ],
    ids=" ".join,
)
def test_config_that_names_another_tenant_stops_every_command_that_runs_the_program(
    project: PulumiProject,
    tenant: RunningEmulator,
    globex: RunningEmulator,
    command: tuple[str, ...],
) -> None:
    project.up()
    project.configure(globex.stack_config("globex"))

    stopped = project.fail(*command)

    assert "belongs to the tenant acme, but the settings point to globex" in stopped.text
    assert globex.clients() == []
    assert_sound(project, tenant)


def test_without_the_program_refresh_and_destroy_use_the_config_of_the_last_up(
    project: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    """The engine hands a provider the config that the state has recorded, not the stack's."""
    project.up()
    project.configure(globex.stack_config("globex"))

    project.refresh("--expect-no-changes")
    project.destroy()

    assert tenant.clients() == []
    assert globex.requests() == []


@pytest.mark.parametrize("variable", ["ZSCALER_API_URL", "ZSCALER_TOKEN_URL"])
def test_an_address_left_over_in_the_environment_gets_no_credentials_of_the_config(
    project: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator, variable: str
) -> None:
    project.configure(OWN_ADDRESSES)
    project.environment[variable] = globex.environment()[variable]

    stopped = project.fail("preview")

    assert f"{variable} in the environment would send the credentials" in stopped.text
    assert globex.requests() == tenant.requests() == []


def test_a_zia_cloud_in_the_environment_stops_before_anything_is_sent(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.configure(OWN_ADDRESSES)
    project.environment["ZSCALER_CLOUD"] = "zscalertwo"

    stopped = project.fail("preview")

    assert "Leave the cloud unset" in stopped.text
    assert "ZSCALER_CLOUD" in stopped.text
    assert tenant.requests() == []


def test_a_secret_in_plain_text_is_warned_of_once_a_run(
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


def test_a_mistyped_setting_is_warned_of(project: PulumiProject) -> None:
    project.configure({"zdx:httproxy": "http://proxy.test:3128"})

    warned = project.up()

    assert "there is no setting zdx:httproxy. Did you mean zdx:httpProxy?" in warned.text


def test_each_tenant_has_its_keys_and_is_authenticated_to_once(
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


def test_a_key_declared_in_another_tenant_is_made_there_and_ended_where_it_was(
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


def test_a_key_whose_tenant_entry_was_renamed_is_removed_from_its_tenant(
    in_tenants: PulumiProject, entries: dict[str, Any], tenant: RunningEmulator
) -> None:
    in_tenants.up()
    in_tenants.configure({"zdx:tenants": {"headquarters": entries["acme"]}})
    in_tenants.program(IN_TENANT.format(tenant="headquarters"))

    in_tenants.destroy("--run-program")

    assert tenant.clients() == []
