from dataclasses import replace
from pathlib import Path

import pytest
from support.samples import CLAIM, a_key

from zdx_provider.cli.import_file import Home, NothingToImport, Place, named
from zdx_provider.cli.stack import Stack
from zdx_provider.keys.key import Mark
from zdx_provider.keys.owner import Owner, Urn
from zdx_provider.zidentity import Scope

TEAM = Urn("prod", "keys", ("x:y:Team",), "backend")
HOME = Home(
    Stack(Path.cwd(), "prod"),
    "keys/prod",
    frozenset({"held-1"}),
    frozenset({Place("held")}),
    {TEAM.types: TEAM},
)
BY_HAND = replace(a_key(), mark=None)


def marked(who: str) -> Mark:
    return Mark(who, CLAIM)


def test_a_key_made_by_hand_can_be_imported_anywhere() -> None:
    assert HOME.reason_against(BY_HAND) is None
    assert Home().reason_against(BY_HAND) is None


@pytest.mark.parametrize("who", ["other/prod/ci", "keys/production/ci", "keys/pro/ci"])
def test_a_key_of_another_stack_is_left_out_by_its_owner(who: str) -> None:
    reason = HOME.reason_against(replace(BY_HAND, mark=marked(who)))

    assert reason is not None
    assert f"belongs to {who}" in reason


def test_a_key_of_this_stack_is_left_out_only_where_the_state_holds_it() -> None:
    ours = replace(BY_HAND, mark=marked("keys/prod/ci"))

    assert HOME.reason_against(ours) is None
    assert HOME.reason_against(replace(ours, id="held-1")) == "is in this stack already."
    assert Home().reason_against(ours)


def test_a_key_with_two_roles_is_left_out() -> None:
    two = (Scope(id="zdx::1", name="a"), Scope(id="zdx::2", name="b"))

    assert "holds 2 ZDX roles" in str(HOME.reason_against(replace(BY_HAND, roles=two)))


@pytest.mark.parametrize("parents", [(), ("x:y:Team",)])
@pytest.mark.parametrize("name", ["ci", "team/ci", "team::ci", "a$b", """a "b" 'c' #1] """, "é\n"])
def test_a_key_of_this_stack_gets_the_place_back_that_it_had(
    name: str, parents: tuple[str, ...]
) -> None:
    ours = replace(BY_HAND, mark=marked(str(Owner("keys", "prod", parents, name))))

    assert HOME.reason_against(ours) is None
    assert HOME.choose_places([ours]) == [Place(name, parents)]


def test_a_key_made_by_hand_gets_a_name_that_no_other_has() -> None:
    ours = replace(BY_HAND, id="key-2", mark=marked("keys/prod/ci"))
    copy = replace(ours, id="key-3")
    held = replace(BY_HAND, id="key-4", mark=marked("keys/prod/held"))

    places = HOME.choose_places([BY_HAND, ours, copy, held])

    assert [place.name for place in places] == ["ci-2", "ci", "ci-3", "held-2"]


def test_a_key_below_a_parent_that_is_gone_too_is_left_out_with_the_command_for_it() -> None:
    parents = ("x:y:Team", "x:y:Group")
    lost = replace(BY_HAND, mark=marked(str(Owner("keys", "prod", parents, "ci"))))

    reason = HOME.reason_against(lost)

    assert reason is not None
    assert (
        "pulumi up --target '**::x:y:Team::**' --target '**::x:y:Team$x:y:Group::**' --stack prod."
    ) in reason


def test_a_name_means_each_key_that_has_it_and_an_id_one() -> None:
    keys = [replace(BY_HAND, id=f"id-{number}", name=name) for number, name in enumerate("bab")]

    assert [key.id for key in named(keys, ())] == ["id-1", "id-0", "id-2"]
    assert [key.id for key in named(keys, ["b"])] == ["id-0", "id-2"]
    assert [key.id for key in named(keys, ["id-2", "a"])] == ["id-1", "id-2"]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(NothingToImport, match='id or name "x", "y"'):
        named([BY_HAND], ["y", "ci", "x"])
