"""What is refused before any key is touched."""

from datetime import date, datetime, timedelta, timezone

import pytest
from plugin.conftest import StartHost
from pulumi.runtime.rpc import UNKNOWN
from support.plugin_host import PluginHost, Properties

from zdx_emulator.testing import RunningEmulator


def test_check_returns_the_programs_inputs_and_the_day_on_which_the_secret_expires(
    host: PluginHost, declared: Properties
) -> None:
    today = datetime.now(timezone.utc).date()

    checked = host.check(declared)

    ends = checked.inputs.pop("secret_expires_on")
    assert checked.inputs == declared
    assert ends in {(today + timedelta(days=365 + slip)).isoformat() for slip in (0, 1)}


def test_the_day_is_kept_at_the_next_check(host: PluginHost, declared: Properties) -> None:
    checked = host.check(declared, {**declared, "secret_expires_on": "2999-12-31"})

    assert checked.inputs["secret_expires_on"] == "2999-12-31"


@pytest.mark.parametrize("stamp", ["2020-01-01", "missing"])
def test_the_day_moves_when_a_new_secret_is_due(
    host: PluginHost, declared: Properties, stamp: str
) -> None:
    checked = host.check(declared, {**declared, "secret_expires_on": stamp})

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


def test_a_changed_role_is_looked_up_and_an_unchanged_one_is_not(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    gone = {**declared, "role": "A role that was removed"}

    assert host.check(gone, gone).failures == []
    assert tenant.requests() == []
    ((_, reason),) = host.check(gone, declared).failures
    assert "no ZDX role is named" in reason


def test_unknown_values_pass_through_and_are_not_looked_up(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    preview = {**declared, **dict.fromkeys(declared.keys(), UNKNOWN)}

    checked = host.check(preview)

    assert checked.failures == []
    assert {prop: checked.inputs[prop] for prop in preview} == preview
    assert tenant.requests() == []


def test_a_role_in_a_tenant_that_is_not_known_yet_is_not_looked_up(
    host: PluginHost, tenant: RunningEmulator, declared: Properties
) -> None:
    checked = host.check({**declared, "tenant": UNKNOWN, "role": "No such role"})

    assert checked.failures == []
    assert tenant.requests() == []


def test_a_known_value_beside_an_unknown_one_is_still_held_to_its_rule(
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
def test_settings_and_credentials_are_blamed_on_no_property(
    start_host: StartHost, declared: Properties, settings: dict[str, str | None], shown: str
) -> None:
    ((prop, reason),) = start_host(**settings).check(declared).failures

    assert prop == ""
    assert shown in reason
    assert "obviously-fake" not in reason


def test_a_tenant_that_is_down_is_blamed_on_no_property(
    start_host: StartHost, declared: Properties
) -> None:
    host = start_host(
        apiUrl="http://127.0.0.1:1", tokenUrl="http://127.0.0.1:1/token", maxRetries="0"
    )

    ((prop, reason),) = host.check(declared).failures

    assert prop == ""
    assert "could not get an access token" in reason


def test_a_tenant_entry_that_is_not_there_is_shown(host: PluginHost, declared: Properties) -> None:
    ((prop, reason),) = host.check({**declared, "tenant": "eu"}).failures

    assert prop == ""
    assert 'zdx:tenants has no tenant "eu"' in reason


def test_check_shows_no_secret_role(host: PluginHost, declared: Properties) -> None:
    secret = {"role": "obviously-fake-secret-role", "secret_inputs": ["role"]}

    ((prop, reason),) = host.check({**declared, **secret}).failures

    assert prop == ""
    assert 'no ZDX role is named "[secret]"' in reason
    assert "obviously-fake" not in reason


def test_check_shows_no_secret_that_is_escaped_in_the_message(
    host: PluginHost, declared: Properties
) -> None:
    secret = {"tenant": "obviously-fake\x1b[2J-<{%x", "secret_inputs": ["tenant"]}

    ((_, reason),) = host.check({**declared, **secret}).failures

    assert 'no tenant "[secret]"' in reason


def test_a_color_tag_is_refused_by_a_line_that_holds_none(
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
def test_check_reads_whatever_another_version_has_recorded(
    host: PluginHost, declared: Properties, odd: Properties
) -> None:
    checked = host.check(declared, {**declared, **odd})

    assert checked.failures == []
    date.fromisoformat(checked.inputs["secret_expires_on"])
