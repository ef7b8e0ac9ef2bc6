from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown
from support import samples

from zdx_provider.engine.lifecycle import find_failures, remove_unknowns
from zdx_provider.errors import ZdxError
from zdx_provider.keys.inputs import (
    ARGUMENTS,
    KeyInputs,
    find_broken_rules,
    find_expiry,
    parse_inputs,
)

DECLARED: dict[str, Any] = {
    **samples.DECLARED,
    "description": "",
    "token_lifetime_seconds": 3600.0,
    "__provider": "blob",
}

UNKNOWN = Unknown()  # type: ignore[no-untyped-call]  # pulumi does not annotate it
NAME = "must be 1 to 128 printable characters, without a space at the start or the end"
LIFETIME = "must be a whole number of seconds from 60 to 86400"
TRUTH = "must be true or false"


def broken(**changed: Any) -> list[tuple[str, str]]:
    """Each broken rule: the input that it names, and what it says of it."""
    found = find_failures({**DECLARED, **changed})
    # The engine prints the value of a failure's property, which may be a secret.
    assert [failure.property for failure in found] == [""] * len(found)
    return [(name, rule) for name, _, rule in (each.reason.partition(" ") for each in found)]


def test_check_names_each_invalid_rotation_member() -> None:
    rotation = {"secret_lifetime_days": 7.0, "keep_previous_days": -1.0}

    assert [name for name, _ in broken(rotation=rotation)] == [
        "rotation.secret_lifetime_days",
        "rotation.keep_previous_days",
    ]


def test_all_problems_of_a_rotation_are_named_at_once() -> None:
    rotation = {
        "secret_lifetime_days": 7.0,
        "rotate_before_expiry_days": 5.0,
        "keep_previous_days": 5.0,
        "lifetime": 90.0,
        "overlap": 7.0,
    }

    assert [name for name, _ in broken(rotation=rotation)] == [
        "rotation.secret_lifetime_days",
        "rotation.lifetime",
        "rotation.overlap",
        "rotation.keep_previous_days",
    ]


def test_check_reports_known_members_next_to_an_unknown_one() -> None:
    window = {"rotate_before_expiry_days": UNKNOWN, "keep_previous_days": 100.0}
    trigger = {"triggers": {"a": UNKNOWN}, "keep_previous_days": 30.0}

    assert broken(rotation=window) == []
    assert [name for name, _ in broken(rotation=trigger)] == ["rotation.keep_previous_days"]


def test_check_accepts_valid_inputs() -> None:
    assert broken() == []


@pytest.mark.parametrize("name", ["c", "c" * 128, "a b", "ключ", "名前", "[pulumi x #1]", "a#b/c"])
def test_check_accepts_any_printable_name(name: str) -> None:
    assert broken(name=name) == []


@pytest.mark.parametrize(
    "name", ["", " ", " ci", "ci ", "c" * 129, "a\nb", "a\tb", "\x1b[1m", "a\u200bb", 7.0, True]
)
def test_check_reports_an_invalid_name(name: object) -> None:
    assert broken(name=name) == [("name", NAME)]


@pytest.mark.parametrize("role", ["", " ZDX Super Admin", "a\nb", 7.0, ["ZDX Super Admin"]])
def test_check_reports_an_invalid_role(role: object) -> None:
    (failure,) = broken(role=role)

    assert failure[0] == "role"
    assert failure[1].startswith("must be the name of a ZDX role")


@pytest.mark.parametrize("seconds", [60.0, 3600.0, 86_400.0])
def test_check_accepts_whole_seconds_as_floats(seconds: float) -> None:
    assert broken(token_lifetime_seconds=seconds) == []


@pytest.mark.parametrize("seconds", [59.0, 86_401.0, 3600.5, -1.0, 0.0, "soon", True, [3600.0]])
def test_check_reports_an_invalid_token_lifetime(seconds: object) -> None:
    assert broken(token_lifetime_seconds=seconds) == [("token_lifetime_seconds", LIFETIME)]


@pytest.mark.parametrize("prop", ["enabled", "adopt"])
@pytest.mark.parametrize("value", ["true", 1.0, 0.0, []])
def test_check_reports_a_value_that_is_not_a_boolean(prop: str, value: object) -> None:
    assert broken(**{prop: value}) == [(prop, TRUTH)]


@pytest.mark.parametrize(
    ("prop", "value"), [("description", 7.0), ("tenant", 7.0), ("managed_by", [])]
)
def test_check_reports_a_value_that_is_not_text(prop: str, value: object) -> None:
    assert [failure[0] for failure in broken(**{prop: value})] == [prop]


def test_check_reports_every_broken_rule_once() -> None:
    assert [prop for prop, _ in broken(name=" ", enabled="no", token_lifetime_seconds=1.0)] == [
        "name",
        "enabled",
        "token_lifetime_seconds",
    ]


@pytest.mark.parametrize("prop", ["name", "role"])
def test_check_reports_a_missing_required_input(prop: str) -> None:
    declared = {key: value for key, value in DECLARED.items() if key != prop}

    assert [failure.reason.split()[0] for failure in find_failures(declared)] == [prop]


@given(st.sets(st.sampled_from(sorted(DECLARED.keys() | {"tenant"}))))
def test_check_accepts_unknown_values(props: set[str]) -> None:
    assert broken(**dict.fromkeys(props, UNKNOWN)) == []


def test_check_reports_a_broken_rule_next_to_an_unknown_value() -> None:
    assert broken(role=UNKNOWN, name=" ") == [("name", NAME)]


def test_remove_unknowns_removes_a_value_with_an_unknown_part() -> None:
    assert remove_unknowns({"a": [{"b": UNKNOWN}], "c": ["d"]}) == {"c": ["d"]}


@pytest.mark.parametrize(
    "rotation",
    [
        {},
        {"secret_lifetime_days": 30.0, "keep_previous_days": 0.0},
        {"rotate_before_expiry_days": 364.0, "keep_previous_days": 1.0},
        {"rotate_before_expiry_days": 183.0, "keep_previous_days": 182.0},
        {"end_overlap_early": True},
        {"secret_lifetime_days": 365.0},
        {"rotate_before_expiry_days": 1.0, "keep_previous_days": 0.0},
        {"triggers": {"release": "7", "count": 1.0}},
    ],
)
def test_check_accepts_a_valid_rotation(rotation: dict[str, Any]) -> None:
    assert broken(rotation=rotation) == []


@pytest.mark.parametrize(
    ("rotation", "shown"),
    [
        ({"secret_lifetime_days": 29.0}, "secret_lifetime_days must be a whole number of days"),
        ({"secret_lifetime_days": 366.0}, "secret_lifetime_days must be a whole number of days"),
        ({"secret_lifetime_days": 30.5}, "secret_lifetime_days must be a whole number of days"),
        ({"rotate_before_expiry_days": 0.0}, "rotate_before_expiry_days must be"),
        ({"keep_previous_days": -1.0}, "keep_previous_days must be"),
        ({"triggers": ["a"]}, "triggers must be a map"),
        ({"end_overlap_early": "yes"}, "end_overlap_early must be true or false"),
        ({"lifetime": 30.0}, "rotation.lifetime does not exist; rotation has: secret_lifetime"),
        ({"keep_previous_days": 30.0}, "keep_previous_days must be less than rotate_before_exp"),
        ({"rotate_before_expiry_days": 364.0}, "keep_previous_days must be at most 1, which is"),
        ("yearly", "must be a RotationArgs or a dict"),
    ],
)
def test_check_reports_an_invalid_rotation(rotation: object, shown: str) -> None:
    ((prop, reason),) = broken(rotation=rotation)

    assert prop.startswith("rotation")
    assert shown in f"{prop} {reason}"


@pytest.mark.parametrize("text", ["a\nb\tc", "naïve", "👩‍🚀", "[pulumi x #1]", "50 % <{ok}>"])
def test_check_accepts_any_printable_description(text: str) -> None:
    assert broken(description=text) == []


@pytest.mark.parametrize("text", ["\x1b[2J", "a\rb", "\x07", "\x9b1m", "<{%bogus%}>"])
def test_check_reports_a_description_with_control_characters_or_tags(text: str) -> None:
    ((name, rule),) = broken(description=text)

    assert name == "description"
    assert rule == "must be text without control characters or Pulumi color tags"


FULL = (
    "must have at most 224 characters: ZIdentity stores 256, and the ownership marker needs 32 "
    "of them"
)
NESTED = "keys/prod/acme:identity:Team$acme:identity:Pipeline$ci"


def test_description_fits_up_to_256_characters_with_its_marker() -> None:
    assert broken(description="é" * 224) == []
    assert broken(description="é" * 225) == [("description", FULL)]


def test_description_that_fits_no_longer_below_a_longer_parent_breaks_a_rule() -> None:
    ((name, rule),) = broken(description="x" * 224, managed_by=NESTED)

    assert name == "description"
    assert "at most 182 characters" in rule


def test_description_of_a_key_without_an_owner_may_fill_all_characters() -> None:
    assert broken(description="x" * 256, managed_by="") == []
    assert broken(description="x" * 257, managed_by="") == [
        ("description", "must have at most 256 characters: ZIdentity stores 256")
    ]


@pytest.mark.parametrize("description", ["", "x", UNKNOWN])
def test_owner_that_fits_into_no_description_is_reported_at_managed_by(description: object) -> None:
    ((name, rule),) = broken(description=description, managed_by="x" * 238)

    assert name == "managed_by"
    assert rule.startswith("must have at most 237 characters")
    assert "has 238. Give the resource a shorter name" in rule


def test_longest_owner_is_good_without_a_text_only() -> None:
    assert broken(managed_by="x" * 237) == []
    ((name, rule),) = broken(managed_by="x" * 237, description="x")
    assert (name, rule.startswith("must have at most 0 characters")) == ("description", True)


def test_excess_text_is_reported_beside_another_broken_rule() -> None:
    assert [name for name, _ in broken(description="x" * 225, name=" ")] == ["description", "name"]


@pytest.mark.parametrize("name", ["<{%bogus%}>", "a<{%"])
def test_check_reports_a_name_with_a_color_tag(name: str) -> None:
    assert broken(name=name) == [("name", NAME)]


# A text that is too long breaks a rule of its length, which the test below has no value for.
VALUES = st.text(max_size=100) | st.floats()
DECLARABLE = sorted(KeyInputs.model_fields.keys() - {"secret_inputs", "rotation"})


@given(st.dictionaries(st.sampled_from(DECLARABLE), VALUES))
def test_check_never_repeats_the_value(values: dict[str, Any]) -> None:
    broken = find_broken_rules({**DECLARED, **values})
    unlike_any_value = find_broken_rules({**DECLARED, **dict.fromkeys(values, object())})

    assert broken.items() <= unlike_any_value.items()


TEXTS = [name for name in sorted(ARGUMENTS) if isinstance(DECLARED.get(name), str)]


@pytest.mark.parametrize("name", TEXTS)
def test_check_refuses_a_control_character_in_every_text(name: str) -> None:
    assert name in find_broken_rules({**DECLARED, name: "a\x1b[2J"})


def test_parse_refuses_inputs_that_check_has_not_accepted() -> None:
    with pytest.raises(ZdxError) as refused:
        parse_inputs({**DECLARED, "enabled": "yes", "token_lifetime_seconds": 1.0})

    assert str(refused.value) == (
        f"the inputs of the key cannot be used: enabled {TRUTH}; token_lifetime_seconds {LIFETIME}."
        " Run pulumi up again."
    )


@pytest.mark.parametrize(
    ("held", "expiry"),
    [
        ("2026-03-10", "2026-03-10"),
        ("missing", "missing"),
        ("2026-02-30", None),
        (7.0, None),
        (None, None),
    ],
)
def test_expiry_in_a_state_is_a_date_or_missing(held: object, expiry: str | None) -> None:
    assert find_expiry({"secret_expires_on": held}) == expiry
