"""Text from the tenant, in every line that the provider shows."""

import pytest
from plugin.conftest import StartHost, except_where, without_switches
from support.plugin_host import Engine, PluginError, PluginHost, Properties

from zdx_emulator.testing import API_CLIENT, SECRET, RunningEmulator

HOSTILE = "a\x1b[2J\x07\x9b1m\u202eb\u200b<{%bogus%}>\r"
HARMFUL = ("\x1b", "\x07", "\x9b", "\u202e", "\u200b", "<{%", "\r")


def assert_harmless(shown: str) -> None:
    assert [each for each in HARMFUL if each in shown] == []


@without_switches
@pytest.mark.parametrize("owner", ["<{%bogus%}>", f"other/prod/{HOSTILE}"])
def test_create_escapes_the_owner_of_a_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, owner: str
) -> None:
    tenant.add_secret(tenant.create_client("ci", description=f"x [pulumi {owner} #abc]").id)

    with pytest.raises(PluginError) as refused:
        host.up(declared)

    assert "is managed by" in refused.value.sentence
    assert "\\x3c{%bogus%}>" in refused.value.sentence
    assert_harmless(refused.value.shown)


@without_switches
def test_delete_escapes_the_new_owner_of_a_key(
    host: PluginHost, tenant: RunningEmulator, declared: Properties, engine: Engine
) -> None:
    key = host.up(declared)
    tenant.change_client(key.id, description=f"[pulumi {HOSTILE} #abc]")

    host.delete(key)

    (warning,) = engine.warnings
    assert "took it over" in warning
    assert_harmless(warning)


@except_where(list_descriptions="its description is not read there")
def test_refresh_escapes_changed_text(
    start_host: StartHost, tenant: RunningEmulator, declared: Properties
) -> None:
    key = start_host().up(declared)
    host = start_host()
    marker = tenant.client(key.id).description.removeprefix("for the pipeline")
    tenant.change_client(key.id, name=HOSTILE, description=f"{HOSTILE}{marker}")

    refreshed = host.refresh(key)
    corrected = host.up_again(refreshed, declared)

    assert refreshed.outputs["name"] != key.outputs["name"]
    assert_harmless(refreshed.outputs["name"] + refreshed.outputs["description"])
    assert_harmless(refreshed.inputs["name"] + refreshed.inputs["description"])
    assert corrected.outputs["description"] == "for the pipeline"
    assert tenant.client(key.id).description == f"for the pipeline{marker}"


def test_refresh_keeps_a_declared_description_of_two_lines(
    host: PluginHost, declared: Properties
) -> None:
    key = host.up({**declared, "description": "one\n\ttwo \N{ZERO WIDTH JOINER}"})

    assert host.refresh(key).outputs == key.outputs


@without_switches
def test_get_escapes_text(host: PluginHost, tenant: RunningEmulator) -> None:
    client = tenant.create_client(HOSTILE, description=f"{HOSTILE}\nb [pulumi {HOSTILE} #abc]")

    outputs = host.get(client.id, {}).outputs

    assert_harmless(str([outputs["name"], outputs["managed_by"]]))
    assert_harmless(outputs["description"])
    assert "\nb" in outputs["description"]


SECRET_NAME = "obviously-fake-secret-name"


@without_switches
def test_diagnostics_show_no_secret_name(
    start_host: StartHost,
    tenant: RunningEmulator,
    declared: Properties,
    engine: Engine,
) -> None:
    secret = {**declared, "name": SECRET_NAME, "secret_inputs": ["name"]}
    rotating = {**secret, "rotation": {"keep_previous_days": 0, "triggers": {"round": ["1"]}}}
    key = start_host().up(rotating)
    lines = []

    with pytest.raises(PluginError) as taken:
        start_host().up({**secret, "managed_by": "other/prod/ci"})
    lines.append(taken.value.shown)
    again = {**rotating, "rotation": {"keep_previous_days": 0, "triggers": {"round": ["2"]}}}
    host = start_host()
    host.diff(key, host.check(again, key.inputs).inputs)
    rotated = host.up_again(key, again)
    tenant.fault(method="DELETE", path=SECRET, status=403)
    host.up_again(rotated, again)
    tenant.fault(method="GET", path=API_CLIENT, status=403)
    with pytest.raises(PluginError) as failed:
        host.delete(rotated)
    lines.append(failed.value.shown)

    assert any("gets a new secret" in line for line in engine.said)
    assert any("was not revoked" in line for line in engine.said)
    assert all("[secret]" in line for line in lines)
    assert [line for line in (*lines, *engine.said) if SECRET_NAME in line] == []
