"""A tenant's texts on the real CLI, which obeys its own colour tags and ends at one it lacks."""

from collections.abc import Callable

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
    # The panic left the stack locked.
    assert "locked" not in project.up_fails().text


@pytest.mark.parametrize("member", ["name", pytest.param("description", marks=pytest.mark.slow)])
def test_refresh_escapes_a_hostile_manual_change_and_up_corrects_it(
    project: PulumiProject, tenant: RunningEmulator, member: str
) -> None:
    project.up()
    (client,) = tenant.clients()
    tenant.change_client(client.id, **{member: HOSTILE})

    assert_sane(project.refresh("--diff", *COLORED))
    assert_sane(project.preview(*COLORED))
    assert_sane(project.up("--diff", *COLORED))

    project.assert_no_changes()
    assert TAG not in getattr(tenant.client(client.id), member)


LOOKUPS: dict[str, Callable[[str], str]] = {
    "get": lambda key_id: f'found = ApiKey.get("found", {key_id!r})',
    "get_api_key": lambda key_id: (
        f"from zdx_provider import get_api_key\nfound = get_api_key(id={key_id!r})"
    ),
}


@pytest.mark.parametrize("declare", LOOKUPS.values(), ids=tuple(LOOKUPS))
def test_lookup_of_a_hostile_key_escapes_exported_outputs(
    project: PulumiProject, tenant: RunningEmulator, declare: Callable[[str], str]
) -> None:
    client = tenant.create_client(HOSTILE, description=f"{HOSTILE} [pulumi {HOSTILE} #abc]")
    exports = [
        f'pulumi.export("{name}", found.{name})' for name in ("name", "description", "managed_by")
    ]
    project.program("\n".join([declare(client.id), *exports]))

    assert_sane(project.up("--diff", *COLORED))
    assert_sane(project.up(*COLORED))
