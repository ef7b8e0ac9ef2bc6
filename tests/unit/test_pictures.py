"""The pictures that are drawn from text."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tools.pictures import draw, read_layers

CONTRACT = """
name = "Imports point down: to the layers below"
type = "layers"
layers = [
  "package.program | package.cli",
  "package.keys",
]
"""

PICTURES = draw()


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.name)
def test_picture_is_current(file: Path) -> None:
    assert file.read_text() == PICTURES[file], "run: python -m tools.pictures"


@pytest.mark.parametrize("text", PICTURES.values(), ids=[file.name for file in PICTURES])
def test_picture_is_valid_xml_and_the_same_each_time(text: str) -> None:
    assert ET.fromstring(text).tag.endswith("svg")  # noqa: S314 - our own
    assert text in draw().values()


def test_read_layers_returns_the_contract_from_top_to_bottom() -> None:
    assert read_layers(CONTRACT) == [["program", "cli"], ["keys"]]
