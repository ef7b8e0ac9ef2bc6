"""Any sequence of conversions, kills, refreshes and days, played on the provider's own calls."""

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
from support.key_pair import KeyPair
from support.keyless import can_authenticate

from zdx_emulator.testing import RunningEmulator, running_emulator
from zdx_provider.engine.engine_client import EngineClient
from zdx_provider.engine.lifecycle import Lifecycle
from zdx_provider.engine.tenants import Tenants

FIRST, SECOND = KeyPair.make_ec(), KeyPair.make_ec()
# What a program declares; nothing means a secret.
KINDS: dict[str, dict[str, KeyPair]] = {
    "secret": {},
    "first key": {"first": FIRST},
    "both keys": {"first": FIRST, "second": SECOND},
    "second key": {"second": SECOND},
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
# A return to a secret in an overlap needs the slot of the older one.
EARLY = {"rotation": {"end_overlap_early": True}}
LAST_DAY = 300  # each secret here is valid for a year


class KilledError(Exception):
    """The process is ended before a change."""


@pytest.fixture(scope="module")
def tenant() -> Iterator[RunningEmulator]:
    with running_emulator() as running:
        yield running


def test_conversions_keep_what_is_declared_working(tenant: RunningEmulator) -> None:
    class Life(OneKey):
        emulator = tenant

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=10,
            stateful_step_count=15,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


class OneKey(RuleBasedStateMachine):
    """One key's state, its tenant, and what may befall both."""

    emulator: RunningEmulator

    @initialize(kind=st.sampled_from([*KINDS]))
    def made(self, kind: str) -> None:
        self.emulator.reset()
        self.day = 0
        self.kind = kind
        self.values: dict[str, str] = {}
        self.inputs: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.emulator.move_clock(0)
        self.up(kind)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self.day = min(LAST_DAY, self.day + days)
        self.emulator.move_clock(self.day * 86_400)

    @rule(kind=st.sampled_from([*KINDS]))
    def up(self, kind: str) -> None:
        self.kind = kind
        self.run()
        again = self.outputs
        assert_works(self.emulator, again, KINDS[kind])
        self.run()
        # What was pending on the day of a conversion is revoked by the next update.
        assert {**self.outputs, **_without_pending(again)} == {
            **again,
            **_without_pending(self.outputs),
        }

    @rule(kind=st.sampled_from([*KINDS]), changes=st.integers(0, 2), reverted=st.booleans())
    def up_that_is_killed(self, kind: str, changes: int, *, reverted: bool) -> None:
        with suppress(KilledError):
            self.run(kind=kind, changes_before_death=changes, recorded=False)
        if reverted:
            self.refresh()  # a program that declares what the state has changes nothing
        self.up(self.kind if reverted else kind)

    @rule()
    def refresh(self) -> None:
        read = self.lifecycle().read(self.outputs["key_id"], self.outputs)
        self.outputs, self.inputs = read.outs or {}, read.inputs or {}

    @rule(pair=st.sampled_from([FIRST, SECOND]))
    def the_key_is_changed_manually(self, pair: KeyPair) -> None:
        key_id = self.outputs["key_id"]
        self.emulator.change_client(key_id, clientAuthentication=pair.authentication)
        self.refresh()
        self.up(self.kind)

    @invariant()
    def there_is_one_key(self) -> None:
        assert [client.id for client in self.emulator.clients()] == [self.outputs["key_id"]]

    @invariant()
    def the_previous_secret_works_until_its_day(self) -> None:
        outputs = self.outputs
        day = outputs.get("previous_secret_revoke_on")
        value = self.values.get(outputs.get("previous_secret_id", ""))
        if value and day and date.fromisoformat(day) > self.today:
            assert self.emulator.token_for(outputs["key_id"], value)

    @invariant()
    def the_state_knows_every_secret_that_works(self) -> None:
        names = ("secret_id", "previous_secret_id", "older_secret_id")
        known = {self.outputs.get(name) for name in names}
        unknown = [value for secret_id, value in self.values.items() if secret_id not in known]
        key_id = self.outputs["key_id"]
        assert not any(self.emulator.can_authenticate(key_id, value) for value in unknown)

    def run(
        self, *, kind: str | None = None, changes_before_death: int = 99, recorded: bool = True
    ) -> None:
        """What the engine does in an `up`."""
        provider = self.lifecycle(changes_before_death)
        keys = {name: pair.public_pem for name, pair in KINDS[kind or self.kind].items()}
        kind_of = {"authentication": {"public_keys": keys}} if keys else EARLY
        declared = {**DECLARED, **kind_of}
        checked = provider.check(self.inputs, declared)
        assert checked.failures == []
        if not self.outputs:
            outputs = provider.create(checked.inputs).outs
        elif not self.changes(provider, checked.inputs):
            return
        else:
            key_id = self.outputs["key_id"]
            outputs = provider.update(key_id, self.outputs, checked.inputs).outs
        outputs = outputs or {}
        if "key_secret" in outputs:
            self.values[outputs["secret_id"]] = outputs["key_secret"]
        if recorded:
            self.outputs, self.inputs = outputs, checked.inputs

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
    def today(self) -> date:
        return (datetime.now(timezone.utc) + timedelta(days=self.day)).date()


def assert_works(
    tenant: RunningEmulator, outputs: dict[str, Any], pairs: dict[str, KeyPair]
) -> None:
    """The key authenticates with what is declared, and with no other public key."""
    key_id = outputs["key_id"]
    if not pairs:
        assert tenant.token_for(key_id, outputs["key_secret"])
    else:
        assert "key_secret" not in outputs
    for pair in (FIRST, SECOND):
        assert can_authenticate(tenant, key_id, pair) is (pair in pairs.values())


def _without_pending(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: None for name in outputs if name.startswith(("previous_", "older_"))}
