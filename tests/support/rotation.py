"""Weeks in the life of a rotating key, and of a consumer that must never be refused."""

from support.calendar import Calendar
from support.pulumi_project import PulumiProject
from zdx_emulator.testing import RunningEmulator

QUARTERLY = """
from zdx_provider import RotationArgs

key = ApiKey(
    "ci",
    name="ci",
    role="ZDX Read-only Admin",
    rotation=RotationArgs(
        secret_lifetime_days=90, rotate_before_expiry_days=14, keep_previous_days=7
    ),
)
pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
"""


def live(project: PulumiProject, tenant: RunningEmulator, *, weeks: int) -> list[int]:
    """Run `up` every week and use the key every day with what the stack's outputs say.

    State and tenant are compared after every `up`.

    Returns:
        The days on which the secret was replaced.
    """
    calendar = Calendar(project, tenant)
    rotations = []
    held = ""
    for week in range(weeks + 1):
        calendar.move_to(7 * week)
        project.up()
        outputs = project.outputs()
        state = project.key()
        known = {state["secret_id"], state.get("previous_secret_id")} - {None}
        assert {secret.id for secret in tenant.secrets(state["key_id"])} == known
        if held and state["secret_id"] != held:
            rotations.append(calendar.day)
        held = state["secret_id"]
        for _ in range(7):
            assert tenant.token_for(outputs["key_id"], outputs["key_secret"])
            calendar.pass_days(1)
    return rotations
