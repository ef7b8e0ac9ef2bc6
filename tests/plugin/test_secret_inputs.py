"""An input that is a Pulumi secret is in no message, log line or check failure."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from plugin.conftest import StartHost, without_switches
from support.plugin_host import Engine, PluginError, PluginHost, Properties

from zdx_emulator.testing import API_CLIENT, API_CLIENTS, RunningEmulator

pytestmark = without_switches
PLANTED = "planted-name"


@pytest.fixture
def declared(declared: Properties) -> Properties:
    """A declaration whose name is a secret."""
    return {**declared, "name": PLANTED, "secret_inputs": ["name"]}


def refuse(call: Callable[[], object]) -> str:
    with pytest.raises(PluginError) as failed:
        call()
    assert PLANTED not in failed.value.shown
    return failed.value.sentence


def test_create_refuses_an_existing_key_without_its_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    client = tenant.create_client(PLANTED)

    said = refuse(lambda: host.up(declared))

    assert f'the key "[secret]" ({client.id}, 0 secrets) already exists' in said


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_create_that_fails_shows_no_secret_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, method: str, engine: Engine
) -> None:
    accepted = host.check(declared).inputs
    tenant.fault(method=method, path=API_CLIENTS, status=400, count=9)

    assert 'the key "[secret]": could not' in refuse(lambda: host.create(accepted))
    assert PLANTED not in "".join(engine.said)


def test_update_that_fails_shows_no_secret_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="PUT", path=API_CLIENT, status=400)

    said = refuse(lambda: host.up_again(key, {**declared, "name": f"{PLANTED}-2"}))

    assert 'the key "[secret]": could not' in said


def test_update_that_fails_hides_a_previously_secret_name(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.fault(method="PUT", path=API_CLIENT, status=400)
    public = {k: v for k, v in declared.items() if k != "secret_inputs"}

    said = refuse(lambda: host.up_again(key, {**public, "name": "public"}))

    assert 'the key "public": could not' in said


def test_update_and_delete_of_a_lost_key_show_no_name(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    key = start_host().up(declared)
    tenant.change_client(key.id, description="[pulumi other/prod/ci #d00d]")

    assert "is now managed by other/prod/ci" in refuse(lambda: start_host().up_again(key, declared))
    start_host().delete(key)

    (warning,) = engine.warnings
    assert f'the key "[secret]" ({key.id}) was kept because' in warning


def test_diff_announces_a_rotation_without_the_secret_name(
    host: PluginHost, declared: Properties, engine: Engine
) -> None:
    key = host.up(declared)
    tomorrow = (date.today() + timedelta(days=1)).isoformat()  # noqa: DTZ011 - any day is good

    host.diff(key, {**key.inputs, "secret_expires_on": tomorrow})

    (line,) = engine.said
    assert line.startswith(f'the key "[secret]" ({key.id}) gets a new secret')


@pytest.mark.parametrize("prop", ["name", "role", "description", "tenant"])
def test_check_shows_no_value_of_a_secret(
    host: PluginHost, declared: Properties, prop: str
) -> None:
    secret = {**declared, prop: f" {PLANTED} <{{%", "secret_inputs": [prop]}

    ((at, reason),) = host.check(secret).failures

    assert at == ""
    assert PLANTED not in reason


def test_diff_announces_a_rotation_with_its_trigger_unmasked(
    host: PluginHost, declared: Properties, engine: Engine
) -> None:
    rotating = {**declared, "rotation": {"triggers": {"round": "2"}}, "name": "ci"}
    secret = {**rotating, "secret_inputs": ["rotation"]}
    key = host.up({**declared, "name": "ci", "secret_inputs": None})

    host.diff(key, host.check(secret, key.inputs).inputs)

    (line,) = engine.said
    assert "its trigger round changed" in line
    assert "[secret]" not in line


@pytest.mark.parametrize("prop", ["name", "role", "description", "tenant", "enabled", "rotation"])
def test_check_shows_no_value_that_a_transform_marks_secret(
    host: PluginHost, declared: Properties, prop: str
) -> None:
    # The engine applies transforms after the program named its secrets, and passes plain
    # values; it prints the value of the property that a failure is about.
    checked = host.check({**declared, prop: [PLANTED], "secret_inputs": None})

    assert [at for at, _ in checked.failures] == [""]
    assert PLANTED not in checked.failures[0][1]
