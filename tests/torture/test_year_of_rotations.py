"""A year in the life of a rotating key; `make test` runs the weeks around a rotation."""

from support.pulumi_project import PulumiProject
from support.rotation import QUARTERLY, live

from zdx_emulator.testing import RunningEmulator


def test_a_year_of_weekly_ups_refuses_no_consumer_and_rotates_every_eleven_weeks(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(QUARTERLY)

    assert live(project, tenant, weeks=range(53)) == [77, 154, 231, 308]
