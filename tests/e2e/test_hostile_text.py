"""A tenant's texts on the real CLI, which obeys its own colour tags and ends at one it lacks."""

import pytest
from support.hostile import HOSTILE, TAG
from support.pulumi_project import PulumiProject, Run

from zdx_emulator.testing import RunningEmulator

COLORED = ("--color", "always")


def assert_sane(run: Run) -> None:
    """The CLI did not crash, and nothing of the tenant's reached the terminal as a command."""
    assert "goroutine" not in run.text
    assert not [c for c in ("\x1b[2J", "\x07", "\x9b", "\u202e", "\u200b") if c in run.text]


def test_up_escapes_a_hostile_marker_of_an_existing_key(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    tenant.create_client("ci", description=f"[pulumi {HOSTILE} #abc]")

    failed = project.up_fails(*COLORED)

    assert_sane(failed)
    assert rf"is managed by ci\x1b[2J\x07\x9b2K\u202e\u200b\ufeff\x3c{TAG[1:]}" in failed.text
    # A panic leaves the stack locked.
    locks = project.engine_folder / "state/.pulumi/locks"
    assert [file for file in locks.rglob("*") if file.is_file()] == []


@pytest.mark.parametrize("member", ["name", pytest.param("description", marks=pytest.mark.slow)])
def test_refresh_escapes_a_hostile_manual_change_and_up_corrects_it(
    created: PulumiProject, tenant: RunningEmulator, member: str
) -> None:
    (client,) = tenant.clients()
    tenant.change_client(client.id, **{member: HOSTILE})

    assert_sane(created.refresh("--diff", *COLORED))
    assert_sane(created.up("--diff", *COLORED))

    assert TAG not in getattr(tenant.client(client.id), member)


LOOKUPS = """
from zdx_provider import get_api_key

for found, by in ((ApiKey.get("found", {key_id!r}), "get"), (get_api_key(id={key_id!r}), "lookup")):
    for name in ("name", "description", "managed_by"):
        pulumi.export(f"{{name}} {{by}}", getattr(found, name))
"""


def test_lookup_of_a_hostile_key_escapes_exported_outputs(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    client = tenant.create_client(HOSTILE, description=f"{HOSTILE} [pulumi {HOSTILE} #abc]")
    project.program(LOOKUPS.format(key_id=client.id))

    assert_sane(project.up("--diff", *COLORED))
    assert_sane(project.up(*COLORED))
