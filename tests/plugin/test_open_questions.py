"""What the vendor leaves open, where the provider has its own way."""

from collections.abc import Callable
from itertools import count

import pytest
from plugin.conftest import ANSWERS, StartHost, only_where, without_switches
from support.key_pair import KeyPair
from support.plugin_host import PluginError, PluginHost, Properties

from zdx_emulator.testing import API_CLIENTS, SECRETS, RunningEmulator, Switches
from zdx_provider.cli.keyless_assumptions import KEYLESS_ASSUMPTIONS
from zdx_provider.cli.sandbox import PATIENCE_SECONDS, Result, Sandbox, Timing, Verdict
from zdx_provider.cli.verify import ASSUMPTIONS, check_assumptions
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.settings import load_settings

NOT_SEEN_YET = Switches(read_lag_ms=3_600_000)


@only_where("first_secret")
def test_rotation_revokes_a_first_secret_that_was_never_shown(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    first = tenant.secrets(key.id)[0]

    rotated = host.up_again(key, {**declared, "rotation": {"triggers": {"incident": "today"}}})

    assert first.id not in {secret.id for secret in tenant.secrets(key.id)}
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, rotated.outputs["key_secret"])


@without_switches
def test_create_finishes_a_lost_client_that_was_not_listed_yet(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(NOT_SEEN_YET)
    tenant.fault(method="POST", path=API_CLIENTS, drop="after")
    with pytest.raises(PluginError, match="could not create the API client"):
        start_host().up(declared)
    (made,) = tenant.clients()
    tenant.switch(Switches())

    key = start_host().up(declared)

    assert [client.id for client in tenant.clients()] == [key.id] == [made.id]
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@without_switches
def test_create_deletes_an_unlisted_client_whose_secret_was_lost(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(NOT_SEEN_YET)
    tenant.fault(method="POST", path=SECRETS, drop="after")

    with pytest.raises(PluginError, match="could not create a secret"):
        host.up(declared)

    assert tenant.clients() == []


@without_switches
def test_create_refuses_its_own_recent_name_before_it_is_listed(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(NOT_SEEN_YET)
    key = host.up(declared)

    with pytest.raises(PluginError, match="already exists and is managed by keys/prod/ci"):
        host.up({**declared, "managed_by": "keys/prod/twin"})

    assert [client.id for client in tenant.clients()] == [key.id]


@only_where("separate_client_id")
def test_create_returns_the_id_although_the_client_id_differs(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)

    assert key.outputs["key_id"] == key.id != tenant.client(key.id).client_id
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


def check_assumption(
    tenant: RunningEmulator, start: str, *, step_seconds: float = PATIENCE_SECONDS
) -> Result:
    """Check the one assumption that starts so, without waiting for anything.

    Args:
        tenant: The tenant.
        start: How the assumption starts.
        step_seconds: How much time passes between two looks at the clock.
    """
    settings = load_settings(lambda _: None, tenant.environment(), None)
    repository = KeyRepository(settings.open())
    no_patience = Timing(count(0.0, step_seconds).__next__, lambda _: None)
    (assumption,) = [each for each in ASSUMPTIONS if each.statement.startswith(start)]
    connection, roles = settings.build_connection(), repository.list_roles()
    with Sandbox(repository.zidentity, connection, roles, "trial-", no_patience) as sandbox:
        (result,) = check_assumptions(sandbox, [assumption])
    return result


@only_where("tokens_outlive_client")
@pytest.mark.parametrize("start", ["Disabling a client", "Deleting a client inv"])
def test_verify_live_finds_that_tokens_outlive_their_client(
    tenant: RunningEmulator, start: str
) -> None:
    assert check_assumption(tenant, start).verdict is Verdict.DIFFERS
    assert tenant.clients() == []


@only_where("lifetime_unit")
def test_verify_live_finds_that_a_token_lifetime_counts_minutes(tenant: RunningEmulator) -> None:
    result = check_assumption(tenant, "accessTokenLifeTime")

    assert (result.verdict, result.observed) == (Verdict.DIFFERS, "60 means 3600 seconds")


@without_switches
@pytest.mark.parametrize(
    ("status", "start", "verdict"),
    [
        (401, "The ZDX API accepts", Verdict.DIFFERS),
        (403, "The ZDX API accepts", Verdict.UNKNOWN),
        (403, "Disabling a client", Verdict.UNKNOWN),
    ],
)
def test_verify_live_distinguishes_a_refused_token_from_a_role_without_permission(
    tenant: RunningEmulator, status: int, start: str, verdict: Verdict
) -> None:
    tenant.fault(path="/zdx/*", count=2, status=status)

    assert check_assumption(tenant, start).verdict is verdict


@without_switches
def test_verify_live_finds_that_revoking_a_secret_invalidates_its_tokens(
    tenant: RunningEmulator,
) -> None:
    tenant.fault(path="/zdx/*", after=1, status=401)

    assert check_assumption(tenant, "Revoking a secret").verdict is Verdict.DIFFERS


@only_where("audience")
def test_authenticate_names_the_setting_of_a_refused_audience(
    start_host: StartHost, declared: Properties
) -> None:
    ((_, reason),) = start_host(tokenAudience=None).check(declared).failures

    assert "set zdx:tokenAudience to none" in reason


@pytest.mark.parametrize("make", [KeyPair.make, KeyPair.make_ec], ids=["RS256", "ES256"])
@pytest.mark.parametrize(
    ("switches", "audience"),
    [
        (ANSWERS["as_documented"], None),
        (ANSWERS["assertions"], "https://acme.zslogin.net"),
    ],
    ids=["sdks", "help pages"],
)
def test_authenticate_with_a_private_key_takes_either_documented_audience(
    start_host: StartHost,
    tenant: RunningEmulator,
    declared: Properties,
    make: Callable[[], KeyPair],
    audience: str | None,
) -> None:
    pair = make()
    admin = tenant.create_client(
        "admin", role="Super Admin", service="ZIAM", clientAuthentication=pair.authentication
    )
    settings = {"clientId": admin.id, "clientSecret": None, "privateKey": pair.private_pem}

    key = start_host(**settings, assertionAudience=audience).up(declared)

    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@only_where("assertions")
def test_authenticate_names_the_setting_of_a_refused_assertion(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    pair = KeyPair.make_ec()
    admin = tenant.create_client(
        "admin", role="Super Admin", service="ZIAM", clientAuthentication=pair.authentication
    )
    settings = {"clientId": admin.id, "clientSecret": None, "privateKey": pair.private_pem}

    ((_, reason),) = start_host(**settings).check(declared).failures

    assert "set zdx:assertionAudience to https://acme.zslogin.net" in reason


@only_where("separate_client_id")
def test_verify_live_finds_that_a_client_authenticates_with_another_id(
    tenant: RunningEmulator,
) -> None:
    result = check_assumption(tenant, "A client can authenticate with a new secret at once")

    assert result.verdict is Verdict.DIFFERS


@only_where("key_value_encoding")
def test_verify_live_finds_that_public_keys_are_encoded_otherwise(tenant: RunningEmulator) -> None:
    encoding = check_assumption(tenant, "The keyValue of a public key")
    others = [each.statement for each in KEYLESS_ASSUMPTIONS[1:]]

    assert encoding.verdict is Verdict.DIFFERS
    assert encoding.observed == "refused with status 400; the base64 of DER is accepted"
    results = [check_assumption(tenant, each, step_seconds=1) for each in others]
    assert [each for each in results if each.verdict is not Verdict.HOLDS] == []
    assert tenant.clients() == []


@only_where("auth_type_switch")
@pytest.mark.parametrize(
    "start", ["A PUT can change authType from SEC", "A PUT can change authType from PUB"]
)
def test_verify_live_finds_that_the_auth_type_cannot_change(
    tenant: RunningEmulator, start: str
) -> None:
    result = check_assumption(tenant, start)

    assert (result.verdict, result.observed) == (Verdict.DIFFERS, "refused with status 400")


@only_where("auth_type_switch")
def test_verify_live_leaves_open_what_a_refused_auth_type_would_change(
    tenant: RunningEmulator,
) -> None:
    assert check_assumption(tenant, "Secrets stay valid").verdict is Verdict.UNKNOWN
