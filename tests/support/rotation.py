"""Weeks in the life of a rotating key, and of a consumer that must never be refused."""

from collections.abc import Iterable
from typing import Any

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


def live(project: PulumiProject, tenant: RunningEmulator, *, weeks: Iterable[int]) -> list[int]:
    """Run `up` in these weeks and use the key every day with what the stack's outputs say.

    State and tenant are compared after every `up`.

    Args:
        project: Declares the key.
        tenant: Where it lives.
        weeks: When to run, the first of them 0.

    Returns:
        The days on which the secret was replaced.
    """
    calendar = Calendar(project, tenant)
    rotations = []
    held = ""
    outputs: dict[str, Any] = {}
    for week in weeks:
        while calendar.day < 7 * week:
            assert tenant.token_for(outputs["key_id"], outputs["key_secret"])
            calendar.pass_days(1)
        project.up()
        outputs = project.outputs()
        state = project.key()
        known = {state["secret_id"], state.get("previous_secret_id")} - {None}
        assert {secret.id for secret in tenant.secrets(state["key_id"])} == known
        if held and state["secret_id"] != held:
            rotations.append(calendar.day)
        held = state["secret_id"]
    return rotations
