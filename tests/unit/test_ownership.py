"""The table of what create does about a key that has the declared name already."""

import ast
import re
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.samples import API, OWNER, OWNERSHIP_ID, build_key, build_secret

from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.owner import KEY_TYPE, Owner
from zdx_provider.keys.ownership import (
    KeyConflictError,
    TakeOverOptions,
    choose_key_to_take_over,
)
from zdx_provider.zidentity import ApiResource, ClientAuthentication, Scope

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
OURS = OwnershipMarker(OWNER, OWNERSHIP_ID)
THEIRS = OwnershipMarker("keys/prod/other", OWNERSHIP_ID)

MARKS = st.sampled_from([None, OURS, OwnershipMarker(OWNER, "another"), THEIRS])
SECRETS = st.integers(0, 3)
PERMISSIONS = st.builds(TakeOverOptions, adopt=st.booleans(), resume_interrupted=st.booleans())


def build_found_key(
    identifier: str = "key-1", mark: OwnershipMarker | None = None, secrets: int = 1
) -> Key:
    held = tuple(build_secret(f"{identifier}-secret-{number}") for number in range(secrets))
    return build_key(identifier, marker=mark, description="", secrets=held)


@st.composite
def found_keys(draw: st.DrawFn) -> list[Key]:
    count = draw(st.integers(0, 3))
    return [build_found_key(f"key-{n}", draw(MARKS), draw(SECRETS)) for n in range(count)]


def choose(
    found: list[Key],
    options: TakeOverOptions,
    declared: Authentication | None = None,
    owner: str = OWNER,
) -> Key | None:
    return choose_key_to_take_over(found, owner, options, declared, NOW)


def refusal(found: list[Key], options: TakeOverOptions | None = None) -> str:
    with pytest.raises(KeyConflictError) as refused:
        choose(found, options or TakeOverOptions())
    return str(refused.value)


def test_create_takes_over_nothing_if_the_name_is_free() -> None:
    assert choose([], TakeOverOptions()) is None


def test_create_finishes_its_own_key_without_a_secret() -> None:
    key = build_found_key(mark=OURS, secrets=0)

    assert choose([key], TakeOverOptions()) == key


def test_create_refuses_its_own_key_without_a_secret_if_it_has_other_permissions() -> None:
    resource = ApiResource(id=API, selected_scopes=(Scope(id="zia::1", name="ZIA Reader"),))
    key = build_key(marker=OURS, secrets=(), client_resources=(resource,))

    assert 'no secret yet, but it also has "ZIA Reader" of other services' in refusal([key])
    assert choose([key], TakeOverOptions(adopt=True)) == key
    assert choose([key], TakeOverOptions(resume_interrupted=True)) == key


def test_create_refuses_its_own_key_with_a_secret_and_explains_why() -> None:
    said = refusal([build_found_key(mark=OURS)])

    assert "Either a run was interrupted" in said
    assert "another copy of this stack's state" in said
    assert "pulumi config set zdx:resumeInterrupted true" in said


@pytest.mark.parametrize(
    "options", [TakeOverOptions(resume_interrupted=True), TakeOverOptions(adopt=True)]
)
def test_create_takes_over_its_own_key_with_a_secret_if_allowed(
    options: TakeOverOptions,
) -> None:
    key = build_found_key(mark=OURS)

    assert choose([key], options) == key


def test_create_refuses_a_key_of_another_resource_and_says_what_to_do() -> None:
    said = refusal([build_found_key(mark=THEIRS)])

    assert "is managed by keys/prod/other" in said
    assert "aliases=" in said
    assert "adopt=True" in said
    assert "another name" in said


def test_create_does_not_finish_a_key_of_another_resource() -> None:
    assert "is managed by keys/prod/other" in refusal([build_found_key(mark=THEIRS, secrets=0)])


def test_create_refuses_an_unmanaged_key_and_says_what_to_do() -> None:
    said = refusal([build_found_key()])

    assert "isn't managed by Pulumi" in said
    assert "adopt=True" in said
    assert "another name" in said


@pytest.mark.parametrize("mark", [None, THEIRS])
def test_adopt_takes_over_a_key_that_is_not_ours(mark: OwnershipMarker | None) -> None:
    key = build_found_key(mark=mark)

    assert choose([key], TakeOverOptions(adopt=True)) == key


@pytest.mark.parametrize("mark", [None, THEIRS])
def test_resume_interrupted_does_not_allow_a_key_that_is_not_ours(
    mark: OwnershipMarker | None,
) -> None:
    assert "adopt=True" in refusal(
        [build_found_key(mark=mark)], TakeOverOptions(resume_interrupted=True)
    )


def test_adopt_refuses_a_key_with_two_secrets_and_shows_the_command() -> None:
    said = refusal([build_found_key(mark=THEIRS, secrets=2)], TakeOverOptions(adopt=True))

    assert "key-1-secret-0, key-1-secret-1" in said
    assert "zdx-keys revoke key-1" in said


URL = Authentication(jwks_url="https://acme.example/jwks")


def build_keyless(mark: OwnershipMarker | None) -> Key:
    found = URL.to_client_authentication()
    return build_key(client_authentication=found, secrets=(), marker=mark)


def test_create_does_not_promise_an_overlap_to_a_key_without_a_secret() -> None:
    assert "declare adopt=True: it keeps its ID. Otherwise" in refusal([build_keyless(None)])


def test_adopt_refuses_to_remove_what_someone_may_authenticate_with() -> None:
    said = refusal([build_keyless(THEIRS)], TakeOverOptions(adopt=True))

    assert "authenticates with the keys of a JWKS URL, which someone may use" in said
    assert "The program declares a client secret." in said


def test_adopt_takes_a_key_whose_authentication_is_declared_as_well() -> None:
    key, adopt = build_keyless(THEIRS), TakeOverOptions(adopt=True)

    assert choose([key], adopt, URL) == key


def test_adopt_refuses_a_key_that_authenticates_in_an_unknown_way() -> None:
    found = ClientAuthentication(auth_type="OIDC")
    key = build_key(client_authentication=found, secrets=(), marker=THEIRS)

    with pytest.raises(KeyConflictError) as refused:
        choose([key], TakeOverOptions(adopt=True), URL)

    assert "with something that this version doesn't know, which someone may use" in (
        refused.value.problem
    )
    assert "import-file" not in refused.value.hint


def test_own_key_without_a_secret_is_complete_if_it_needs_none() -> None:
    key = build_keyless(OURS)

    with pytest.raises(KeyConflictError, match="zdx:resumeInterrupted true"):
        choose([key], TakeOverOptions(), URL)
    for declared in (URL, None):
        resume = TakeOverOptions(resume_interrupted=True)
        assert choose([key], resume, declared) == key


def test_adopt_of_a_key_that_needs_no_secret_slot_takes_one_with_two_secrets() -> None:
    key = build_found_key(mark=THEIRS, secrets=2)

    assert choose([key], TakeOverOptions(adopt=True), URL) == key


def test_adopt_refuses_two_keys_of_a_name_with_ids_and_owners() -> None:
    keys = [build_found_key("key-1", OURS), build_found_key("key-2")]

    said = refusal(keys, TakeOverOptions(adopt=True, resume_interrupted=True))

    assert "key-1 (keys/prod/ci)" in said
    assert "key-2 (not managed by Pulumi)" in said


def test_create_describes_a_refused_key_by_the_number_and_age_of_its_secrets() -> None:
    assert '"ci" (key-1, 1 secret since 2026-03-01)' in refusal([build_found_key()])
    assert '"ci" (key-1, 0 secrets)' in refusal([build_found_key(secrets=0)])
    assert '"ci" (key-1, without secrets)' in refusal([build_keyless(None)])


def decided(found: list[Key], options: TakeOverOptions) -> Key | KeyConflictError | None:
    try:
        return choose(found, options)
    except KeyConflictError as refused:
        return refused


@given(found_keys(), PERMISSIONS)
def test_take_over_happens_only_for_own_or_allowed_keys(
    found: list[Key], options: TakeOverOptions
) -> None:
    match decided(found, options):
        case None:
            assert not found
        case Key() as key:
            ours = key.managed_by == OWNER
            assert found == [key]
            assert len(key.secrets or ()) < 2
            assert options.adopt or (ours and (options.resume_interrupted or not key.secrets))
        case KeyConflictError() as refused:
            assert found
            assert all(key.id in str(refused) for key in found)


@pytest.mark.parametrize(
    ("former", "now"),
    [("old", "new"), ("x:y:Team$old", "x:y:Team$new")],
)
def test_alias_advice_for_a_renamed_resource_is_the_old_name(former: str, now: str) -> None:
    said = refusal_at(f"keys/prod/{former}", f"keys/prod/{now}")

    assert 'aliases=[pulumi.Alias(name="old")]' in said


@pytest.mark.parametrize(
    ("former", "now", "types"),
    [
        ("x:y:Team$old", "new", f"x:y:Team${KEY_TYPE}"),
        ("old", "x:y:Team$new", KEY_TYPE),
        ("x:y:Crew$old", "x:y:Team$new", f"x:y:Crew${KEY_TYPE}"),
    ],
)
def test_alias_advice_for_another_parent_is_the_old_urn(former: str, now: str, types: str) -> None:
    said = refusal_at(f"keys/prod/{former}", f"keys/prod/{now}")

    assert f'aliases=["urn:pulumi:prod::keys::{types}::old"]' in said


@pytest.mark.parametrize("name", ["""o"l'd""", "a$b", "a::b/c", "tab\t", "\\ #1]", "\u202eold"])
def test_alias_advice_is_valid_python(name: str) -> None:
    before, now = Owner("keys", "prod", (), name), Owner("keys", "prod", ("x:y:Team",), "new")

    for place, expected in ((now, str(before.urn)), (replace(before, name="new"), name)):
        said = refusal_at(str(before), str(place))
        (line,) = re.findall(r"aliases=\[(.*)\]\)\. To take", said)
        (literal,) = [
            node.value for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Constant)
        ]
        assert literal == expected
        assert said.isprintable()


@pytest.mark.parametrize("former", ["old", "keys", "keys/prod", "keys/prod/", "/prod/old"])
def test_alias_advice_is_not_given_for_an_owner_that_is_not_a_resource(former: str) -> None:
    assert f"is managed by {former}. To take" in refusal_at(former, "keys/prod/new")


@pytest.mark.parametrize("former", ["keys/dev/old", "others/prod/old"])
def test_alias_advice_is_not_given_for_an_owner_of_another_stack(former: str) -> None:
    assert f"is managed by {former}. To take" in refusal_at(former, "keys/prod/new")


def refusal_at(former: str, who: str) -> str:
    found = build_found_key(mark=OwnershipMarker(former, "c1"))
    with pytest.raises(KeyConflictError) as refused:
        choose([found], TakeOverOptions(), owner=who)
    return str(refused.value)
