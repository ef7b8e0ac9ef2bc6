"""Any sequence of ups, refreshes, kills, hands and days, played on the provider's own calls."""

from contextlib import suppress
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from support.key_life import SAMPLE_OR_ALL, KeyLife, KilledError

from zdx_emulator.testing import RunningEmulator
from zdx_provider.keys.rotation import Rotation, find_rotation_reason

ROTATION = {
    "secret_lifetime_days": 90,
    "rotate_before_expiry_days": 14,
    "keep_previous_days": 7,
    "end_overlap_early": True,
}


@SAMPLE_OR_ALL
def test_rotation_misses_no_date_and_keeps_the_current_secret_valid(
    server: RunningEmulator, examples: int
) -> None:
    RotatedKey.play(server, examples=examples, steps=25)


class RotatedKey(KeyLife):
    """A key whose secret is rotated."""

    @initialize()
    def made(self) -> None:
        self.begin()
        self.trigger = 0
        self.revoked_manually = False
        self.up()

    @rule(days=st.integers(1, 40))
    def days_pass(self, days: int) -> None:
        self.move(self.day + days)

    @rule(days=st.integers(1, 5))
    def the_clock_is_set_back(self, days: int) -> None:
        self.move(max(0, self.day - days))

    @rule()
    def up(self) -> None:
        self.run(self.declared)
        self.revoked_manually = self.revoked_manually and self.secret_is_gone()
        expires_on = self.outputs["secret_expires_on"]
        assert find_rotation_reason(expires_on, self.today, self.rotation, self.rotation) is None
        again = self.outputs
        self.run(self.declared)
        assert self.outputs == again

    @rule()
    def up_after_a_trigger(self) -> None:
        before = self.outputs["secret_id"]
        self.trigger += 1
        self.up()
        assert self.outputs["secret_id"] != before
        self.revoked_manually = False

    @rule(changes=st.integers(0, 3))
    def up_that_is_killed(self, changes: int) -> None:
        self.trigger += 1
        with suppress(KilledError):
            self.run(self.declared, changes_before_death=changes, recorded=False)

    @rule()
    def a_secret_is_created_manually(self) -> None:
        if len(self.emulator.secrets(self.outputs["key_id"])) < 2:
            self.emulator.add_secret(self.outputs["key_id"])

    @rule()
    def the_current_secret_is_revoked_manually(self) -> None:
        if not self.secret_is_gone():
            self.emulator.delete_secret(self.outputs["key_id"], self.outputs["secret_id"])
        self.revoked_manually = True

    @invariant()
    def the_current_secret_works(self) -> None:
        outputs = self.outputs
        expires_at = datetime.fromisoformat(outputs["secret_expires_at"].replace("Z", "+00:00"))
        if not self.revoked_manually and expires_at.timestamp() > self.emulator.now():
            assert self.emulator.token_for(outputs["key_id"], outputs["key_secret"])

    @property
    def rotation(self) -> Rotation:
        return Rotation(**ROTATION, triggers={"n": self.trigger})

    @property
    def declared(self) -> dict[str, object]:
        return {"rotation": {**ROTATION, "triggers": {"n": self.trigger}}}

    def secret_is_gone(self) -> bool:
        present = self.emulator.secrets(self.outputs["key_id"])
        return self.outputs["secret_id"] not in {secret.id for secret in present}
