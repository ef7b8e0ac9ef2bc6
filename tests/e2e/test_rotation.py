"""Secrets that are replaced in time, on the real engine, with days that pass."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from support.calendar import Calendar
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

TRIGGERED = """
from zdx_provider import RotationArgs

key = ApiKey(
    "ci",
    name="ci",
    role="ZDX Read-only Admin",
    rotation=RotationArgs(keep_previous_days={keep}, triggers={{"incident": "{trigger}"}}),
)
pulumi.export("key_id", key.key_id)
pulumi.export("key_secret", key.key_secret)
"""

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

DIGEST = """
import hashlib
from pathlib import Path

def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()
"""


@pytest.fixture
def calendar(project: PulumiProject, tenant: RunningEmulator) -> Calendar:
    return Calendar(project, tenant)


@pytest.mark.slow
def test_calendar_moves_program_and_plugin_but_not_the_engine(
    created: PulumiProject, calendar: Calendar
) -> None:
    calendar.move_to(400)

    said = created.up()

    assert "gets a new secret: its secret expired on" in said.text
    assert "error" not in said.text


@pytest.mark.slow
def test_rotation_happens_every_eleven_weeks_in_a_year_of_weekly_runs(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(QUARTERLY)

    assert run_weeks(project, tenant, weeks=range(53)) == [77, 154, 231, 308]


def run_weeks(
    project: PulumiProject, tenant: RunningEmulator, *, weeks: Iterable[int]
) -> list[int]:
    """Run `up` in these weeks and use the key every day with what the stack's outputs say.

    State and tenant are compared after every `up`.

    Args:
        project: Declares the key.
        tenant: The tenant of the key.
        weeks: When to run, the first of them 0.

    Returns:
        The days on which the secret was rotated.
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


def test_rotation_is_announced_and_keeps_both_secrets_valid_until_the_stated_day(
    project: PulumiProject, tenant: RunningEmulator, calendar: Calendar
) -> None:
    project.program(QUARTERLY).up()
    before = project.outputs()
    ends, secret_id = (project.key()[name] for name in ("secret_expires_on", "secret_id"))
    calendar.move_to(77)
    preview = project.preview()
    project.up()
    after = project.outputs()
    both = tenant.secrets(after["key_id"])
    calendar.move_to(83)
    assert tenant.token_for(before["key_id"], before["key_secret"])
    calendar.move_to(84)

    said = project.up()

    assert re.search(f'~ secret_expires_on +: "{ends}" => ', preview.text)
    assert '+ previous_secret_revoke_on: "' in preview.text
    assert f"gets a new secret: its secret expires on {ends}, within 14 days." in preview.text
    assert f"revokes the current secret {secret_id}." in preview.text
    assert [secret.id for secret in both] == [secret_id, project.key()["secret_id"]]
    assert ": the previous secret" in said.text
    assert [s.id for s in tenant.secrets(after["key_id"])] == [project.key()["secret_id"]]
    assert tenant.token_for(after["key_id"], after["key_secret"])


@pytest.mark.slow
def test_rotation_updates_dependent_outputs_in_the_same_run(
    project: PulumiProject,
) -> None:
    program = TRIGGERED + 'pulumi.export("hash", key.key_secret.apply(lambda s: sha256(s)))\n'
    project.program(DIGEST + program.format(keep=7, trigger="a"))
    project.up()
    project.program(DIGEST + program.format(keep=7, trigger="b"))

    project.up()

    outputs = project.outputs()
    assert outputs["hash"] == hashlib.sha256(outputs["key_secret"].encode()).hexdigest()


@pytest.mark.slow
def test_rotation_without_overlap_revokes_the_previous_secret_in_the_next_up(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    project.program(TRIGGERED.format(keep=0, trigger="a"))
    project.up()
    project.program(TRIGGERED.format(keep=0, trigger="b"))

    project.up()
    both = tenant.secrets(project.key()["key_id"])
    project.up()

    assert len(both) == 2
    assert len(tenant.secrets(project.key()["key_id"])) == 1


@pytest.mark.slow
def test_preview_of_a_revoke_shows_its_day_and_line_once_and_no_unknown_output(
    project: PulumiProject, calendar: Calendar
) -> None:
    program = TRIGGERED + 'pulumi.export("previous", key.previous_secret_id)\n'
    project.program(program.format(keep=3, trigger="a")).up()
    unchanged = project.preview()
    project.program(program.format(keep=3, trigger="b")).up()
    revoke_on = project.key()["previous_secret_revoke_on"]
    calendar.move_to(3)

    due = project.preview("--refresh")

    assert "[unknown]" not in unchanged.text
    assert f'- previous_secret_revoke_on: "{revoke_on}"' in due.text
    assert due.text.count(": the previous secret") == 1


@pytest.mark.slow
def test_preview_of_a_rotation_in_an_overlap_fails_until_it_is_allowed(
    project: PulumiProject, tenant: RunningEmulator
) -> None:
    allowed = TRIGGERED.replace("keep_previous_days", "end_overlap_early=True, keep_previous_days")
    for trigger in ("a", "b"):
        project.program(TRIGGERED.format(keep=7, trigger=trigger)).up()
    key = project.key()
    project.program(TRIGGERED.format(keep=7, trigger="c"))

    refused = project.fail("preview", "--diff")
    project.program(allowed.format(keep=7, trigger="c"))
    preview = project.preview()
    project.up()

    assert f"whose overlap ends on {key['previous_secret_revoke_on']}." in refused.text
    assert f"The previous secret {key['previous_secret_id']} is revoked now," in preview.text
    assert project.key()["previous_secret_id"] == key["secret_id"]
    assert len(tenant.secrets(key["key_id"])) == 2


@pytest.mark.slow
def test_preview_without_rotation_warns_thirty_days_before_the_expiry(
    created: PulumiProject, calendar: Calendar
) -> None:
    calendar.move_to(333)
    early = created.run("preview")
    calendar.move_to(336)

    late = created.run("preview")

    assert "the secret of this key" not in early.text
    assert "warning: the secret of this key expires on" in late.text
    assert "Declare a rotation" in late.text


@pytest.mark.slow
def test_up_without_rotation_replaces_an_expired_secret(
    created: PulumiProject, tenant: RunningEmulator, calendar: Calendar
) -> None:
    calendar.move_to(366)

    said = created.up()

    outputs = created.outputs()
    assert "gets a new secret: its secret expired on" in said.text
    assert tenant.token_for(outputs["key_id"], outputs["key_secret"])


@pytest.mark.slow
def test_saved_plan_is_refused_on_the_next_day(
    project: PulumiProject, calendar: Calendar, tmp_path: Path
) -> None:
    plan = str(tmp_path / "plan.json")
    project.run("preview", "--save-plan", plan)
    calendar.move_to(1)

    refused = project.up_fails("--plan", plan)

    assert "violates plan" in refused.text
