"""What a shell shows when a user presses the tab key."""

import json
import os
from pathlib import Path

import pytest
from support import completion
from unit.cli.conftest import PulumiAnswers
from unit.cli.test_stack import OUTPUTS, export, resource


def complete(line: str, folder: Path) -> list[str]:
    """What bash is shown, with the environment of the test."""
    return completion.complete(line, folder, os.environ)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").touch()
    return tmp_path


def test_complete_offers_commands_and_options(tmp_path: Path) -> None:
    assert complete("zdx-keys imp", tmp_path) == ["import-file"]
    assert complete("zdx-keys import-file --down", tmp_path) == ["--downloaded"]


@pytest.mark.parametrize("command", ["download", pytest.param("show", marks=pytest.mark.slow)])
def test_complete_offers_the_keys_of_the_stack(
    pulumi_answers: PulumiAnswers, project: Path, command: str
) -> None:
    names = ("ci", "cd", "ops", "c$(id)", "c d", "-c")
    pulumi_answers(export(*map(resource, names)))

    assert complete(f"zdx-keys {command} c", project) == ["ci", "cd"]


def test_complete_offers_stacks_and_tenants(pulumi_answers: PulumiAnswers, project: Path) -> None:
    pulumi_answers(json.dumps([{"name": "prod"}, {"name": "dev"}]))
    assert complete("zdx-keys list --stack p", project) == ["prod"]

    entries = json.dumps({"emea": {"vanityDomain": "globex"}, "apac": {}})
    pulumi_answers(json.dumps({"zdx:tenants": {"value": entries, "secret": False}}))
    assert complete("zdx-keys list --tenant e", project) == ["emea"]


@pytest.mark.parametrize(
    "line",
    [
        "zdx-keys download c",
        pytest.param("zdx-keys revoke c", marks=pytest.mark.slow),
        "zdx-keys revoke ci 9",
        "zdx-keys list --stack p",
        "zdx-keys list --tenant e",
    ],
)
def test_complete_offers_nothing_after_a_failure(
    pulumi_answers: PulumiAnswers, project: Path, line: str
) -> None:
    pulumi_answers(export(resource("ci", outputs=OUTPUTS)), stderr="error: broken", exits=1)

    assert complete(line, project) == []
