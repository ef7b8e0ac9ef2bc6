"""Any sequence of conversions, kills, refreshes and days, played on the provider's own calls."""

from contextlib import suppress
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from support.key_life import SAMPLE_OR_ALL, KeyLife, KilledError
from support.key_pair import KeyPair
from support.keyless import can_authenticate

from zdx_emulator.testing import RunningEmulator

FIRST, SECOND = KeyPair.make_ec(), KeyPair.make_ec()
# What a program declares; nothing means a secret.
KINDS: dict[str, dict[str, KeyPair]] = {
    "secret": {},
    "first key": {"first": FIRST},
    "both keys": {"first": FIRST, "second": SECOND},
    "second key": {"second": SECOND},
}
# A return to a secret in an overlap needs the slot of the older one.
EARLY = {"rotation": {"end_overlap_early": True}}
LAST_DAY = 300  # each secret here is valid for a year


@SAMPLE_OR_ALL
def test_conversions_keep_what_is_declared_working(server: RunningEmulator, examples: int) -> None:
    ConvertedKey.play(server, examples=examples, steps=15)


class ConvertedKey(KeyLife):
    """A key that changes between a secret and public keys."""

    @initialize(kind=st.sampled_from([*KINDS]))
    def made(self, kind: str) -> None:
        self.begin()
        self.values: dict[str, str] = {}
        self.up(kind)

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        self.move(min(LAST_DAY, self.day + days))

    @rule(kind=st.sampled_from([*KINDS]))
    def up(self, kind: str) -> None:
        self.kind = kind
        self.declare(kind)
        again = self.outputs
        assert_works(self.emulator, again, KINDS[kind])
        self.declare(kind)
        # What was pending on the day of a conversion is revoked by the next update.
        assert {**self.outputs, **_without_pending(again)} == {
            **again,
            **_without_pending(self.outputs),
        }

    @rule(kind=st.sampled_from([*KINDS]), changes=st.integers(0, 2), reverted=st.booleans())
    def up_that_is_killed(self, kind: str, changes: int, *, reverted: bool) -> None:
        with suppress(KilledError):
            self.declare(kind, changes_before_death=changes, recorded=False)
        if reverted:
            self.refresh()  # a program that declares what the state has changes nothing
        self.up(self.kind if reverted else kind)

    @rule(pair=st.sampled_from([FIRST, SECOND]))
    def the_key_is_changed_manually(self, pair: KeyPair) -> None:
        key_id = self.outputs["key_id"]
        self.emulator.change_client(key_id, clientAuthentication=pair.authentication)
        self.refresh()
        self.up(self.kind)

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

    def declare(self, kind: str, *, changes_before_death: int = 99, recorded: bool = True) -> None:
        keys = {name: pair.public_pem for name, pair in KINDS[kind].items()}
        declared = {"authentication": {"public_keys": keys}} if keys else EARLY
        outputs = self.run(declared, changes_before_death=changes_before_death, recorded=recorded)
        if "key_secret" in outputs:
            self.values[outputs["secret_id"]] = outputs["key_secret"]


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
