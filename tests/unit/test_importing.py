import json
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr
from support.samples import (
    CREATED,
    EXPIRES,
    OWNER,
    OWNERSHIP_ID,
    PLANTED,
    build_key,
    build_secret,
)

from zdx_provider.cli.import_file import ImportedKey, to_resource
from zdx_provider.keys.key import Key
from zdx_provider.keys.owner import Owner
from zdx_provider.keys.rotation import MISSING
from zdx_provider.keys.state import KeyState, parse_state
from zdx_provider.zidentity import ApiClientSecret, Tenant

NOW = CREATED + timedelta(days=100)
EARLIER, LATER = NOW + timedelta(days=10), NOW + timedelta(days=200)
FIRST, SECOND = build_secret("first", expires=EARLIER), build_secret("second", expires=LATER)
GONE = build_secret("gone", expires=NOW - timedelta(days=1))
JUST_GONE = build_secret("just-gone", expires=NOW)
LONG_GONE = build_secret("long-gone", expires=NOW - timedelta(days=30))


def build_state(key: Key, value: str | None = None) -> KeyState:
    state = KeyState.from_key(key, Tenant("acme"), None)
    return state.with_imported_secret(key, SecretStr(value) if value else None, NOW)


@pytest.mark.parametrize("value", [PLANTED, None])
@pytest.mark.parametrize(
    ("secrets", "current"),
    [
        ((FIRST,), FIRST),
        ((GONE,), GONE),
        ((GONE, FIRST), FIRST),
        ((FIRST, GONE), FIRST),
        ((JUST_GONE, FIRST), FIRST),
        ((GONE, LONG_GONE), GONE),
    ],
)
def test_import_records_the_only_valid_secret(
    secrets: tuple[ApiClientSecret, ...], current: ApiClientSecret, value: str | None
) -> None:
    state = build_state(build_key(secrets=secrets), value)

    assert (state.secret_id, state.secret_expires_at) == (current.id, current.expires_at)
    assert state.secret_expires_on == current.expires_at.date().isoformat()


@pytest.mark.parametrize(("value", "expires_at"), [(PLANTED, EARLIER), (None, LATER)])
def test_import_does_not_know_which_of_two_secrets_is_current(
    value: str | None, expires_at: datetime
) -> None:
    state = build_state(build_key(secrets=(FIRST, SECOND)), value)

    assert (state.secret_id, state.secret_expires_at) == (None, expires_at)


def test_import_of_a_key_without_a_secret_marks_it_as_missing() -> None:
    state = build_state(build_key(secrets=()))

    assert (state.secret_expires_on, state.secret_id, state.secret_expires_at) == (
        MISSING,
        None,
        None,
    )


def test_import_keeps_the_marker_of_a_key_and_adds_none() -> None:
    unmanaged, ours = build_state(build_key(marker=None)), build_state(build_key())

    assert (unmanaged.managed_by, unmanaged.ownership_id) == ("", "")
    assert (ours.managed_by, ours.ownership_id) == (OWNER, OWNERSHIP_ID)


def to_imported(state: KeyState) -> ImportedKey:
    return ImportedKey(Owner("keys", "prod", (), "ci"), None, state)


def test_import_file_wraps_secrets_for_encryption() -> None:
    outputs = to_resource(to_imported(build_state(build_key(), PLANTED)), "blob")["outputs"]

    signature = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    assert outputs["key_secret"] == {**signature, "plaintext": json.dumps(PLANTED)}
    assert json.loads(json.loads(outputs["key_json"]["plaintext"]))["key_secret"] == PLANTED


def test_import_file_omits_an_unknown_secret() -> None:
    outputs = to_resource(to_imported(build_state(build_key())), "blob")["outputs"]

    assert outputs.keys().isdisjoint({"key_secret", "key_json"})
    assert outputs["secret_id"] == "secret-1"


def test_import_file_has_every_input_of_check_and_the_provider() -> None:
    state = build_state(build_key())

    resource = to_resource(to_imported(state), "blob")

    assert resource["inputs"] == {**state.to_inputs(), "__provider": "blob"}
    assert resource["inputs"]["secret_expires_on"] == EXPIRES.date().isoformat()
    assert parse_state(resource["outputs"]) == state
    assert resource["outputs"]["__provider"] == "blob"


def test_to_arguments_returns_values_other_than_the_defaults_in_order() -> None:
    state = build_state(build_key(enabled=False, token_lifetime_seconds=60))

    assert [*state.to_arguments().items()] == [
        ("name", "ci"),
        ("role", "ZDX Read-only Admin"),
        ("description", "for the pipeline"),
        ("enabled", False),
        ("token_lifetime_seconds", 60),
    ]
