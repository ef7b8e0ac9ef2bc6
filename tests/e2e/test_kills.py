"""A part of the kill matrix: each operation, and each process that can be killed."""

from pathlib import Path
from typing import Any

import pytest
from support.engine_processes import CLI, LANGUAGE_HOST, PLUGIN
from support.kills import ANSWER, LOST, SERVED, Case
from support.operations import CHANGE, MAKE, MINT, READ, REMOVE, REVOKE, operation
from support.ordeal import FINISHED, RESUMED, REVOKED, Ordeal
from support.pulumi_project import PulumiProject

from zdx_emulator.testing import RunningEmulator

SAMPLE = {
    Case(operation("create"), MAKE, SERVED, CLI): FINISHED,
    Case(operation("create"), MINT, SERVED, CLI): RESUMED,
    Case(operation("create"), MINT, LOST, ANSWER): FINISHED,
    Case(operation("create"), MINT, SERVED, CLI, times=2, resume=True): REVOKED,
    Case(operation("take over"), CHANGE, SERVED, PLUGIN): FINISHED,
    Case(operation("replace"), REMOVE, SERVED, CLI, resume=True): FINISHED,
    Case(operation("replace, new key first"), MAKE, LOST, LANGUAGE_HOST): FINISHED,
    Case(operation("update"), CHANGE, LOST, CLI, times=2): FINISHED,
    Case(operation("mend"), MINT, SERVED, LANGUAGE_HOST): FINISHED,
    Case(operation("delete"), REMOVE, SERVED, PLUGIN): FINISHED,
    Case(operation("rotate"), MINT, SERVED, PLUGIN, times=2): FINISHED,
    Case(operation("revoke"), REVOKE, LOST, CLI): FINISHED,
    Case(operation("destroy"), READ, LOST, CLI): FINISHED,
    Case(operation("destroy, then want it again"), REMOVE, SERVED, PLUGIN): FINISHED,
}


@pytest.fixture
def empty_project(tmp_path: Path, settings: dict[str, Any]) -> PulumiProject:
    """A project with a stack, and nothing in it."""
    folder = tmp_path / "project"
    folder.mkdir()
    return PulumiProject(folder).create(settings)


@pytest.mark.parametrize(("case", "outcome"), SAMPLE.items(), ids=map(str, SAMPLE))
def test_what_is_cut_short_is_finished_or_refused_with_a_way_on(
    case: Case, outcome: str, empty_project: PulumiProject, tenant: RunningEmulator
) -> None:
    assert Ordeal(case, empty_project, tenant).live_through() == outcome
