"""What the files around a release say to each other."""

import re

import pytest
from support.documents import ROOT

import zdx_provider

PROJECTS = ("pyproject.toml", "packages/emulator/pyproject.toml")


def read_pins(file: str) -> set[str]:
    text = (ROOT / file).read_text()
    return set(re.findall(r"^([a-z0-9][^\\\n]*?)(?: \\)?$", text, re.MULTILINE))


@pytest.mark.parametrize("file", ["requirements-runtime.txt", "zdx_component/constraints.txt"])
def test_runtime_pins_are_those_that_are_tested(file: str) -> None:
    def names(pins: set[str]) -> set[str]:
        return {pin.partition(" ;")[0] for pin in pins}

    assert read_pins(file)
    assert names(read_pins(file)) <= names(read_pins("requirements.txt"))


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-runtime.txt"])
def test_each_pin_has_a_hash_and_names_no_registry(file: str) -> None:
    text = (ROOT / file).read_text()

    assert len(re.findall(r"\\\n    --hash=sha256:[0-9a-f]{64}", text)) >= len(read_pins(file))
    assert re.findall(r"^[a-z].*[^\\]$", text, re.MULTILINE) == []
    assert "://" not in text


@pytest.mark.parametrize("project", PROJECTS)
def test_each_classified_python_is_tested(project: str) -> None:
    classified = re.findall(r'Python :: (3\.\d+)"', (ROOT / project).read_text())
    tested = {
        version
        for workflow in ("test.yml", "official-cli.yml")
        for version in re.findall(
            r'python(?:-version)?: "(3\.\d+)"', (ROOT / ".github/workflows" / workflow).read_text()
        )
    }

    assert set(classified) == tested


def test_changelog_has_a_section_for_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert re.search(rf"^## \[{re.escape(zdx_provider.__version__)}\]", changelog, re.MULTILINE)
