"""Keys and roles that a program looks up while it runs."""

import textwrap
from collections import Counter
from typing import Any

import pytest
from support.pulumi_project import PulumiProject, Run

from zdx_emulator.testing import (
    ADMIN_SECRET,
    RunningEmulator,
)

IMPORTS = """
from zdx_provider import (
    get_api_key, get_api_key_output, get_api_keys, get_api_keys_output, get_roles, get_roles_output
)
"""
ONE_LOOKUP = 'get_api_key(name="shared")'
DEPENDENT = """
key = ApiKey("ci", name="ci", role="ZDX Read-only Admin")
found = get_api_key_output(id=key.key_id)
pulumi.export("owner", found.managed_by)
"""


def program(project: PulumiProject, text: str) -> PulumiProject:
    return project.program(IMPORTS + textwrap.dedent(text))


def one_line(failed: Run) -> str:
    """What a program that ended shows: one line of its own, and no traceback."""
    assert "Traceback" not in failed.text
    shown = {
        line.partition("error: ")[2] for line in failed.text.splitlines() if "error: get_" in line
    }
    (line,) = shown
    return line


def test_lookup_of_keys_and_roles_works_in_a_preview(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client("shared", role="ZDX Super Admin")
    secret = tenant.add_secret(client.id)
    program(
        project,
        """
        key = get_api_key(name="shared")
        assert get_api_key(id=key.key_id) == key
        pulumi.export("key", key)
        pulumi.export("names", [key.name for key in get_api_keys()])
        pulumi.export("roles", get_roles())
        pulumi.export("same_key", get_api_key_output(name="shared").key_id)
        pulumi.export("same_names", get_api_keys_output().apply(lambda keys: [keys[0].name]))
        pulumi.export("same_roles", get_roles_output())
        """,
    )

    assert client.id in project.preview().text
    project.up()

    outputs = project.outputs()
    assert outputs["key"]["key_id"] == outputs["same_key"] == client.id
    assert outputs["key"]["role"] == "ZDX Super Admin"
    assert [held["id"] for held in outputs["key"]["secrets"]] == [secret.id]
    assert outputs["names"] == outputs["same_names"] == ["shared"]
    assert "ZDX Read-only Admin" in [role["name"] for role in outputs["roles"]]
    assert outputs["same_roles"] == outputs["roles"]


@pytest.mark.slow
def test_lookup_stays_unknown_until_its_arguments_are_known(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    program(project, DEPENDENT)

    preview = project.preview()

    assert "owner: [unknown]" in preview.text
    assert not [request for request in tenant.requests() if "api-clients/" in request.path]
    project.up()
    assert project.outputs() == {"owner": "keys/test/ci"}


@pytest.mark.parametrize(
    "text",
    [
        'get_api_key(name="shred")',
        pytest.param('get_api_key_output(name="shred")', marks=pytest.mark.slow),
        'ApiKey("b", role="ZDX Read-only Admin", name=get_api_key_output(name="shred").name)',
    ],
    ids=["plain", "output", "input of a resource"],
)
def test_lookup_of_a_missing_key_fails_in_one_line(
    project: PulumiProject, tenant: RunningEmulator, text: str
) -> None:
    client = tenant.create_client("shared")
    program(project, text)

    line = one_line(project.fail("preview"))

    assert line == (
        'get_api_key: the tenant acme has no ZDX key named "shred". '
        f'Similar: "shared" ({client.id}). Keys created in the ZDX portal are not in ZIdentity. '
        "To see the keys in ZIdentity, run zdx-keys list."
    )


@pytest.mark.parametrize(
    ("setting", "value", "complaint"),
    [
        ("zdx:clientSecret", "obviously-wrong", "ZIdentity refused the client ID with"),
        pytest.param(
            *("zdx:clientSecret", None, "the setting zdx:clientSecret is missing"),
            marks=pytest.mark.slow,
        ),
    ],
    ids=["refused", "missing"],
)
def test_lookup_with_unusable_settings_fails_in_one_line(
    project: PulumiProject, setting: str, value: str | None, complaint: str
) -> None:
    project.configure({setting: value})
    program(project, ONE_LOOKUP)

    line = one_line(project.fail("preview"))

    assert complaint in line
    assert "obviously-wrong" not in "".join(project.transcript)


def test_lookup_reads_the_named_tenant(
    project: PulumiProject, tenant: RunningEmulator, globex: RunningEmulator
) -> None:
    here, there = tenant.create_client("shared"), globex.create_client("shared")
    project.configure({"zdx:tenants": {"globex": globex.settings("globex")}})
    program(
        project,
        """
        pulumi.export("here", get_api_key(name="shared").key_id)
        there = get_api_key_output(name="shared", tenant=pulumi.Output.from_input("globex"))
        pulumi.export("there", there.key_id)
        pulumi.export("tenant", there.vanity_domain)
        """,
    )

    project.up()

    assert project.outputs() == {"here": here.id, "there": there.id, "tenant": "globex"}


@pytest.mark.slow
def test_lookups_of_a_program_share_one_session(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    names = [f"shared-{number}" for number in range(8)]
    for name in names:
        tenant.create_client(name)
    program(
        project,
        f"""
        for name in {names}:
            get_api_key_output(name=name)
        get_api_key(name="shared-0")
        """,
    )

    project.run("preview")

    calls = Counter(request.path.rpartition("/")[2] for request in tenant.requests())
    assert calls == {"token": 1, "resource-servers": 1, "api-clients": 9, "secrets": 9}


def test_lookup_shows_and_stores_no_secret(
    project: PulumiProject, settings: dict[str, Any], tenant: RunningEmulator
) -> None:
    client = tenant.create_client("shared")
    value = tenant.add_secret(client.id).value
    project.configure({"zdx:clientSecret": None})
    project.run("config", "set", "--secret", "zdx:clientSecret", settings["zdx:clientSecret"])
    program(project, 'pulumi.export("all", [get_api_key(name="shared"), get_api_keys()])')

    said = project.up()

    assert "in plain text" not in said.text
    kept = [file.read_bytes() for file in project.engine_folder.rglob("*") if file.is_file()]
    texts = [*(text.encode() for text in project.transcript), *kept]
    for secret in (value, ADMIN_SECRET):
        assert not [text for text in texts if str(secret).encode() in text]


@pytest.mark.slow
def test_lookup_by_a_secret_argument_hides_it_and_its_result(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    tenant.create_client("obviously-fake-secret-name")
    by_secret = "pulumi.export('id', get_api_key_output(name=pulumi.Output.secret({!r})).key_id)"
    program(project, by_secret.format("obviously-fake-secret-name"))
    assert "[secret]" in project.up().text

    program(project, by_secret.format("unheard-of"))
    line = one_line(project.fail("preview"))

    assert 'no ZDX key named "[secret]"' in line
    assert "unheard-of" not in "".join(project.transcript)
