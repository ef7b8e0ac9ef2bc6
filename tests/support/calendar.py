"""Days that pass for a stack and its tenant."""

from pathlib import Path

from support.pulumi_project import PulumiProject
from zdx_emulator.testing import RunningEmulator

MOVED_CLOCK = Path(__file__).parent / "moved_clock"
SECONDS_A_DAY = 86_400


class Calendar:
    """Moves the day of program, plugin and tenant together.

    Args:
        project: The stack.
        tenant: Its tenant.
    """

    def __init__(self, project: PulumiProject, tenant: RunningEmulator) -> None:
        self._project = project
        self._tenant = tenant
        self.day = 0
        project.environment["PYTHONPATH"] = str(MOVED_CLOCK)

    def move_to(self, day: int) -> None:
        """Make that many days the time since the test began."""
        self.day = day
        self.move_by_seconds(day * SECONDS_A_DAY)

    def move_by_seconds(self, seconds: int) -> None:
        """Make the time that much later than the machine's; earlier if negative."""
        self._project.environment["ZDX_TEST_SECONDS_AHEAD"] = str(seconds)
        self._tenant.move_clock(seconds)

    def pass_days(self, days: int) -> None:
        """Let days pass."""
        self.move_to(self.day + days)
