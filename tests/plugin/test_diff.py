"""What the engine is shown about a difference."""

import pytest
from plugin.conftest import StartHost, without_switches
from pulumi.runtime.rpc import UNKNOWN
from support.plugin_host import Difference, PluginError, PluginHost, Properties

from zdx_emulator.testing import RunningEmulator

NOTHING = Difference("DIFF_NONE", [], deletes_first=False)
AS_THE_INPUTS_SAY = Difference("DIFF_UNKNOWN", [], deletes_first=False)


@pytest.mark.parametrize(
    ("prop", "value"),
    [
        ("name", "ci-2"),
        ("role", "ZDX Super Admin"),
        ("description", ""),
        ("enabled", False),
        ("token_lifetime_seconds", 60),
        ("managed_by", "keys/prod/renamed"),
        ("secret_expires_on", "2999-12-31"),
    ],
)
def test_diff_of_a_changed_input_replaces_nothing(
    host: PluginHost, declared: Properties, prop: str, value: object
) -> None:
    key = host.up(declared)

    assert host.diff(key, {**key.inputs, prop: value}) == AS_THE_INPUTS_SAY


def test_diff_of_equal_inputs_is_empty(host: PluginHost, declared: Properties) -> None:
    key = host.up(declared)

    assert host.diff(key, key.inputs) == NOTHING


def test_diff_ignores_adopt(host: PluginHost, declared: Properties) -> None:
    key = host.up(declared)

    assert host.diff(key, {**key.inputs, "adopt": True}) == NOTHING


@pytest.mark.parametrize("prop", ["name", "role", "enabled", "tenant", "managed_by"])
def test_diff_of_an_unknown_value_replaces_nothing(
    host: PluginHost, declared: Properties, prop: str
) -> None:
    key = host.up(declared)

    assert host.diff(key, {**key.inputs, prop: UNKNOWN}) == AS_THE_INPUTS_SAY


def test_diff_sends_no_request(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = host.up(declared)
    tenant.clear_requests()

    host.diff(key, {**key.inputs, "role": "ZDX Super Admin"})

    assert tenant.requests() == []


def test_diff_shows_drift_that_a_refresh_found(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up(declared)
    tenant.change_client(key.id, accessTokenLifeTime=120)

    host = start_host()
    refreshed = host.refresh(key)

    assert refreshed.inputs["token_lifetime_seconds"] == 120
    assert host.diff(refreshed, key.inputs) == AS_THE_INPUTS_SAY


@without_switches
def test_diff_of_a_refresh_reads_the_inputs_of_another_version(
    host: PluginHost, declared: Properties
) -> None:
    # On a refresh the engine passes the state's inputs, which check has not seen.
    key = host.up({**declared, "rotation": {"secret_lifetime_days": 90}})
    rotation = {"secret_lifetime_days": 20, "added_later": {"x": 1}}
    recorded_later = {**key.inputs, "rotation": rotation}

    assert host.diff(key, recorded_later) == AS_THE_INPUTS_SAY


@without_switches
def test_diff_of_malformed_inputs_fails_in_one_line(host: PluginHost, declared: Properties) -> None:
    key = host.up(declared)

    with pytest.raises(PluginError) as refused:
        host.diff(key, {**key.inputs, "rotation": "yearly", "tenant": ["eu"]})

    assert "Missing or malformed: rotation, tenant." in refused.value.sentence
