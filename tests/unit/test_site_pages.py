"""The pages that the site is built of."""

from pathlib import Path

import pytest

from tools.site_pages import ROOT, list_sources, rewrite_links

SOURCES = {
    Path("index.md"): ROOT / "docs" / "index.md",
    Path("security.md"): ROOT / "SECURITY.md",
    Path("examples/adopt.md"): ROOT / "examples" / "adopt" / "README.md",
}


@pytest.mark.parametrize(
    ("page", "text", "rewritten"),
    [
        ("index.md", "[a](../examples/adopt)", "[a](examples/adopt.md)"),
        ("index.md", "[a](../SECURITY.md#state)", "[a](security.md#state)"),
        ("index.md", "[a](../pyproject.toml)", "a"),
        ("index.md", "[a](missing.md)", "[a](missing.md)"),
        ("index.md", "[a](https://host/index.md)", "[a](https://host/index.md)"),
        ("examples/adopt.md", "[a](../../docs/index.md)", "[a](../index.md)"),
        ("security.md", "![a](docs/index.md)", "![a](index.md)"),
    ],
)
def test_rewrite_links_leads_to_pages_of_the_site(page: str, text: str, rewritten: str) -> None:
    assert rewrite_links(text, Path(page), SOURCES) == rewritten


def test_list_sources_has_every_document_and_example() -> None:
    sources = list_sources()

    assert {*SOURCES} < {*sources}
    assert Path("img/rotation.svg") in sources
