"""One key over time: its state and its tenant, played on the provider's own calls."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from support.samples import DECLARED
from zdx_emulator.testing import RunningEmulator
from zdx_provider.engine.engine_client import EngineClient
from zdx_provider.engine.lifecycle import Lifecycle
from zdx_provider.engine.tenants import Tenants

# How many sequences are played; what takes long is slow.
SAMPLE_OR_ALL = pytest.mark.parametrize(
    "examples", [5, pytest.param(40, marks=pytest.mark.slow)], ids=["sample", "all"]
)


class KilledError(Exception):
    """The process is ended before a change."""


class KeyLife(RuleBasedStateMachine):
    """One key's state, its tenant, and what may befall both."""

    emulator: RunningEmulator

    @classmethod
    def play(cls, tenant: RunningEmulator, *, examples: int, steps: int) -> None:
        """Play the rules in any order."""

        class Life(cls):  # type: ignore[valid-type, misc] # mypy takes no variable for a base
            emulator = tenant

        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )

    def begin(self) -> None:
        """Begin with an empty tenant and an empty state."""
        self.emulator.reset()
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.move(0)

    @rule()
    def refresh(self) -> None:
        read = self._start_provider().read(self.outputs["key_id"], self.outputs)
        self.outputs, self.inputs = read.outs or {}, read.inputs or {}

    @invariant()
    def there_is_one_key(self) -> None:
        assert [client.id for client in self.emulator.clients()] == [self.outputs["key_id"]]

    def run(
        self,
        declared: Mapping[str, object],
        *,
        changes_before_death: int = 99,
        recorded: bool = True,
    ) -> dict[str, Any]:
        """Do what the engine does in an `up`, and return the outputs.

        Raises:
            KilledError: The update needs more changes. The state is as before.
        """
        provider = self._start_provider(changes_before_death)
        checked = provider.check(self.inputs, {**DECLARED, **declared})
        assert checked.failures == []
        inputs = checked.inputs
        if not self.outputs:
            outputs = provider.create(inputs).outs
        elif not self._is_changed(provider, inputs):
            return self.outputs
        else:
            outputs = provider.update(self.outputs["key_id"], self.outputs, inputs).outs
        outputs = outputs or {}
        if recorded:
            self.outputs, self.inputs = outputs, inputs
        return outputs

    def move(self, day: int) -> None:
        """Set the clocks of the provider and the tenant."""
        self.day = day
        self.emulator.move_clock(day * 86_400)

    @property
    def today(self) -> date:
        """Today in UTC."""
        return self._now().date()

    def _now(self) -> datetime:
        return datetime.now(timezone.utc) + timedelta(days=self.day)

    def _is_changed(self, provider: Lifecycle, inputs: dict[str, Any]) -> bool:
        found = provider.diff(self.outputs, inputs).changes
        return inputs != self.inputs if found is None else found

    def _start_provider(self, changes_before_death: int = 99) -> Lifecycle:
        """Start a plugin's process of its own."""
        left = iter(range(changes_before_death))

        def before_write() -> None:
            if next(left, None) is None:
                raise KilledError

        config = self.emulator.stack_config()
        return Lifecycle(Tenants(config.get, {}, before_write), EngineClient(None), self._now)
