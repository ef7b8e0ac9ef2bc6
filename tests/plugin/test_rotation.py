"""How a key's secret is replaced, and the previous one ended."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from plugin.conftest import StartHost, except_where
from pulumi.runtime.rpc import UNKNOWN
from support.plugin_host import Engine, PluginError, PluginHost, Properties, Recorded

from zdx_emulator.testing import SECRET, RunningEmulator


@pytest.fixture
def rotating(declared: Properties) -> Properties:
    """What a program declares of a key that rotates."""
    rotation = {"secret_lifetime_days": 90, "keep_previous_days": 3, "end_overlap_early": False}
    return {**declared, "rotation": rotation}


def triggered(rotating: Properties, release: str) -> Properties:
    return {**rotating, "rotation": {**rotating["rotation"], "triggers": {"release": release}}}


def owed_today(key: Recorded) -> Recorded:
    """The same on the day on which its previous secret is to end."""
    today = datetime.now(timezone.utc).date().isoformat()
    day = {"previous_secret_revoke_on": today}
    return replace(key, inputs={**key.inputs, **day}, outputs={**key.outputs, **day})


def early(rotating: Properties, release: str) -> Properties:
    declared = triggered(rotating, release)
    return {**declared, "rotation": {**declared["rotation"], "end_overlap_early": True}}


def present(tenant: RunningEmulator, key: Recorded) -> set[str]:
    return {secret.id for secret in tenant.secrets(key.id)}


def test_create_gives_the_secret_the_declared_lifetime(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    key = host.up(rotating)

    secret = tenant.secrets(key.id)[-1]
    assert secret.id == key.outputs["secret_id"]
    assert abs(secret.expires_at - tenant.now() - 90 * 86_400) < 3600


def test_rotation_by_a_trigger_keeps_the_previous_secret(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    key = host.up(rotating)

    rotated = host.up_again(key, triggered(rotating, "2"))

    today = datetime.now(timezone.utc).date()
    assert rotated.outputs["secret_id"] != key.outputs["secret_id"]
    assert rotated.outputs["previous_secret_id"] == key.outputs["secret_id"]
    assert rotated.outputs["previous_secret_revoke_on"] in {
        (today + timedelta(days=3 - slip)).isoformat() for slip in (0, 1)
    }
    assert tenant.can_authenticate(key.id, key.outputs["key_secret"])
    assert tenant.can_authenticate(key.id, rotated.outputs["key_secret"])


def test_rotation_by_a_trigger_runs_once(host: PluginHost, rotating: Properties) -> None:
    declared = triggered(rotating, "2")
    rotated = host.up_again(host.up(rotating), declared)

    checked = host.check(declared, rotated.inputs)

    assert checked.inputs == rotated.inputs
    assert host.diff(rotated, checked.inputs).changes == "DIFF_NONE"


def test_check_of_an_unknown_trigger_leaves_the_expiry_date_unknown(
    host: PluginHost, rotating: Properties
) -> None:
    key = host.up(rotating)

    checked = host.check(triggered(rotating, UNKNOWN), key.inputs)

    assert checked.failures == []
    assert checked.inputs["secret_expires_on"] == UNKNOWN
    assert host.diff(key, checked.inputs).changes == "DIFF_UNKNOWN"


def test_update_revokes_the_previous_secret_on_its_day_and_not_before(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    declared = triggered(rotating, "2")
    key = host.up_again(host.up(rotating), declared)
    assert host.diff(key, key.inputs).changes == "DIFF_NONE"
    key = owed_today(key)
    assert host.diff(key, key.inputs).changes == "DIFF_SOME"

    revoked = host.up_again(key, declared)

    assert present(tenant, key) == {key.outputs["secret_id"]}
    assert revoked.outputs.keys().isdisjoint({"previous_secret_id", "previous_secret_revoke_on"})
    assert revoked.outputs["key_secret"] == key.outputs["key_secret"]
    assert host.diff(revoked, revoked.inputs).changes == "DIFF_NONE"


def test_check_shows_the_day_of_a_revoke_as_it_moves(
    host: PluginHost, rotating: Properties
) -> None:
    declared = triggered(rotating, "2")
    first = host.up(rotating)

    rotated = host.up_again(first, declared)
    revoked = host.check(declared, owed_today(rotated).inputs)

    day = rotated.outputs["previous_secret_revoke_on"]
    assert "previous_secret_revoke_on" not in first.inputs
    assert rotated.inputs["previous_secret_revoke_on"] == day
    assert host.check(declared, rotated.inputs).inputs["previous_secret_revoke_on"] == day
    assert "previous_secret_revoke_on" not in revoked.inputs


def test_refresh_on_the_day_of_a_revoke_announces_none(
    host: PluginHost, start_host: StartHost, rotating: Properties, engine: Engine
) -> None:
    key = owed_today(host.up_again(host.up(rotating), triggered(rotating, "2")))

    found = start_host().diff(key, key.inputs)

    assert found.changes == "DIFF_NONE"
    assert engine.said == []


def test_update_warns_of_a_failed_revoke_and_retries_it_next_time(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties, engine: Engine
) -> None:
    declared = triggered(rotating, "2")
    key = owed_today(host.up_again(host.up(rotating), declared))
    tenant.fault(method="DELETE", path=SECRET, status=500)

    failed = host.up_again(key, declared)

    (warning,) = engine.warnings
    assert f"the previous secret {key.outputs['previous_secret_id']} was not revoked" in warning
    assert host.diff(failed, failed.inputs).changes == "DIFF_SOME"
    host.up_again(failed, declared)
    assert present(tenant, key) == {key.outputs["secret_id"]}


def test_update_ignores_a_previous_secret_that_is_already_gone(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties, engine: Engine
) -> None:
    declared = triggered(rotating, "2")
    key = owed_today(host.up_again(host.up(rotating), declared))
    tenant.delete_secret(key.id, key.outputs["previous_secret_id"])

    revoked = host.up_again(key, declared)

    assert engine.warnings == []
    assert "previous_secret_id" not in revoked.outputs


def test_rotation_in_an_overlap_is_refused_before_anything_is_changed(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    first = host.up(rotating)
    second = host.up_again(first, triggered(rotating, "2"))
    checked = host.check({**triggered(rotating, "3"), "enabled": False}, second.inputs)
    tenant.clear_requests()

    with pytest.raises(PluginError) as previewed:
        host.diff(second, checked.inputs)
    with pytest.raises(PluginError) as refused:
        host.update(second, checked.inputs)

    day = second.outputs["previous_secret_revoke_on"]
    for error in (previewed.value, refused.value):
        assert "needs a new secret, because its trigger release changed." in error.sentence
        assert (
            f"would revoke the previous secret {first.outputs['secret_id']}, whose overlap ends "
            f"on {day}. Nothing was changed. Run pulumi up on or after {day}, or declare "
            "end_overlap_early=True"
        ) in error.sentence
    assert tenant.requests() == []


def test_diff_of_a_refresh_refuses_no_overlap(
    host: PluginHost, start_host: StartHost, rotating: Properties
) -> None:
    key = host.up_again(host.up(rotating), triggered(rotating, "2"))

    found = start_host().diff(key, {**key.inputs, "secret_expires_on": "2999-12-31"})

    assert found.changes == "DIFF_UNKNOWN"


def test_rotation_that_may_end_an_overlap_names_the_secret_and_its_day(
    host: PluginHost, rotating: Properties, engine: Engine
) -> None:
    first = host.up(rotating)
    second = host.up_again(first, triggered(rotating, "2"))
    checked = host.check(early(rotating, "3"), second.inputs)

    host.diff(second, checked.inputs)

    (line,) = engine.said
    assert (
        f"The previous secret {first.outputs['secret_id']} is revoked now, before its overlap "
        f"ends on {second.outputs['previous_secret_revoke_on']}."
    ) in line
    assert line.endswith(f"revokes the current secret {second.outputs['secret_id']}.")


def test_rotation_on_the_day_on_which_an_overlap_ends_needs_no_permission(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    second = owed_today(host.up_again(host.up(rotating), triggered(rotating, "2")))

    third = host.up_again(second, triggered(rotating, "3"))

    assert present(tenant, third) == {second.outputs["secret_id"], third.outputs["secret_id"]}


def test_rotation_in_the_overlap_revokes_only_the_oldest_secret(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    first = host.up(rotating)
    second = host.up_again(first, triggered(rotating, "2"))

    third = host.up_again(second, early(rotating, "3"))

    assert present(tenant, first) == {second.outputs["secret_id"], third.outputs["secret_id"]}
    assert third.outputs["previous_secret_id"] == second.outputs["secret_id"]
    assert tenant.can_authenticate(first.id, second.outputs["key_secret"])
    assert tenant.can_authenticate(first.id, third.outputs["key_secret"])


def test_rotation_after_a_manual_revoke_keeps_the_previous_secret_known(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    key = host.up_again(host.up(rotating), triggered(rotating, "2"))
    tenant.delete_secret(key.id, key.outputs["secret_id"])

    rotated = host.up_again(host.refresh(key), triggered(rotating, "3"))

    assert rotated.outputs["previous_secret_id"] == key.outputs["previous_secret_id"]
    assert rotated.outputs["previous_secret_revoke_on"] == key.outputs["previous_secret_revoke_on"]
    host.up_again(owed_today(rotated), triggered(rotating, "3"))
    assert present(tenant, key) == {rotated.outputs["secret_id"]}


def test_rotation_after_a_manual_revoke_revokes_a_previous_secret_that_is_due(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    key = host.up_again(host.up(rotating), triggered(rotating, "2"))
    tenant.delete_secret(key.id, key.outputs["secret_id"])

    rotated = host.up_again(owed_today(host.refresh(key)), triggered(rotating, "3"))

    assert present(tenant, key) == {rotated.outputs["secret_id"]}
    assert "previous_secret_id" not in rotated.outputs


@except_where(first_secret="one more is a third one there")
def test_rotation_after_a_manual_exchange_records_the_unknown_secret(
    host: PluginHost, tenant: RunningEmulator, rotating: Properties
) -> None:
    key = host.up(rotating)
    unknown = tenant.add_secret(key.id)
    tenant.delete_secret(key.id, key.outputs["secret_id"])
    declared = triggered(rotating, "2")

    rotated = host.up_again(host.refresh(key), declared)

    assert rotated.outputs["previous_secret_id"] == unknown.id
    host.up_again(owed_today(rotated), declared)
    assert present(tenant, key) == {rotated.outputs["secret_id"]}
