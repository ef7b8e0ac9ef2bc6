"""A declaration that is renamed or moved: with an alias, with adoption, and with neither."""

import re

import pytest
from support.pulumi_project import PulumiProject
from support.soundness import assert_sound

from zdx_emulator.testing import RunningEmulator

RENAMED = """
ApiKey(
    "build",
    name="ci",
    role="ZDX Read-only Admin",
    adopt={adopt},
    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="ci")] if {alias} else None),
)
"""

IN_A_COMPONENT = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:teams:Team", name)
        aliases = [pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)] if {alias} else None
        options = pulumi.ResourceOptions(parent=self, aliases=aliases)
        ApiKey("ci", name="ci", role="ZDX Read-only Admin", adopt={adopt}, opts=options)

Team("platform")
"""


ODD = """
class Team(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:teams:Team", name)

opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent={parent}), {opts})
ApiKey('''{name}''', name="ci", role="ZDX Read-only Admin", opts=opts)
"""


@pytest.fixture
def first(created: PulumiProject, tenant: RunningEmulator) -> str:
    """The id of the project's key, which an `up` has made."""
    return assert_sound(created, tenant)


@pytest.mark.parametrize(
    ("program", "place"),
    [
        pytest.param(RENAMED, "keys/test/build", marks=pytest.mark.slow),
        (IN_A_COMPONENT, "keys/test/acme:teams:Team$ci"),
    ],
    ids=["renamed", "moved"],
)
def test_up_with_an_alias_keeps_the_key_and_rewrites_its_marker(
    project: PulumiProject,
    tenant: RunningEmulator,
    first: str,
    program: str,
    place: str,
) -> None:
    secret = project.key()["key_secret"]
    project.program(program.format(alias=True, adopt=False))

    project.up()

    assert assert_sound(project, tenant) == first
    assert project.key()["key_secret"] == secret
    assert f"[pulumi {place} #" in tenant.client(first).description
    project.program(program.format(alias=False, adopt=False))
    project.assert_no_changes()


@pytest.mark.slow
def test_up_without_an_alias_is_refused_until_adopt(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    before = project.key()
    project.program(IN_A_COMPONENT.format(alias=False, adopt=False))
    refused = project.up_fails()
    project.program(IN_A_COMPONENT.format(alias=False, adopt=True))

    project.up()

    assert "is managed by keys/test/ci. If that is this resource before it was" in refused.text
    assert assert_sound(project, tenant) == first
    assert tenant.token_for(first, before["key_secret"])
    project.assert_no_changes()


@pytest.mark.slow
@pytest.mark.parametrize(
    "parent",
    [pytest.param("None", marks=pytest.mark.slow), 'Team("platform ::1")'],
    ids=["renamed", "moved"],
)
def test_up_with_the_alias_from_a_refusal_keeps_the_key(
    project: PulumiProject, tenant: RunningEmulator, parent: str
) -> None:
    project.program(
        ODD.format(name="""a "b" 'c'$d::e/f #1] \\\\ g""", opts="None", parent="None")
    ).up()
    first = assert_sound(project, tenant)
    project.program(ODD.format(name="new", opts="None", parent=parent))

    refused = project.up_fails("--suppress-progress", "--color=never")

    (opts,) = set(
        re.findall(r"opts=(pulumi\.ResourceOptions\(aliases=.*\))\. To take", refused.text)
    )
    project.program(ODD.format(name="new", opts=opts, parent=parent)).up()
    assert assert_sound(project, tenant) == first
    project.assert_no_changes()


@pytest.mark.slow
def test_state_rename_keeps_the_key(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    project.run("state", "rename", "--yes", project.urn_of("ci"), "build")
    project.program(RENAMED.format(alias=False, adopt=False))

    project.up()

    assert assert_sound(project, tenant) == first
    assert "[pulumi keys/test/build #" in tenant.client(first).description
    project.assert_no_changes()


@pytest.mark.slow
def test_stack_rename_keeps_the_key(
    project: PulumiProject, tenant: RunningEmulator, first: str
) -> None:
    project.run("stack", "rename", "production")
    project.stack = "production"

    project.up()

    assert assert_sound(project, tenant) == first
    assert "[pulumi keys/production/ci #" in tenant.client(first).description
    project.assert_no_changes()


@pytest.mark.slow
def test_up_keeps_keys_of_one_logical_name_under_different_parents_separate(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    team = """
        class {type}(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("acme:teams:{type}", name)
                options = pulumi.ResourceOptions(parent=self)
                ApiKey("ci", name="ci-of-{type}", role="ZDX Read-only Admin", opts=options)

        {type}("platform")
        """
    project.program(team.format(type="Builders") + team.format(type="Watchers"))
    project.up()
    assert assert_sound(project, tenant, "ci-of-Builders")
    watcher = assert_sound(project, tenant, "ci-of-Watchers")
    project.program(team.format(type="Watchers"))

    project.up()

    assert [client.id for client in tenant.clients()] == [watcher]
    assert assert_sound(project, tenant, "ci-of-Watchers") == watcher
