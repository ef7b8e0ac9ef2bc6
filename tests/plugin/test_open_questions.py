"""What the vendor leaves open, where the provider has its own way."""

from itertools import count

import pytest
from plugin.conftest import StartHost, only_where
from support.plugin_host import PluginError, PluginHost, Properties

from zdx_emulator.testing import API_CLIENTS, SECRETS, RunningEmulator, Switches
from zdx_provider.cli.assumptions import SECRET_ASSUMPTIONS
from zdx_provider.cli.sandbox import PATIENCE_SECONDS, Sandbox, Timing, Verdict
from zdx_provider.cli.verify import check_assumptions
from zdx_provider.keys.repository import KeyRepository
from zdx_provider.settings import load_settings

NOT_SEEN_YET = Switches(read_lag_ms=3_600_000)


@only_where("first_secret")
def test_a_first_secret_that_no_one_was_shown_is_revoked_by_a_rotation(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    first = tenant.secrets(key.id)[0]

    rotated = host.up_again(key, {**declared, "rotation": {"triggers": {"incident": "today"}}})

    assert first.id not in {secret.id for secret in tenant.secrets(key.id)}
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, rotated.outputs["key_secret"])


@only_where("as_documented")
def test_a_lost_client_that_is_not_seen_yet_is_finished_by_the_next_run(
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


@only_where("as_documented")
def test_a_lost_secret_of_a_key_that_is_not_seen_yet_takes_the_key_with_it(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(NOT_SEEN_YET)
    tenant.fault(method="POST", path=SECRETS, drop="after")

    with pytest.raises(PluginError, match="could not create a secret"):
        host.up(declared)

    assert tenant.clients() == []


@only_where("as_documented")
def test_a_name_that_this_process_has_just_given_is_taken_although_it_is_not_seen_yet(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    tenant.switch(NOT_SEEN_YET)
    key = host.up(declared)

    with pytest.raises(PluginError, match="already exists and is managed by keys/prod/ci"):
        host.up({**declared, "managed_by": "keys/prod/twin"})

    assert [client.id for client in tenant.clients()] == [key.id]


@only_where("separate_client_id")
def test_a_key_id_signs_no_one_in_where_a_client_authenticates_by_another_id(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)

    assert key.outputs["key_id"] == key.id != tenant.client(key.id).client_id
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])


@only_where("separate_client_id")
def test_verify_live_finds_that_a_clients_id_is_not_what_it_authenticates_by(
    tenant: RunningEmulator,
) -> None:
    settings = load_settings(lambda _: None, tenant.environment(), None)
    repository = KeyRepository(settings.open())
    no_patience = Timing(count(0.0, PATIENCE_SECONDS).__next__, lambda _: None)

    connection, roles = settings.build_connection(), repository.list_roles()
    with Sandbox(repository.zidentity, connection, roles, "trial-", no_patience) as sandbox:
        found = next(iter(check_assumptions(sandbox, SECRET_ASSUMPTIONS)))

    assert found.assumption == "A client can authenticate with a new secret at once"
    assert found.verdict is Verdict.DIFFERS
