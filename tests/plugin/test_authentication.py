"""Keys that authenticate without a secret: created, changed, converted, taken over."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from plugin.conftest import StartHost, except_where, only_where, without_switches
from pulumi.runtime.rpc import UNKNOWN
from support.key_pair import KeyPair
from support.keyless import can_authenticate
from support.plugin_host import Engine, PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import API_CLIENT, API_CLIENTS, SECRET, RunningEmulator
from zdx_provider.keys.authentication import Authentication

FIRST, SECOND = KeyPair.make_ec(), KeyPair.make_ec()
URL = {"jwks_url": "https://acme.com/.well-known/jwks.json"}
OTHER_ENCODING = "the tenant refuses a public key in PEM there"
NO_SWITCH = "the tenant refuses a conversion there"

public_keys = except_where(key_value_encoding=OTHER_ENCODING)
conversions = except_where(key_value_encoding=OTHER_ENCODING, auth_type_switch=NO_SWITCH)


@pytest.fixture
def keyless(declared: Properties) -> Properties:
    """What a program declares of a key with one public key."""
    return {**declared, "authentication": {"public_keys": {"first": FIRST.public_pem}}}


def with_keys(declared: Properties, **pairs: KeyPair) -> Properties:
    keys = {name: pair.public_pem for name, pair in pairs.items()}
    return {**declared, "authentication": {"public_keys": keys}}


def build_certificate(pair: KeyPair, *, days_left: int) -> str:
    start = datetime.now(timezone.utc) + timedelta(days=days_left - 365, hours=1)
    return pair.make_certificate(not_before=int(start.timestamp()))


def due_today(key: Recorded) -> Recorded:
    """The same on the day on which its last secret is revoked."""
    today = {"previous_secret_revoke_on": datetime.now(timezone.utc).date().isoformat()}
    return replace(key, inputs={**key.inputs, **today}, outputs={**key.outputs, **today})


def all_due_today(key: Recorded) -> Recorded:
    """The same on the day on which both of its secrets are revoked."""
    due = due_today(key)
    today = due.outputs["previous_secret_revoke_on"]
    return replace(due, outputs={**due.outputs, "older_secret_revoke_on": today})


def paths(tenant: RunningEmulator, method: str) -> list[str]:
    return [each.path for each in tenant.requests() if each.method == method]


# Create


@public_keys
def test_create_declares_a_public_key_and_no_secret(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    key = host.up(keyless)

    assert can_authenticate(tenant, key.id, FIRST)
    assert not can_authenticate(tenant, key.id, SECOND)
    assert paths(tenant, "POST").count(API_CLIENTS) == 1
    assert [path for path in paths(tenant, "POST") if "secrets" in path] == []
    assert key.outputs["key_fingerprints"] == (
        Authentication(public_keys={"first": FIRST.public_pem}).fingerprints
    )
    assert {name for name in key.outputs if "secret" in name or name == "key_json"} == set()


@except_where(key_value_encoding="it makes no difference to certificates")
def test_create_declares_certificates(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    soon, later = (build_certificate(FIRST, days_left=days) for days in (90, 300))

    key = host.up({**declared, "authentication": {"certificates": [later, soon]}})

    assert can_authenticate(tenant, key.id, FIRST)
    assert key.outputs["authentication"] == {"certificates": [soon, later]}
    assert key.outputs["key_fingerprints"].keys() == {"pipeline", "pipeline #2"}
    day = (datetime.now(timezone.utc) + timedelta(days=90, hours=1)).date().isoformat()
    assert key.outputs["certificate_expires_at"].startswith(day)


@without_switches
def test_create_declares_a_jwks_url(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up({**declared, "authentication": URL})

    found = tenant.client(key.id).client_authentication
    assert (found.auth_type, found.client_jwks_url) == ("JWKS", URL["jwks_url"])
    assert "key_fingerprints" not in key.outputs


@only_where("key_value_encoding")
def test_create_that_is_refused_says_that_the_encoding_may_be_the_reason(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    with pytest.raises(PluginError) as refused:
        host.up(keyless)

    assert "To find out, run zdx-keys verify --live" in refused.value.sentence
    assert tenant.clients() == []


@without_switches
def test_create_whose_response_is_lost_is_found_by_its_marker(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    tenant.fault(method="POST", path=API_CLIENTS, drop="after")

    key = host.up(keyless)

    assert [client.id for client in tenant.clients()] == [key.id]
    assert can_authenticate(tenant, key.id, FIRST)


@without_switches
def test_create_deletes_its_key_if_another_one_got_the_name_meanwhile(
    start_host: StartHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    host = start_host()
    host.up({**keyless, "name": "x", "managed_by": "keys/prod/x"})  # it has its list now
    other = tenant.create_client("ci")

    with pytest.raises(PluginError) as refused:
        host.up(keyless)

    assert f"was created at the same time: {other.id}" in refused.value.sentence
    assert [client.name for client in tenant.clients()] == ["x", "ci"]


# Check


@without_switches
def test_check_refuses_a_private_key_before_anything_is_sent(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    keys = {"public_keys": {"ci": FIRST.private_pem}}

    ((prop, reason),) = host.check({**declared, "authentication": keys}).failures

    assert prop == ""
    assert reason.startswith('authentication.public_keys["ci"] contains a private key')
    assert FIRST.private_pem.splitlines()[1] not in reason
    assert tenant.requests() == []


@without_switches
def test_check_of_an_unknown_key_has_no_dates(host: PluginHost, declared: Properties) -> None:
    keys = {"public_keys": {"a": UNKNOWN, "b": FIRST.public_pem}}

    checked = host.check({**declared, "authentication": keys})

    assert checked.failures == []
    assert checked.inputs["authentication"] == keys
    assert "secret_expires_on" not in checked.inputs


@without_switches
def test_check_refuses_a_local_url_unless_the_tenant_is_local(
    start_host: StartHost, declared: Properties
) -> None:
    local = {**declared, "authentication": {"jwks_url": "http://127.0.0.1:8000/jwks"}}
    remote = start_host(apiUrl="https://api.zsapi.net", tokenUrl="https://acme.zslogin.net/token")

    ((_, reason),) = remote.check(local, local).failures

    assert reason == "authentication.jwks_url must start with https://"
    assert start_host().check(local, local).failures == []


@without_switches
def test_check_warns_of_a_certificate_that_expires_soon(
    host: PluginHost, declared: Properties, engine: Engine
) -> None:
    certificates = [build_certificate(FIRST, days_left=days) for days in (20, 31)]

    checked = host.check({**declared, "authentication": {"certificates": certificates}})

    assert checked.failures == []
    (warning,) = engine.warnings
    assert warning.startswith('the certificate "pipeline" of the key "ci" expires on ')
    assert "in 20 days. Declare its successor beside it" in warning


@without_switches
def test_check_warns_of_a_certificate_that_is_not_valid_yet(
    host: PluginHost, declared: Properties, engine: Engine
) -> None:
    early = build_certificate(FIRST, days_left=400)

    checked = host.check({**declared, "authentication": {"certificates": [early]}})

    assert checked.failures == []
    (warning,) = engine.warnings
    assert warning.startswith('the certificate "pipeline" of the key "ci" is not valid before 2')


@without_switches
def test_names_of_a_secret_authentication_are_never_shown(
    host: PluginHost, declared: Properties, engine: Engine
) -> None:
    hidden = {**declared, "secret_inputs": ["authentication"]}
    first, second = with_keys(hidden, planted=FIRST), with_keys(hidden, planted=FIRST, added=SECOND)
    broken = {**hidden, "authentication": {"public_keys": {"invalid": "no key"}}}

    key = host.up(first)
    host.diff(key, host.check(second, key.inputs).inputs)
    ((_, reason),) = host.check(broken).failures

    shown = f"{reason} {engine.said}"
    assert "gets the public key [secret]" in shown
    assert reason.startswith("authentication.public_keys[[secret]] must be a public key")
    assert not any(name in shown for name in ("planted", "added", "invalid"))


@without_switches
def test_check_refuses_an_expired_certificate_only_if_it_is_new_to_the_key(
    host: PluginHost, declared: Properties, engine: Engine
) -> None:
    expired = {"certificates": [build_certificate(FIRST, days_left=-2)]}
    keyless = {**declared, "authentication": expired}

    ((_, reason),) = host.check(keyless).failures
    again = host.check(keyless, keyless)

    assert reason.startswith('authentication.certificates has the certificate "pipeline", which ex')
    assert again.failures == []
    assert [warning for warning in engine.warnings if " expired on " in warning]


# Drift


@public_keys
def test_refresh_and_preview_of_an_unchanged_key_find_nothing(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    key = host.up(keyless)
    spelled = keyless["authentication"]["public_keys"]["first"].replace("\n", "\r\n")
    same = {**keyless, "authentication": {"public_keys": {"first": f"# ours\n{spelled}"}}}

    assert host.refresh(key) == key
    checked = host.check(same, key.inputs)
    assert checked.inputs == key.inputs
    assert host.diff(key, checked.inputs).changes == "DIFF_NONE"
    tenant.clear_requests()
    host.up_again(key, same)
    assert paths(tenant, "PUT") == []


@without_switches
def test_refresh_knows_a_key_that_the_tenant_encodes_in_another_way(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key, host = start_host().up(with_keys(declared, a=FIRST, b=SECOND)), start_host()
    client = tenant.client(key.id).model_dump(mode="json", by_alias=True)
    encoded = [
        {"keyName": name, "keyValue": pair.public_der_base64, "addedLater": 1}
        for name, pair in (("b", SECOND), ("a", FIRST))
    ]
    changed = {**client, "clientAuthentication": {"authType": "PUBKEYCERT", "publicKeys": encoded}}
    for path, body in ((API_CLIENT, changed), (API_CLIENTS, {"records": [changed]})):
        tenant.fault(method="GET", path=path, body=json.dumps(body))

    assert host.refresh(key) == key
    assert sum(armed.hit_count for armed in tenant.faults()) > 0


@public_keys
def test_refresh_finds_a_manually_changed_key_and_update_corrects_it(
    start_host: StartHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    key, host = start_host().up(keyless), start_host()
    tenant.change_client(key.id, clientAuthentication=SECOND.authentication)

    found = host.refresh(key)
    assert found.inputs["authentication"] != key.inputs["authentication"]
    corrected = host.up_again(found, keyless)

    assert corrected == key
    assert can_authenticate(tenant, key.id, FIRST)


@public_keys
def test_get_returns_the_fingerprints_of_a_key(host: PluginHost, keyless: Properties) -> None:
    key = host.up(keyless)

    found = host.get(key.id, {})

    assert found.outputs["key_fingerprints"] == key.outputs["key_fingerprints"]
    assert "key_secret" not in found.outputs


# Rotation as an overlap


@public_keys
def test_second_key_is_added_and_the_first_removed_in_place(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties, engine: Engine
) -> None:
    first = host.up(keyless)
    both = with_keys(keyless, first=FIRST, second=SECOND)
    host.diff(first, host.check(both, first.inputs).inputs)

    overlap = host.up_again(first, both)
    assert can_authenticate(tenant, overlap.id, FIRST)
    assert can_authenticate(tenant, overlap.id, SECOND)
    only = with_keys(keyless, second=SECOND)
    host.diff(overlap, host.check(only, overlap.inputs).inputs)
    last = host.up_again(overlap, only)

    assert last.id == first.id
    assert not can_authenticate(tenant, last.id, FIRST)
    assert can_authenticate(tenant, last.id, SECOND)
    assert engine.said == [
        f'the key "ci" ({first.id}) gets the public key "second".',
        f'the key "ci" ({first.id}) loses the public key "first".',
    ]


@public_keys
def test_update_of_another_input_keeps_the_key(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    key = host.up(keyless)

    host.up_again(key, {**keyless, "name": "ci-2", "token_lifetime_seconds": 60})

    assert tenant.client(key.id).name == "ci-2"
    assert can_authenticate(tenant, key.id, FIRST)


# From a secret and back


@conversions
def test_conversion_is_one_put_and_keeps_the_secret_until_its_day(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(declared)
    tenant.clear_requests()

    converted = host.up_again(key, keyless)

    assert len(paths(tenant, "PUT")) == 1
    assert paths(tenant, "DELETE") == []
    assert can_authenticate(tenant, converted.id, FIRST)
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert "key_secret" not in converted.outputs
    assert "secret_id" not in converted.outputs
    assert converted.outputs["previous_secret_id"] == key.outputs["secret_id"]
    today = datetime.now(timezone.utc).date()
    assert converted.outputs["previous_secret_revoke_on"] in {
        (today + timedelta(days=7 - slip)).isoformat() for slip in (0, 1)
    }
    assert host.refresh(converted) == converted


@conversions
def test_conversion_revokes_the_secret_on_its_day(
    host: PluginHost,
    tenant: RunningEmulator,
    declared: Properties,
    keyless: Properties,
    engine: Engine,
) -> None:
    key = host.up(declared)
    due = due_today(host.up_again(key, keyless))
    checked = host.check(keyless, due.inputs)

    assert host.diff(due, checked.inputs).changes != "DIFF_NONE"
    revoked = host.update(due, checked.inputs)

    assert f"the previous secret {key.outputs['secret_id']} is revoked" in engine.said[-1]
    assert "previous_secret_id" not in revoked.outputs
    assert not tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert host.diff(revoked, host.check(keyless, revoked.inputs).inputs).changes == "DIFF_NONE"


@conversions
def test_preview_of_a_conversion_says_what_happens_to_the_secret(
    host: PluginHost, declared: Properties, keyless: Properties, engine: Engine
) -> None:
    key = host.up(declared)
    checked = host.check(keyless, key.inputs)

    assert host.diff(key, checked.inputs).changes == "DIFF_UNKNOWN"

    day = checked.inputs["previous_secret_revoke_on"]
    (line,) = engine.said
    assert line == (
        f'the key "ci" ({key.id}) authenticates with the public key "first" instead of its secret. '
        f"The first pulumi up on or after {day} revokes the secret {key.outputs['secret_id']}."
    )


@conversions
def test_conversion_in_an_overlap_revokes_each_secret_on_its_own_day(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    rotation = {"secret_lifetime_days": 90, "keep_previous_days": 3}
    first = host.up({**declared, "rotation": rotation})
    triggers = {**rotation, "triggers": {"release": "2"}}
    second = host.up_again(first, {**declared, "rotation": triggers})

    converted = host.up_again(second, keyless)
    assert tenant.can_authenticate(first.id, first.outputs["key_secret"])
    today = datetime.now(timezone.utc).date().isoformat()
    due = replace(converted, outputs={**converted.outputs, "older_secret_revoke_on": today})
    last = host.up_again(due, keyless)

    assert not tenant.can_authenticate(first.id, first.outputs["key_secret"])
    assert tenant.can_authenticate(first.id, second.outputs["key_secret"])
    assert last.outputs["previous_secret_id"] == second.outputs["secret_id"]
    assert "older_secret_id" not in last.outputs


@conversions
@pytest.mark.parametrize("status", [403, 500])
def test_conversion_that_fails_changes_no_secret(
    host: PluginHost,
    tenant: RunningEmulator,
    declared: Properties,
    keyless: Properties,
    status: int,
) -> None:
    key = host.up(declared)
    tenant.clear_requests()
    tenant.fault(method="PUT", path=API_CLIENT, status=status, count=9)

    with pytest.raises(PluginError):
        host.up_again(key, keyless)

    assert paths(tenant, "DELETE") == []
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@only_where("auth_type_switch")
def test_conversion_that_the_tenant_refuses_names_the_ways_on(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(declared)
    before = tenant.client(key.id)

    with pytest.raises(PluginError) as refused:
        host.up_again(key, keyless)

    assert 'could not be changed from a client secret to the public key "first"' in (
        refused.value.sentence
    )
    assert "Nothing was changed." in refused.value.sentence
    assert "second key under another name" in refused.value.sentence
    assert "pulumi up --replace" in refused.value.sentence
    assert tenant.client(key.id) == before
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    host.delete(key)
    assert can_authenticate(tenant, host.up(keyless).id, FIRST)


@without_switches
def test_conversion_that_the_tenant_ignores_is_an_error(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(declared)
    shown = tenant.client(key.id).model_dump_json(by_alias=True, exclude_none=True)
    tenant.fault(method="PUT", path=API_CLIENT, body=shown)

    with pytest.raises(PluginError) as failed:
        host.up_again(key, keyless)

    assert "did not change how the key authenticates" in failed.value.sentence
    assert "--replace" not in failed.value.sentence
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@without_switches
def test_conversion_that_is_shown_late_is_waited_for(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(declared)
    shown = tenant.client(key.id).model_dump_json(by_alias=True, exclude_none=True)
    tenant.fault(method="GET", path=API_CLIENT, after=1, body=shown)

    host.up_again(key, keyless)

    assert can_authenticate(tenant, key.id, FIRST)


@conversions
def test_conversion_back_creates_the_secret_last(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(keyless)
    tenant.clear_requests()

    back = host.up_again(key, declared)

    writes = [each.method for each in tenant.requests() if "api-clients" in each.path]
    assert [method for method in writes if method != "GET"] == ["PUT", "POST"]
    assert tenant.can_authenticate(key.id, back.outputs["key_secret"])
    assert not can_authenticate(tenant, key.id, FIRST)
    assert "key_fingerprints" not in back.outputs
    assert host.diff(back, host.check(declared, back.inputs).inputs).changes == "DIFF_NONE"


@conversions
def test_conversion_back_that_fails_is_finished_by_the_next_update(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(keyless)
    tenant.fault(method="POST", path=f"{API_CLIENT}/secrets", status=403)

    with pytest.raises(PluginError) as failed:
        host.up_again(key, declared)
    back = host.up_again(key, declared)

    assert "up to date, but it has no secret yet" in failed.value.sentence
    assert "To go back to a key without a secret instead, run pulumi up --refresh" in (
        failed.value.sentence
    )
    assert tenant.can_authenticate(key.id, back.outputs["key_secret"])
    assert len(tenant.secrets(key.id)) == 1


@except_where(
    key_value_encoding=OTHER_ENCODING,
    auth_type_switch=NO_SWITCH,
    first_secret="both slots are in use in the overlap there",
)
def test_conversion_there_and_back_keeps_the_last_secret_until_its_day(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(declared)

    back = host.up_again(host.up_again(key, keyless), declared)

    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert back.outputs["previous_secret_id"] == key.outputs["secret_id"]
    last = host.up_again(due_today(back), declared)
    assert not tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, last.outputs["key_secret"])


@pytest.mark.parametrize("status", [400, 404])
@without_switches
def test_secret_that_cannot_be_revoked_is_revoked_when_the_key_uses_secrets_again(
    host: PluginHost,
    tenant: RunningEmulator,
    declared: Properties,
    keyless: Properties,
    engine: Engine,
    *,
    status: int,
) -> None:
    key = host.up(declared)
    due = due_today(host.up_again(key, keyless))
    tenant.fault(method="DELETE", path=SECRET, status=status)

    postponed = host.up_again(due, keyless)
    checked = host.check(keyless, postponed.inputs)
    assert host.diff(postponed, checked.inputs).changes == "DIFF_NONE"
    (warning,) = engine.warnings
    assert f"the secret {key.outputs['secret_id']} of the key" in warning
    assert "was not revoked, and may still work" in warning
    back = host.up_again(postponed, declared)

    assert not tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, back.outputs["key_secret"])


@without_switches
def test_secret_that_cannot_be_revoked_is_revoked_by_a_later_update(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = host.up(declared)
    due = due_today(host.up_again(key, keyless))
    tenant.fault(method="DELETE", path=SECRET, status=400)

    postponed = host.up_again(due, keyless)
    last = host.up_again(postponed, {**keyless, "description": "changed"})

    assert not tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert "previous_secret_id" not in last.outputs


@pytest.mark.parametrize("is_imported", [False, True])
@without_switches
def test_conversion_revokes_a_secret_that_the_state_does_not_know(
    host: PluginHost,
    tenant: RunningEmulator,
    declared: Properties,
    keyless: Properties,
    engine: Engine,
    *,
    is_imported: bool,
) -> None:
    key = host.up(declared)
    values = [key.outputs["key_secret"], tenant.add_secret(key.id).value]
    ids = {secret.id for secret in tenant.secrets(key.id)}
    unknown = ids if is_imported else ids - {key.outputs["secret_id"]}
    hidden = {"secret_id", "secret_created_at"} if is_imported else set()
    outputs = {name: value for name, value in key.outputs.items() if name not in hidden}

    converted = host.up_again(replace(key, outputs=outputs), keyless)

    assert len(engine.warnings) == len(unknown)
    assert all(any(each in warning for warning in engine.warnings) for each in unknown)
    assert all(tenant.can_authenticate(key.id, value) for value in values)
    host.up_again(all_due_today(converted), keyless)
    assert not any(tenant.can_authenticate(key.id, value) for value in values)


@without_switches
def test_secret_of_a_conversion_back_that_was_killed_is_revoked(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = start_host().up(keyless)
    killed = start_host().up_again(key, declared)  # the engine did not record it

    host = start_host()
    last = host.up_again(due_today(host.up_again(host.refresh(key), keyless)), keyless)

    assert not tenant.can_authenticate(key.id, killed.outputs["key_secret"])
    assert can_authenticate(tenant, last.id, FIRST)


@without_switches
def test_conversion_of_an_imported_key_that_was_killed_warns_of_secrets_that_are_not_listed(
    start_host: StartHost, declared: Properties, keyless: Properties, engine: Engine
) -> None:
    key = start_host().up(declared)
    hidden = {"secret_id", "secret_created_at"}
    outputs = {name: value for name, value in key.outputs.items() if name not in hidden}
    imported = replace(key, outputs=outputs)
    start_host().up_again(imported, keyless)  # the engine did not record it
    engine.warnings.clear()

    start_host().up_again(imported, keyless)

    (warning,) = engine.warnings
    assert "If it had secrets before, they may still work" in warning


@pytest.mark.parametrize("kind", ["converted", "changed manually"])
@without_switches
def test_return_to_a_secret_keeps_an_overlap_unless_it_may_end_early(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, engine: Engine, kind: str
) -> None:
    first = start_host().up(declared)
    rotated = {**declared, "rotation": {"triggers": {"leak": "1"}}}
    second = start_host().up_again(first, rotated)
    if kind == "converted":
        stopped = start_host().up_again(second, with_keys(declared, first=FIRST))
    else:
        tenant.change_client(first.id, clientAuthentication=FIRST.authentication)
        stopped = start_host().refresh(second)
    host = start_host()

    with pytest.raises(PluginError) as refused:
        host.up_again(stopped, rotated)
    assert can_authenticate(tenant, first.id, FIRST)
    early = {"rotation": {"triggers": {"leak": "1"}, "end_overlap_early": True}}
    returning = host.check({**declared, **early}, stopped.inputs).inputs
    host.diff(stopped, returning)
    back = host.update(stopped, returning)

    assert f"the previous secret {first.outputs['secret_id']}, whose overlap ends on" in (
        refused.value.sentence
    )
    assert f"The previous secret {first.outputs['secret_id']} is revoked now" in engine.said[-1]
    assert not tenant.can_authenticate(first.id, first.outputs["key_secret"])
    assert tenant.can_authenticate(first.id, second.outputs["key_secret"])
    assert tenant.can_authenticate(first.id, back.outputs["key_secret"])
    assert back.outputs["previous_secret_id"] == second.outputs["secret_id"]
    assert "older_secret_id" not in back.outputs


@conversions
def test_conversion_that_was_killed_after_its_put_is_finished(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = start_host().up(declared)
    start_host().up_again(key, keyless)  # the engine did not record it
    host = start_host()
    tenant.clear_requests()

    for before in (key, host.refresh(key)):
        finished = host.up_again(before, keyless)
        assert finished.outputs["previous_secret_id"] == key.outputs["secret_id"]
        assert "secret_id" not in finished.outputs

    assert paths(tenant, "PUT") == []


@conversions
def test_manual_conversion_is_reverted_with_a_new_secret(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key, host = start_host().up(declared), start_host()
    tenant.change_client(key.id, clientAuthentication=FIRST.authentication)

    reverted = host.up_again(host.refresh(key), declared)

    assert tenant.can_authenticate(key.id, reverted.outputs["key_secret"])
    assert reverted.outputs["previous_secret_id"] == key.outputs["secret_id"]


# Take over


@public_keys
def test_key_that_the_state_lacks_is_refused_and_resumed(
    start_host: StartHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    killed = start_host().up(keyless)

    with pytest.raises(PluginError) as refused:
        start_host().up(keyless)
    resumed = start_host(resumeInterrupted="true").up(keyless)

    assert "pulumi config set zdx:resumeInterrupted true" in refused.value.sentence
    assert resumed.id == killed.id
    assert can_authenticate(tenant, resumed.id, FIRST)
    assert len(tenant.clients()) == 1


@except_where(
    key_value_encoding=OTHER_ENCODING,
    auth_type_switch=NO_SWITCH,
    first_secret="one more is a third one there",
)
def test_adopt_converts_a_key_with_secrets_and_revokes_them_on_their_day(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties, engine: Engine
) -> None:
    client = tenant.create_client("ci")
    values = [tenant.add_secret(client.id).value for _ in range(2)]

    key = host.up({**keyless, "adopt": True})

    assert key.id == client.id
    assert can_authenticate(tenant, key.id, FIRST)
    assert all(tenant.can_authenticate(client.id, value) for value in values)
    assert 'was taken over. It authenticates with the public key "first".' in engine.said[-1]
    today = datetime.now(timezone.utc).date().isoformat()
    days = {"older_secret_revoke_on": today, "previous_secret_revoke_on": today}
    host.up_again(replace(key, outputs={**key.outputs, **days}), keyless)
    assert not any(tenant.can_authenticate(client.id, value) for value in values)


@pytest.mark.parametrize("adopts", [False, True])
@without_switches
def test_take_over_of_a_key_without_secrets_warns_of_secrets_that_are_not_listed(
    start_host: StartHost,
    tenant: RunningEmulator,
    keyless: Properties,
    engine: Engine,
    *,
    adopts: bool,
) -> None:
    tenant.create_client("ci")
    start_host().up({**keyless, "adopt": True})  # the engine did not record it
    assert engine.warnings == []

    config = {} if adopts else {"resumeInterrupted": "true"}
    start_host(**config).up({**keyless, "adopt": adopts})

    assert 'was taken over. It authenticates with the public key "first".' in engine.said[-2]
    (warning,) = engine.warnings
    assert "If it had secrets before, they may still work" in warning
    assert "pulumi up --replace URN" in warning


@without_switches
def test_earlier_secrets_are_revoked_once_the_key_uses_secrets_for_one_update(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    client = tenant.create_client("ci")
    values = [tenant.add_secret(client.id).value for _ in range(2)]
    tenant.change_client(client.id, clientAuthentication=FIRST.authentication)
    adopted = host.up({**keyless, "adopt": True})
    assert all(tenant.can_authenticate(client.id, value) for value in values)

    last = host.up_again(host.up_again(adopted, declared), keyless)
    host.up_again(all_due_today(last), keyless)

    assert not any(tenant.can_authenticate(client.id, value) for value in values)


@without_switches
def test_converted_key_that_the_state_lacks_is_resumed_with_a_secret(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = start_host().up(declared)
    start_host().up_again(key, keyless)

    resumed = start_host(resumeInterrupted="true").up(declared)

    assert resumed.id == key.id
    assert tenant.can_authenticate(key.id, resumed.outputs["key_secret"])
    assert resumed.outputs["previous_secret_id"] == key.outputs["secret_id"]


@without_switches
def test_converted_key_with_two_secrets_is_resumed_as_it_is_first(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, keyless: Properties
) -> None:
    key = start_host().up(declared)
    tenant.add_secret(key.id)
    start_host().up_again(key, keyless)
    host = start_host(resumeInterrupted="true")

    with pytest.raises(PluginError) as refused:
        host.up(declared)
    assert can_authenticate(tenant, key.id, FIRST)
    back = host.up_again(host.up(keyless), declared)

    assert "its 2 secret slots are in use" in refused.value.sentence
    assert tenant.can_authenticate(key.id, back.outputs["key_secret"])


@without_switches
def test_adopt_ignores_a_certificate_that_has_expired(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    expired, valid = (build_certificate(FIRST, days_left=days) for days in (-1, 90))
    contents = [{"certContent": pem} for pem in (expired, valid)]
    authentication = {"authType": "PUBKEYCERT", "clientCertificates": contents}
    tenant.create_client("ci", clientAuthentication=authentication)

    host.up({**declared, "authentication": {"certificates": [valid]}, "adopt": True})

    (client,) = tenant.clients()
    assert len(client.client_authentication.client_certificates or ()) == 1


@public_keys
def test_adopt_keeps_the_public_keys_that_someone_may_use(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    client = tenant.create_client("ci", clientAuthentication=SECOND.authentication)

    with pytest.raises(PluginError) as refused:
        host.up({**keyless, "adopt": True})
    key = host.up({**with_keys(keyless, ours=FIRST, pipeline=SECOND), "adopt": True})

    assert 'authenticates with the public key "pipeline", which someone may use' in (
        refused.value.sentence
    )
    assert key.id == client.id
    assert can_authenticate(tenant, key.id, SECOND)
    assert can_authenticate(tenant, key.id, FIRST)


@conversions
def test_adopt_that_fails_leaves_the_key_to_its_owner(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    client = tenant.create_client("ci", description="theirs")
    value = tenant.add_secret(client.id).value
    before = tenant.client(client.id)
    tenant.fault(method="GET", path=API_CLIENT, status=403, after=2)

    with pytest.raises(PluginError):
        host.up({**keyless, "adopt": True})

    assert tenant.client(client.id) == before
    assert tenant.can_authenticate(client.id, value)


@public_keys
def test_delete_removes_the_key(
    host: PluginHost, tenant: RunningEmulator, keyless: Properties
) -> None:
    key = host.up(keyless)

    host.delete(key)

    assert tenant.clients() == []
