"""A key that is made again: on request, tainted, or because the program says what replaces it."""

import pytest
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator

CREATE_FIRST = """
ApiKey(
    "ci",
    name="{name}",
    role="ZDX Read-only Admin",
    adopt={adopt},
    opts=pulumi.ResourceOptions(delete_before_replace=False, replace_on_changes=["name"]),
)
"""


@pytest.fixture
def first(created: PulumiProject, tenant: RunningEmulator) -> str:
    """The id of the project's key, which an `up` has made."""
    return assert_sound(created, tenant)


def test_replace_deletes_the_key_and_creates_it_again(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    project.up("--replace", project.urn_of("ci"))

    assert assert_sound(project, tenant) != first


def test_replace_with_create_first_is_refused_and_changes_nothing(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    project.program(CREATE_FIRST.format(name="ci", adopt=False))

    failed = project.up_fails("--replace", project.urn_of("ci"))

    assert "has this resource's ownership marker, but the state doesn't contain it" in failed.text
    assert assert_sound(project, tenant) == first


@pytest.mark.slow
def test_replace_with_create_first_and_adopt_keeps_the_key(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    before = project.key()["secret_id"]
    project.program(CREATE_FIRST.format(name="ci", adopt=True))

    done = project.up("--replace", project.urn_of("ci"))

    assert assert_sound(project, tenant) == first
    assert project.key()["previous_secret_id"] == before
    assert "was kept because" in done.text
    project.assert_no_changes()


@pytest.mark.slow
def test_replace_with_create_first_works_with_another_name(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    project.program(CREATE_FIRST.format(name="ci-2", adopt=False))

    project.up()

    assert assert_sound(project, tenant, "ci-2") != first
    assert [client.name for client in tenant.clients()] == ["ci-2"]
    project.assert_no_changes()
