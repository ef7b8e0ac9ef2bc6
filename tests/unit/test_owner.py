import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zdx_provider.keys.marker import OwnershipMarker, format_description, split_description
from zdx_provider.keys.owner import KEY_TYPE, Owner, Urn

PIECES = [*"$/:]% \n\x1baé", "::", " #", "#1]", "[pulumi ", "%24"]
NAMES = st.lists(st.sampled_from(PIECES), min_size=1).map("".join) | st.text(min_size=1)
TYPES = st.sampled_from(["x:y:Team", "aws:s3/bucket:Bucket", "x#[1]"])
OWNERS = st.builds(
    Owner,
    project=st.sampled_from(["keys", "my.keys"]),
    stack=st.sampled_from(["prod", "p-1"]),
    parents=st.lists(TYPES, max_size=2).map(tuple),
    name=NAMES,
)


@pytest.mark.parametrize(
    ("owner", "text"),
    [
        (Owner("keys", "prod", (), "ci"), "keys/prod/ci"),
        (Owner("keys", "prod", ("x:y:Team",), "ci"), "keys/prod/x:y:Team$ci"),
        (Owner("keys", "prod", (), "team::ci/a b"), "keys/prod/team::ci/a b"),
        (Owner("keys", "prod", (), "x:y:Team$ci"), "keys/prod/x:y:Team%24ci"),
        (Owner("keys", "prod", (), "50% #1]\n"), "keys/prod/50%25 %231%5D%0A"),
    ],
)
def test_format_owner_is_readable_and_unambiguous(owner: Owner, text: str) -> None:
    assert str(owner) == text


@given(OWNERS)
def test_parse_owner_reads_any_owner_from_its_marker(owner: Owner) -> None:
    description = format_description("[pulumi ", OwnershipMarker(str(owner), "0a"))

    text, mark = split_description(description)

    assert (text, mark) == ("[pulumi ", OwnershipMarker(str(owner), "0a"))
    assert Owner.parse(str(owner)) == owner
    assert str(owner).isprintable()


@given(OWNERS, OWNERS)
def test_format_owner_is_unique_for_each_owner(one: Owner, other: Owner) -> None:
    assume(one != other)

    assert str(one) != str(other)


@given(OWNERS)
def test_parse_urn_reads_the_urn_of_any_owner(owner: Owner) -> None:
    urn = owner.urn

    assert Urn.parse(str(urn)) == urn
    assert Owner.from_urn(urn) == owner


@pytest.mark.parametrize("text", ["", "keys", "keys/prod", "keys/prod/", "//ci", "manually"])
def test_parse_owner_returns_none_for_other_text(text: str) -> None:
    assert Owner.parse(text) is None


def test_parse_urn_refuses_other_text() -> None:
    assert Urn.parse(f"urn:pulumi:s::p::a:b:C${KEY_TYPE}::n::m").name == "n::m"
    for text in ("", "urn:pulumi:", "urn:pulumi:s::p::t", "urn:other:s::p::t::n"):
        with pytest.raises(ValueError, match="not a URN"):
            Urn.parse(text)
