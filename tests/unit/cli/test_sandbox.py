"""How long things take on a tenant, shown by a clock that moves only when someone waits."""

from dataclasses import dataclass

import pytest
from support.samples import build_role

from zdx_provider.cli.sandbox import Sandbox, Timing, Verdict
from zdx_provider.zidentity import ClientSecret, ConnectionOptions, Tenant, ZIdentity


@dataclass
class Clock:
    seconds: float = 0.0

    def read(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Sandbox:
    zidentity = ZIdentity(Tenant("acme"), ClientSecret("admin", "obviously-fake"))
    timing = Timing(clock.read, clock.sleep)
    return Sandbox(zidentity, ConnectionOptions(), [build_role("ZDX Admin")], "trial-", timing)


def test_measure_does_not_wait_if_the_condition_is_true(sandbox: Sandbox) -> None:
    assert sandbox.measure_seconds_until(lambda: True) == 0


def test_measure_returns_the_seconds_until_the_condition_is_true(
    sandbox: Sandbox, clock: Clock
) -> None:
    assert sandbox.measure_seconds_until(lambda: clock.seconds >= 7) == 8


def test_measure_gives_up_after_a_minute(sandbox: Sandbox, clock: Clock) -> None:
    assert sandbox.measure_seconds_until(lambda: False) is None
    assert clock.seconds == 60


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [(0, Verdict.HOLDS), (4, Verdict.HOLDS), (6, Verdict.DIFFERS), (62, Verdict.DIFFERS)],
)
def test_judge_delay_compares_the_delay_with_the_assumption(
    sandbox: Sandbox, clock: Clock, seconds: float, verdict: Verdict
) -> None:
    assert sandbox.judge_delay(lambda: clock.seconds >= seconds).verdict is verdict
