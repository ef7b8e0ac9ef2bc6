import json
import math
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from support.samples import (
    CREATED,
    EXPIRES,
    OWNER,
    OWNERSHIP_ID,
    PLANTED,
    READ_ONLY,
    build_key,
    build_new_secret,
    build_secret,
)

from zdx_provider.errors import ZdxError
from zdx_provider.keys.inputs import KeyInputs
from zdx_provider.keys.key import Key
from zdx_provider.keys.marker import OwnershipMarker
from zdx_provider.keys.state import (
    KeyState,
    parse_state,
    require_readable,
)
from zdx_provider.zidentity import Scope, Tenant

SUPER = Scope(id="zdx::2", name="Role:ZDX Super Admin")


@pytest.fixture
def state() -> KeyState:
    return KeyState(
        name="ci",
        role="zdx read-only admin",
        description="for the pipeline",
        managed_by=OWNER,
        secret_expires_on=EXPIRES.date().isoformat(),
        key_id="key-1",
        role_id="zdx::1",
        vanity_domain="acme",
        ownership_id=OWNERSHIP_ID,
    ).with_secret(build_new_secret())


def drift(before: KeyState, after: KeyState) -> dict[str, Any]:
    """What differs, by field."""
    now = dict(after)
    return {field: now[field] for field, value in dict(before).items() if now[field] != value}


def as_the_engine_keeps(rendered: dict[str, Any]) -> dict[str, Any]:
    """The engine's numbers are floats, and it adds the provider's blob."""
    numbers = {k: float(v) for k, v in rendered.items() if type(v) is int}
    return {**rendered, **numbers, "__provider": "blob"}


def test_parse_state_reads_back_its_outputs(state: KeyState) -> None:
    assert parse_state(as_the_engine_keeps(state.to_outputs())) == state


@given(
    st.builds(
        KeyState,
        name=st.just("ci"),
        role=st.just("ZDX Super Admin"),
        description=st.text(),
        enabled=st.booleans(),
        token_lifetime_seconds=st.integers(60, 86_400),
        tenant=st.none() | st.text(),
        key_id=st.text(),
        key_secret=st.none() | st.text(min_size=1).map(SecretStr),
        role_id=st.text(),
        vanity_domain=st.text(),
        secret_created_at=st.none() | st.just(CREATED),
        secret_expires_at=st.none() | st.datetimes(timezones=st.just(CREATED.tzinfo)),
        previous_secret_id=st.none() | st.text(),
    )
)
def test_parse_state_reads_back_any_state(state: KeyState) -> None:
    assert parse_state(as_the_engine_keeps(state.to_outputs())) == state


def test_to_outputs_formats_times_as_rfc_3339_in_utc(state: KeyState) -> None:
    assert state.to_outputs()["secret_created_at"] == "2026-03-01T12:00:00Z"


def test_to_outputs_gives_key_json_in_the_format_of_the_portal(state: KeyState) -> None:
    assert json.loads(state.to_outputs()["key_json"]) == {"key_id": "key-1", "key_secret": PLANTED}


def test_to_outputs_omits_missing_values(state: KeyState) -> None:
    without = state.model_copy(update={"key_secret": None}).to_outputs()

    assert without.keys().isdisjoint({"key_secret", "key_json", "tenant", "previous_secret_id"})


def test_to_inputs_returns_only_the_inputs_of_check(state: KeyState) -> None:
    assert state.to_inputs().keys() == KeyInputs.model_fields.keys() - {
        "tenant",
        "rotation",
        "authentication",
        "secret_inputs",
        "previous_secret_revoke_on",
    }


def test_state_shows_no_secret(state: KeyState) -> None:
    assert not [text for text in (repr(state), str(state), f"{state}") if PLANTED in text]
    assert PLANTED not in json.dumps(state.to_inputs())


def test_refresh_finds_no_drift_in_an_unchanged_key(state: KeyState) -> None:
    assert state.with_tenant_values(build_key()) == state


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (build_key(name="renamed"), "name"),
        (build_key(description="changed"), "description"),
        (build_key(enabled=False), "enabled"),
        (build_key(token_lifetime_seconds=60), "token_lifetime_seconds"),
    ],
)
def test_refresh_finds_a_manually_changed_field(state: KeyState, changed: Key, field: str) -> None:
    assert drift(state, state.with_tenant_values(changed)) == {field: changed.attributes[field]}


def test_refresh_shows_a_changed_role_by_its_portal_name(state: KeyState) -> None:
    changed = build_key(scopes=(SUPER,))

    assert drift(state, state.with_tenant_values(changed)) == {
        "role": "ZDX Super Admin",
        "role_id": "zdx::2",
    }


def test_refresh_finds_a_second_role(state: KeyState) -> None:
    changed = build_key(scopes=(SUPER, READ_ONLY))

    assert drift(state, state.with_tenant_values(changed)) == {
        "role": "ZDX Read-only Admin, ZDX Super Admin",
        "role_id": "zdx::1, zdx::2",
    }


def test_refresh_keeps_the_declared_name_of_a_renamed_role(state: KeyState) -> None:
    renamed = build_key(scopes=(Scope(id="zdx::1", name="Role:Readers"),))

    assert state.with_tenant_values(renamed) == state


def test_refresh_shows_the_id_of_a_role_without_a_name(state: KeyState) -> None:
    changed = build_key(scopes=(Scope(id="zdx::9"),))

    assert state.with_tenant_values(changed).role == "zdx::9"


@pytest.mark.parametrize("present", [(), (build_secret("another"),)])
def test_refresh_marks_a_revoked_secret_missing_and_keeps_its_value(
    state: KeyState, present: tuple[Any, ...]
) -> None:
    refreshed = state.with_tenant_values(build_key(secrets=present))

    assert drift(state, refreshed) == {"secret_expires_on": "missing"}


def test_refresh_finds_a_secret_again_that_was_not_listed_for_a_time(state: KeyState) -> None:
    both = build_key(secrets=(build_secret("secret-1", expires=EXPIRES),))
    missing = state.with_tenant_values(build_key(secrets=()))

    assert missing.secret_expires_on == "missing"
    assert drift(state, missing.with_tenant_values(both)) == {}


def test_refresh_finds_a_changed_expiry_date(state: KeyState) -> None:
    ends = EXPIRES - timedelta(days=100)
    changed = build_key(secrets=(build_secret("secret-1", expires=ends), build_secret("another")))

    assert drift(state, state.with_tenant_values(changed)) == {
        "secret_expires_on": ends.date().isoformat(),
        "secret_expires_at": ends,
    }


def test_refresh_finds_a_removed_ownership_marker(state: KeyState) -> None:
    assert drift(state, state.with_tenant_values(build_key(marker=None))) == {"managed_by": ""}


def test_refresh_ignores_the_ownership_marker_of_another_owner(state: KeyState) -> None:
    taken = build_key(marker=OwnershipMarker("other/prod/ci", "d00d"))

    assert state.with_tenant_values(taken) == state


def test_parse_state_refuses_a_newer_schema_and_says_what_to_do(state: KeyState) -> None:
    with pytest.raises(ZdxError) as refused:
        parse_state({**state.to_outputs(), "schema_version": 2.0})

    assert 'the state of the key "ci" has schema 2' in str(refused.value)
    assert "Install zdx-provider 0.1.0 or a later version." in str(refused.value)
    assert PLANTED not in str(refused.value)


@pytest.mark.parametrize("version", [2, 2.0, 3.0, 1e300])
def test_parse_state_of_a_newer_version_says_which_version_to_install(
    state: KeyState, version: object
) -> None:
    newer = {"schema_version": version, "rotation": {"added_later": 1}, "key_id": 7}

    newer["minimum_provider_version"] = "0.12.0rc1"

    with pytest.raises(ZdxError, match=r"Install zdx-provider 0\.12\.0rc1 or a later version"):
        parse_state({**state.to_outputs(), **newer})


@pytest.mark.parametrize("version", [None, 2, "", "latest", "0.2", "0.2.0; rm -rf /", "0.2.0\n"])
def test_parse_state_of_a_newer_version_repeats_no_text_that_is_no_version(
    state: KeyState, version: object
) -> None:
    newer = {"schema_version": 2, "minimum_provider_version": version}

    with pytest.raises(ZdxError, match="Install the version of zdx-provider that wrote the state"):
        parse_state({**state.to_outputs(), **newer})


@pytest.mark.parametrize("version", ["2", "new", None, [1], {}, 0.5, float("nan")])
def test_parse_state_with_an_invalid_version_fails_in_one_line(
    state: KeyState, version: object
) -> None:
    with pytest.raises(ZdxError, match="malformed: schema_version"):
        parse_state({**state.to_outputs(), "schema_version": version})


@pytest.mark.parametrize("expires_on", ["soon", "2026-13-01", "", 7])
def test_parse_state_with_a_malformed_expiry_date_fails_in_one_line(
    state: KeyState, expires_on: object
) -> None:
    with pytest.raises(ZdxError, match="malformed: secret_expires_on"):
        parse_state({**state.to_outputs(), "secret_expires_on": expires_on})


def test_parse_state_ignores_unknown_members_of_a_rotation(state: KeyState) -> None:
    rotation = {"secret_lifetime_days": 9999, "added_later": {"x": 1}, "triggers": {"a": 1}}

    read = parse_state({**state.to_outputs(), "rotation": rotation})

    assert read.rotation is not None
    assert read.rotation.triggers == {"a": 1}


def test_from_key_returns_a_state_without_a_secret_value() -> None:
    shown = KeyState.from_key(build_key(), Tenant("acme", "beta"), "eu")

    assert shown.to_outputs() == {
        "name": "ci",
        "role": "ZDX Read-only Admin",
        "role_id": "zdx::1",
        "description": "for the pipeline",
        "enabled": True,
        "token_lifetime_seconds": 3600,
        "tenant": "eu",
        "adopt": False,
        "managed_by": OWNER,
        "key_id": "key-1",
        "vanity_domain": "acme",
        "cloud": "beta",
        "api_url": "",
        "secret_id": "secret-1",
        "secret_created_at": "2026-03-01T12:00:00Z",
        "secret_expires_at": "2027-02-28T12:00:00Z",
        "ownership_id": "",
        "schema_version": 1,
        "minimum_provider_version": "0.1.0",
    }


def test_from_key_uses_the_newest_of_two_secrets() -> None:
    newer = build_secret("newer", CREATED + timedelta(days=1))

    shown = KeyState.from_key(
        build_key(secrets=(build_secret("older"), newer)), Tenant("acme"), None
    )

    assert shown.secret_id == "newer"


def test_with_previous_records_the_previous_secret(state: KeyState) -> None:
    after = state.with_previous("secret-0", date(2026, 3, 8))

    assert (state.secret_id, state.previous_secret_id) == ("secret-1", None)
    assert (after.secret_id, after.previous_secret_id) == ("secret-1", "secret-0")
    assert parse_state(after.to_outputs()) == after
    assert after.with_previous(None, date(2026, 3, 8)) == state


def test_pending_revoke_is_due_from_its_recorded_date(state: KeyState) -> None:
    (revoke,) = state.with_previous("secret-0", date(2026, 3, 8)).pending_revokes

    assert state.pending_revokes == []
    assert revoke.secret_id == "secret-0"
    assert not revoke.is_due(date(2026, 3, 7))
    assert revoke.is_due(date(2026, 3, 8))


def test_refresh_forgets_a_previous_secret_that_is_gone(state: KeyState) -> None:
    after = state.with_previous("secret-0", date(2026, 3, 8))
    both = build_key(secrets=(build_secret("secret-0"), build_secret("secret-1")))

    assert after.with_tenant_values(both) == after
    assert after.with_tenant_values(build_key()) == state


@pytest.mark.parametrize(
    ("expires_on", "alive"), [("2026-03-02", True), ("2026-03-01", False), ("missing", False)]
)
def test_is_secret_alive_until_its_expiry_date(
    state: KeyState, expires_on: str, *, alive: bool
) -> None:
    expiring = state.model_copy(update={"secret_expires_on": expires_on})

    assert expiring.is_secret_alive(date(2026, 3, 1)) is alive


ODD_SCHEMAS: list[object] = ["1", 1.5, [], {}, True, 0.0, -1.0, math.nan]


def described(**changed: Any) -> dict[str, Any]:
    """A state as the engine passes it, some of its members changed."""
    usual = {
        "name": "ci",
        "role": "r",
        "key_id": "c1",
        "role_id": "zdx::1",
        "vanity_domain": "acme",
    }
    return {**usual, "secret_expires_on": "2027-03-01", "schema_version": 1.0, **changed}


@pytest.mark.parametrize(
    ("member", "value"),
    [
        *[("schema_version", odd) for odd in ODD_SCHEMAS],
        ("secret_expires_on", "soon"),
        ("secret_expires_on", "2027-W09-1"),
        ("secret_inputs", 7.0),
        ("secret_inputs", "name"),
        ("rotation", "yearly"),
        ("rotation", {"keep_previous_days": 1e12}),
        ("secret_expires_at", "2027-03-01T12:00:00"),
    ],
)
def test_parse_state_names_a_malformed_member(member: str, value: object) -> None:
    with pytest.raises(ZdxError, match=f'the key "ci" cannot be read. .*: {member}'):
        parse_state(described(**{member: value}))


def test_parse_state_refuses_a_very_high_schema() -> None:
    with pytest.raises(ZdxError, match=r'the key "ci" has schema 1e\+300, but zdx-provider'):
        parse_state(described(schema_version=1e300))


def test_parse_state_skips_a_rotation_member_of_another_version() -> None:
    rotation = {"secret_lifetime_days": 90.0, "from_a_newer_version": 1.0}

    state = parse_state(described(rotation=rotation))

    assert "from_a_newer_version" not in str(state.to_outputs())
    require_readable({"rotation": rotation})


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e300, "", None, [], {"a": [math.inf]}])
def test_parse_state_keeps_every_value_of_a_trigger(value: object) -> None:
    state = parse_state(described(rotation={"triggers": {"a": value}}))

    assert state.to_outputs()["rotation"]["triggers"] == {"a": value}


def test_require_readable_names_malformed_but_not_missing_inputs() -> None:
    with pytest.raises(ZdxError, match=r'"ci" .* malformed: enabled, rotation\.'):
        require_readable({"name": "ci", "enabled": "yes", "rotation": 7.0})


def test_parse_state_without_a_name_fails_in_one_line() -> None:
    with pytest.raises(ZdxError, match="the state of a key cannot be read"):
        parse_state({"name": ["ci"]})
