"""What is refused before any key is touched."""

from datetime import date, datetime, timedelta, timezone

import pytest
from plugin.conftest import StartHost
from pulumi.runtime.rpc import UNKNOWN
from support.plugin_host import PluginHost, Properties

from zdx_emulator.testing import RunningEmulator


def test_check_returns_the_inputs_and_the_expiry_date(
    host: PluginHost, declared: Properties
) -> None:
    today = datetime.now(timezone.utc).date()

    checked = host.check(declared)

    ends = checked.inputs.pop("secret_expires_on")
    assert checked.inputs == declared
    assert ends in {(today + timedelta(days=365 + slip)).isoformat() for slip in (0, 1)}


def test_check_keeps_the_expiry_date(host: PluginHost, declared: Properties) -> None:
    checked = host.check(declared, {**declared, "secret_expires_on": "2999-12-31"})

    assert checked.inputs["secret_expires_on"] == "2999-12-31"


@pytest.mark.parametrize("expires_on", ["2020-01-01", "missing"])
def test_check_moves_the_expiry_date_when_a_rotation_is_due(
    host: PluginHost, declared: Properties, expires_on: str
) -> None:
    checked = host.check(declared, {**declared, "secret_expires_on": expires_on})

    assert checked.inputs["secret_expires_on"] > datetime.now(timezone.utc).date().isoformat()


def test_check_reports_each_broken_rule_by_the_name_of_its_input(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    checked = host.check({**declared, "name": " ci", "token_lifetime_seconds": 59})

    assert [prop for prop, _ in checked.failures] == ["", ""]
    assert [reason.split()[0] for _, reason in checked.failures] == [
        "name",
        "token_lifetime_seconds",
    ]
    assert tenant.requests() == []


def test_check_of_an_unknown_role_lists_the_candidates(
    host: PluginHost, declared: Properties
) -> None:
    ((prop, reason),) = host.check({**declared, "role": "ZDX Super Admn"}).failures

    assert prop == ""
    assert 'no ZDX role is named "ZDX Super Admn"' in reason
    assert "The tenant has: ZDX Super Admin, " in reason


def test_check_looks_up_a_role_only_if_it_is_changed(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    gone = {**declared, "role": "A role that was removed"}

    assert host.check(gone, gone).failures == []
    assert tenant.requests() == []
    ((_, reason),) = host.check(gone, declared).failures
    assert "no ZDX role is named" in reason


def test_check_returns_unknown_values_without_a_lookup(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    preview = {**declared, **dict.fromkeys(declared.keys(), UNKNOWN)}

    checked = host.check(preview)

    assert checked.failures == []
    assert {prop: checked.inputs[prop] for prop in preview} == preview
    assert tenant.requests() == []


def test_check_looks_up_no_role_in_an_unknown_tenant(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    checked = host.check({**declared, "tenant": UNKNOWN, "role": "No such role"})

    assert checked.failures == []
    assert tenant.requests() == []


def test_check_validates_known_values_next_to_unknown_ones(
    host: PluginHost, declared: Properties
) -> None:
    checked = host.check({**declared, "role": UNKNOWN, "name": ""})

    ((_, reason),) = checked.failures
    assert reason.startswith("name must be")


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"clientSecret": None}, "zdx:clientSecret is missing"),
        ({"clientId": None}, "ZSCALER_CLIENT_ID"),
        ({"vanityDomain": None}, "zdx:vanityDomain is missing"),
        ({"clientSecret": "obviously-fake-wrong-secret"}, "refused the client ID"),
        ({"vanityDomain": "acme.zslogin.net"}, "is not one DNS label"),
        ({"maxRetries": "many"}, "zdx:maxRetries is not valid"),
    ],
)
def test_check_blames_no_property_for_settings_and_credentials(
    start_host: StartHost, declared: Properties, settings: dict[str, str | None], shown: str
) -> None:
    ((prop, reason),) = start_host(**settings).check(declared).failures

    assert prop == ""
    assert shown in reason
    assert "obviously-fake" not in reason


def test_check_blames_no_property_for_a_tenant_that_is_down(
    start_host: StartHost, declared: Properties
) -> None:
    host = start_host(
        apiUrl="http://127.0.0.1:1", tokenUrl="http://127.0.0.1:1/token", maxRetries="0"
    )

    ((prop, reason),) = host.check(declared).failures

    assert prop == ""
    assert "could not get an access token" in reason


def test_check_names_a_tenant_that_does_not_exist(host: PluginHost, declared: Properties) -> None:
    ((prop, reason),) = host.check({**declared, "tenant": "eu"}).failures

    assert prop == ""
    assert 'zdx:tenants has no tenant "eu"' in reason


def test_check_shows_no_secret_role(host: PluginHost, declared: Properties) -> None:
    secret = {"role": "obviously-fake-secret-role", "secret_inputs": ["role"]}

    ((prop, reason),) = host.check({**declared, **secret}).failures

    assert prop == ""
    assert 'no ZDX role is named "[secret]"' in reason
    assert "obviously-fake" not in reason


def test_check_shows_no_secret_that_its_message_escapes(
    host: PluginHost, declared: Properties
) -> None:
    secret = {"tenant": "obviously-fake\x1b[2J-<{%x", "secret_inputs": ["tenant"]}

    ((_, reason),) = host.check({**declared, **secret}).failures

    assert 'no tenant "[secret]"' in reason


def test_check_refuses_a_color_tag_without_repeating_it(
    host: PluginHost, declared: Properties
) -> None:
    ((_, reason),) = host.check({**declared, "description": "a <{%bogus%}>"}).failures

    assert reason.startswith("description must be text without control characters")
    assert "<{%" not in reason


@pytest.mark.parametrize("names", [None, "name", 7, ["name", 7], {"name": True}])
def test_check_accepts_any_list_of_secret_inputs(
    host: PluginHost, declared: Properties, names: object
) -> None:
    host.check({**declared, "secret_inputs": names})
    host.check({**declared, "name": " ", "secret_inputs": names})


@pytest.mark.parametrize(
    "odd",
    [
        {"rotation": {"secret_lifetime_days": 90, "added_later": {"x": 1}}},
        {"rotation": "soon"},
        {"secret_expires_on": "soon"},
        {"secret_expires_on": 7},
    ],
)
def test_check_accepts_malformed_inputs_of_another_version(
    host: PluginHost, declared: Properties, odd: Properties
) -> None:
    checked = host.check(declared, {**declared, **odd})

    assert checked.failures == []
    date.fromisoformat(checked.inputs["secret_expires_on"])
