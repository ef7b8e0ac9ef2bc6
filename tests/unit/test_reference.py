"""The reference pages that are written from the code."""

from pathlib import Path

import pytest

from tools.reference import describe

PAGES = describe()


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_reference_page_is_current(file: Path) -> None:
    assert file.read_text() == PAGES[file], "run: python -m tools.reference"
