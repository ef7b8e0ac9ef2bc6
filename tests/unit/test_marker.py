import string
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.description_lengths import format_table, measure_name
from zdx_provider.keys.marker import (
    MAX_OWNER_LENGTH,
    OwnershipMarker,
    compute_max_text_length,
    create_ownership_id,
    format_description,
    split_description,
)

OWNERSHIP_IDS = st.text(string.digits + string.ascii_lowercase, min_size=1)
PIECES = ["[pulumi ", "]", "[", " #", "#", "\n", " ", "a", "/", "[pulumi p/s/n #ab12]"]
DESCRIPTIONS = st.text() | st.lists(st.sampled_from(PIECES)).map("".join)
OWNERS = st.lists(
    st.sampled_from(["]", "[", " #", "#", " ", "/", "$", ":", "keys", "ü"]), min_size=1
).map("".join)


@given(DESCRIPTIONS, OWNERS, OWNERSHIP_IDS)
@example("", "keys/prod/ci", "ab12")
@example("ends with a space ", "keys/prod/ci", "ab12")
@example("[pulumi other/prod/ci #cd34]", "keys/prod/ci", "ab12")
@example("text", "keys/prod/a #b]", "ab12")
def test_split_description_returns_text_and_marker(
    description: str, who: str, ownership_id: str
) -> None:
    marker = OwnershipMarker(who, ownership_id)

    assert split_description(format_description(description, marker)) == (description, marker)


def test_format_description_without_text_is_only_the_marker() -> None:
    assert (
        format_description("", OwnershipMarker("keys/prod/ci", "0a")) == "[pulumi keys/prod/ci #0a]"
    )


def test_format_description_shows_owner_and_ownership_id() -> None:
    marker = OwnershipMarker("zdx-keys/prod/ci", "ab12")

    assert format_description("for CI", marker) == "for CI [pulumi zdx-keys/prod/ci #ab12]"


@pytest.mark.parametrize(
    "remote",
    [
        "",
        "for CI",
        "[pulumi keys/prod/ci #ab12] and more",
        "[pulumi keys/prod/ci #ab12]\n",
        "[pulumi keys/prod/ci]",
        "[pulumi keys/prod/ci #]",
        "[pulumi keys/prod/ci #AB12]",
        "[pulumi keys/prod/ci#ab12]",
        "[pulumi  #ab12",
        "[Pulumi keys/prod/ci #ab12]",
        "pulumi keys/prod/ci #ab12]",
    ],
)
def test_split_description_keeps_text_that_is_not_a_marker(remote: str) -> None:
    assert split_description(remote) == (remote, None)


def test_split_description_reads_only_the_last_marker() -> None:
    remote = "[pulumi a/b/c #1] [pulumi keys/prod/ci #2]"

    assert split_description(remote) == ("[pulumi a/b/c #1]", OwnershipMarker("keys/prod/ci", "2"))


def test_split_description_reads_a_marker_without_a_space_before_it() -> None:
    assert split_description("text[pulumi a/b/c #1]") == ("text", OwnershipMarker("a/b/c", "1"))


@pytest.mark.parametrize("owner_length", [5, 16, 81, MAX_OWNER_LENGTH - 2, MAX_OWNER_LENGTH - 1])
def test_longest_text_and_its_marker_fill_a_description(owner_length: int) -> None:
    owner = "x" * owner_length
    marker = OwnershipMarker(owner, create_ownership_id())

    length = compute_max_text_length(owner)

    assert len(format_description("t" * length, marker)) == 256 - (length == 0)
    assert len(format_description("t" * (length + 1), marker)) > 256


def test_longest_owner_leaves_no_text() -> None:
    owner = "x" * MAX_OWNER_LENGTH

    assert len(str(OwnershipMarker(owner, create_ownership_id()))) == 256
    assert compute_max_text_length(owner) == 0


def test_ownership_ids_differ() -> None:
    assert len({create_ownership_id() for _ in range(100)}) == 100


def test_documentation_has_the_measured_lengths() -> None:
    page = (Path(__file__).parents[2] / "docs" / "ownership.md").read_text()

    assert format_table() in page
    assert f"a logical name of up to {measure_name()} letters" in page
