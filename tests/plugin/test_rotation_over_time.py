"""Any sequence of ups, refreshes, kills, hands and days, played on the provider's own calls."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from zdx_emulator.testing import RunningEmulator, running_emulator
from zdx_provider.engine.engine_client import EngineClient
from zdx_provider.engine.lifecycle import Lifecycle
from zdx_provider.engine.tenants import Tenants
from zdx_provider.keys.rotation import Rotation, find_rotation_reason

PLAN = {
    "secret_lifetime_days": 90,
    "rotate_before_expiry_days": 14,
    "keep_previous_days": 7,
    "end_overlap_early": True,
}
DECLARED = {
    "name": "ci",
    "role": "ZDX Read-only Admin",
    "description": "",
    "enabled": True,
    "token_lifetime_seconds": 3600,
    "adopt": False,
    "managed_by": "keys/test/ci",
}


class KilledError(Exception):
    """The process is ended before a change."""


@pytest.fixture(scope="module")
def tenant() -> Iterator[RunningEmulator]:
    with running_emulator() as running:
        yield running


def test_rotation_misses_no_date_and_keeps_the_current_secret_valid(
    tenant: RunningEmulator,
) -> None:
    class Life(OneKey):
        emulator = tenant

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class OneKey(RuleBasedStateMachine):
    """One key's state, its tenant, and what may befall both."""

    emulator: RunningEmulator

    @initialize()
    def made(self) -> None:
        self.emulator.reset()
        self.day = 0
        self.trigger = 0
        self.ended_manually = False
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.move(0)
        self.up()

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.move(self.day + days)

    @rule(days=st.integers(1, 5))
    def the_clock_is_set_back(self, days: int) -> None:
        self.move(max(0, self.day - days))

    @rule()
    def up(self) -> None:
        self.run()
        self.ended_manually = self.ended_manually and self.secret_is_gone()
        stamp = self.outputs["secret_expires_on"]
        assert find_rotation_reason(stamp, self.today, self.plan, self.plan) is None
        again = self.outputs
        self.run()
        assert self.outputs == again

    @rule()
    def up_after_a_trigger(self) -> None:
        before = self.outputs["secret_id"]
        self.trigger += 1
        self.up()
        assert self.outputs["secret_id"] != before
        self.ended_manually = False

    @rule(changes=st.integers(0, 3))
    def up_that_is_killed(self, changes: int) -> None:
        self.trigger += 1
        with suppress(KilledError):
            self.run(changes_before_death=changes, recorded=False)

    @rule()
    def refresh(self) -> None:
        read = self.lifecycle().read(self.outputs["key_id"], self.outputs)
        self.outputs, self.inputs = read.outs or {}, read.inputs or {}

    @rule()
    def a_secret_is_created_manually(self) -> None:
        if len(self.emulator.secrets(self.outputs["key_id"])) < 2:
            self.emulator.add_secret(self.outputs["key_id"])

    @rule()
    def the_held_secret_is_ended_manually(self) -> None:
        if not self.secret_is_gone():
            self.emulator.delete_secret(self.outputs["key_id"], self.outputs["secret_id"])
        self.ended_manually = True

    @invariant()
    def the_held_secret_works(self) -> None:
        outputs = self.outputs
        ends = datetime.fromisoformat(outputs["secret_expires_at"].replace("Z", "+00:00"))
        if not self.ended_manually and ends.timestamp() > self.emulator.now():
            assert self.emulator.token_for(outputs["key_id"], outputs["key_secret"])

    @invariant()
    def there_is_one_key(self) -> None:
        assert [client.id for client in self.emulator.clients()] == [self.outputs["key_id"]]

    def run(self, *, changes_before_death: int = 99, recorded: bool = True) -> None:
        """What the engine does in an `up`."""
        provider = self.lifecycle(changes_before_death)
        rotation = {**PLAN, "triggers": {"n": self.trigger}}
        checked = provider.check(self.inputs, {**DECLARED, "rotation": rotation})
        assert checked.failures == []
        if not self.outputs:
            outputs = provider.create(checked.inputs).outs
        elif not self.changes(provider, checked.inputs):
            return
        else:
            key_id = self.outputs["key_id"]
            outputs = provider.update(key_id, self.outputs, checked.inputs).outs
        if recorded:
            self.outputs, self.inputs = outputs or {}, checked.inputs

    def changes(self, provider: Lifecycle, inputs: dict[str, Any]) -> bool:
        found = provider.diff(self.outputs, inputs).changes
        return inputs != self.inputs if found is None else found

    def lifecycle(self, changes_before_death: int = 99) -> Lifecycle:
        """A plugin's process of its own."""
        left = iter(range(changes_before_death))

        def before_write() -> None:
            if next(left, None) is None:
                raise KilledError

        config = self.emulator.stack_config()
        moved = timedelta(days=self.day)
        return Lifecycle(
            Tenants(config.get, {}, before_write),
            EngineClient(None),
            lambda: datetime.now(timezone.utc) + moved,
        )

    @property
    def plan(self) -> Rotation:
        return Rotation(**PLAN, triggers={"n": self.trigger})

    @property
    def today(self) -> date:
        return (datetime.now(timezone.utc) + timedelta(days=self.day)).date()

    def move(self, day: int) -> None:
        self.day = day
        self.emulator.move_clock(day * 86_400)

    def secret_is_gone(self) -> bool:
        present = self.emulator.secrets(self.outputs["key_id"])
        return self.outputs["secret_id"] not in {secret.id for secret in present}
