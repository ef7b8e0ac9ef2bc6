from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from support.samples import CREATED, OWNERSHIP_ID, PLANTED, build_key, build_secret

from zdx_provider.cli.import_file import ImportedKey, TargetStack, find_broken_rule, select_keys
from zdx_provider.cli.stack import Stack
from zdx_provider.errors import ZdxError
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.owner import KEY_TYPE, Owner, Urn
from zdx_provider.keys.state import KeyState
from zdx_provider.zidentity import ApiClientSecret, ClientAuthentication, Scope, Tenant

TEAM = Urn("prod", "keys", ("x:y:Team",), "backend")
HELD = Urn("prod", "keys", (KEY_TYPE,), "held")
HELD_STATE = KeyState.from_key(build_key("held-1"), Tenant("acme"), None)
STACK = TargetStack(
    Stack(Path.cwd(), "prod"),
    "keys/prod",
    {HELD: HELD_STATE},
    {TEAM.types: TEAM},
)
NAME_RULE = "1 to 128 printable characters, without a space at the start or the end"
UNMANAGED = build_key(marker=None)
WORKING, NEWER = build_secret("secret-1"), build_secret("secret-2")


def build_jwks(url: str) -> ClientAuthentication:
    return ClientAuthentication(auth_type="JWKS", client_jwks_url=url)


def build_marker(owner: str) -> OwnershipMarker:
    return OwnershipMarker(owner, OWNERSHIP_ID)


def test_import_file_accepts_a_manually_created_key_in_any_stack() -> None:
    assert STACK.find_obstacle(UNMANAGED) is None
    assert TargetStack().find_obstacle(UNMANAGED) is None


@pytest.mark.parametrize("who", ["other/prod/ci", "keys/production/ci", "keys/pro/ci"])
def test_import_file_skips_a_key_of_another_stack_and_names_its_owner(who: str) -> None:
    reason = STACK.find_obstacle(build_key(marker=build_marker(who)))

    assert reason is not None
    assert f"is managed by {who}" in reason


def test_import_file_skips_a_key_of_this_stack_if_the_state_has_it() -> None:
    ours = build_key(marker=build_marker("keys/prod/ci"))

    assert STACK.find_obstacle(ours) is None
    assert (
        STACK.find_obstacle(build_key("held-1", marker=ours.marker)) == "is already in this stack."
    )
    assert TargetStack().find_obstacle(ours)


def test_import_file_skips_a_key_with_two_roles() -> None:
    two = (Scope(id="zdx::1", name="a"), Scope(id="zdx::2", name="b"))

    assert "has 2 ZDX roles" in str(STACK.find_obstacle(build_key(marker=None, scopes=two)))


@pytest.mark.parametrize("parents", [(), ("x:y:Team",)])
@pytest.mark.parametrize("name", ["ci", "team/ci", "team::ci", "a$b", """a "b" 'c' #1] """, "é\n"])
def test_import_file_restores_the_owner_of_a_key_of_this_stack(
    name: str, parents: tuple[str, ...]
) -> None:
    ours = build_key(marker=build_marker(str(Owner("keys", "prod", parents, name))))

    assert STACK.find_obstacle(ours) is None
    assert STACK.choose_owners([ours]) == [Owner("keys", "prod", parents, name)]


def test_import_file_gives_each_key_a_unique_logical_name() -> None:
    ours = build_key("key-2", marker=build_marker("keys/prod/ci"))
    copy = build_key("key-3", marker=ours.marker)
    held = build_key("key-4", marker=build_marker("keys/prod/held"))

    owners = STACK.choose_owners([UNMANAGED, ours, copy, held])

    assert [owner.name for owner in owners] == ["ci-2", "ci", "ci-3", "held-2"]


def test_import_file_skips_a_key_of_a_missing_parent_with_a_command() -> None:
    parents = ("x:y:Team", "x:y:Group")
    lost = build_key(marker=build_marker(str(Owner("keys", "prod", parents, "ci"))))

    reason = STACK.find_obstacle(lost)

    assert reason is not None
    assert (
        "pulumi up --target '**::x:y:Team::**' --target '**::x:y:Team$x:y:Group::**' --stack prod."
    ) in reason


def test_import_file_selects_keys_by_name_or_id() -> None:
    keys = [build_key(f"id-{number}", marker=None, name=name) for number, name in enumerate("bab")]

    assert [key.id for key in select_keys(keys, ())] == ["id-1", "id-0", "id-2"]
    assert [key.id for key in select_keys(keys, ["b"])] == ["id-0", "id-2"]
    assert [key.id for key in select_keys(keys, ["id-2", "a"])] == ["id-1", "id-2"]


def test_import_file_names_each_selected_key_that_does_not_exist() -> None:
    with pytest.raises(ZdxError, match='ID or name "x", "y"'):
        select_keys([UNMANAGED], ["y", "ci", "x"])


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ({}, None),
        ({"name": " ci"}, f"its name must be {NAME_RULE}"),
        (
            {"token_lifetime_seconds": 1},
            "its token_lifetime_seconds must be a whole number of seconds from 60 to 86400",
        ),
        (
            {"client_authentication": build_jwks("http://acme.com/jwks")},
            "its authentication.jwks_url must start with https://",
        ),
        (
            {"client_authentication": build_jwks("https://vault.lan/jwks")},
            "its authentication.jwks_url must be a public address, because ZIdentity reads it",
        ),
        ({"client_authentication": build_jwks("https://acme.com/jwks")}, None),
    ],
)
def test_import_file_finds_the_rule_that_a_key_breaks(
    members: dict[str, Any], rule: str | None
) -> None:
    state = KeyState.from_key(build_key(**members), Tenant("acme"), None)

    assert find_broken_rule(state.to_inputs(), is_tenant_local=False) == rule


@pytest.mark.parametrize(
    ("secrets", "value", "secret", "notes"),
    [
        ((), None, "missing", ["It has no secret that works. The first pulumi up creates one."]),
        ((WORKING,), PLANTED, "imported", []),
        ((WORKING,), None, "unknown", ["The state doesn't have its secret", "declare rotation="]),
        ((WORKING, NEWER), PLANTED, "imported", ["It has two secrets"]),
        (
            (WORKING, NEWER),
            None,
            "unknown",
            ["The state doesn't have its secret", "declare rotation=", "It has two secrets"],
        ),
    ],
)
def test_import_file_says_what_is_imported_of_a_secret(
    secrets: tuple[ApiClientSecret, ...], value: str | None, secret: str, notes: list[str]
) -> None:
    key = build_key(secrets=secrets)
    state = KeyState.from_key(key, Tenant("acme"), None).with_imported_secret(
        key, SecretStr(value) if value else None, CREATED
    )

    imported = ImportedKey(Owner("keys", "prod", (), "ci"), None, state)

    assert imported.find_secret(CREATED.date()) == secret
    shown = imported.list_notes(CREATED.date())
    assert len(shown) == len(notes)
    assert all(line.startswith(note) for line, note in zip(shown, notes, strict=True))


def test_import_file_notes_nothing_on_a_key_without_a_secret() -> None:
    url = "https://acme.com/jwks"
    key = build_key(secrets=(), client_authentication=build_jwks(url))
    state = KeyState.from_key(key, Tenant("acme"), None).with_imported_secret(key, None, CREATED)

    imported = ImportedKey(Owner("keys", "prod", (), "ci"), None, state)

    assert imported.find_secret(CREATED.date()) == "none"
    assert imported.list_notes(CREATED.date()) == []
