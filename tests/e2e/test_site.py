"""The documentation as a site."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.documents import ROOT

from tools.browser.chromium import running_chromium
from tools.site_pages import write_pages


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("documentation")
    write_pages(folder / "pages")
    config = (ROOT / "mkdocs.yml").read_text().replace(".local/", "")
    (folder / "mkdocs.yml").write_text(config)
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    return folder / "site"


def test_site_has_no_external_resources(site: Path) -> None:
    pages = "".join(page.read_text() for page in site.rglob("*.html"))

    assert re.findall(r"""(?:src|<link[^>]*href)=["']?(?:https?:)?//[^"'> ]*""", pages) == []
    assert str(ROOT) not in pages


def test_search_and_next_page_of_the_site_work_without_a_server(site: Path) -> None:
    with running_chromium() as browser:
        page = browser.new_page()
        for start in ("index.html", "examples/adopt.html"):
            page.goto((site / start).as_uri())
            page.keyboard.press("/")
            search = page.get_by_role("textbox", name="Search")
            search.press_sequentially("rotation window")
            page.locator("a.md-search-result__link[href*='rotation.html']").first.click()
            page.wait_for_url("**/rotation.html*")

        page.goto((site / "index.html").as_uri())
        page.get_by_role("link", name="Next: Quick start").click()
        page.wait_for_url("**/quick-start.html")
