"""Write the pages of the site: `python -m tools.site_pages` fills .local/pages.

They are the files of docs/, and texts that stand elsewhere in the repository. A link that is right
in the repository is right on the site: it leads to the page that the site has of that file, or is
its text alone where it has none. So the generator of the site needs no code of this project.
"""

import re
import shutil
from collections.abc import Mapping
from os.path import relpath
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / ".local" / "pages"

_LINK = re.compile(r"(?P<shown>!?\[[^]]*\])\((?P<target>[^)#\s]+)(?P<place>#[^)\s]*)?\)")


def list_sources() -> dict[Path, Path]:
    """Return each file of the site, below its folder, with the file that it is made from."""
    docs = ROOT / "docs"
    sources = {file.relative_to(docs): file for file in docs.rglob("*") if file.is_file()}
    sources[Path("security.md")] = ROOT / "SECURITY.md"
    for readme in (ROOT / "examples").glob("*/README.md"):
        sources[Path("examples", f"{readme.parent.name}.md")] = readme
    return dict(sorted(sources.items()))


def rewrite_links(text: str, page: Path, sources: Mapping[Path, Path]) -> str:
    """Return the text of a page with links to files of the repository as links to pages.

    Args:
        text: The text, as in the repository.
        page: The page, below the site's folder.
        sources: The files of the site, with the files that they are made from.
    """
    pages = {source: of for of, source in sources.items()}
    folder = sources[page].parent

    def rewrite(link: re.Match[str]) -> str:
        if ":" in link["target"]:
            return link[0]
        target = (folder / link["target"]).resolve()
        found = pages.get(target) or pages.get(target / "README.md")
        if found is not None:
            return f"{link['shown']}({relpath(found, page.parent)}{link['place'] or ''})"
        return link["shown"][1:-1] if target.exists() else link[0]

    return _LINK.sub(rewrite, text)


def write_pages(folder: Path) -> None:
    """Write the pages into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    sources = list_sources()
    for page, source in sources.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        if page.suffix == ".md":
            (folder / page).write_text(rewrite_links(source.read_text(), page, sources))
        else:
            shutil.copy(source, folder / page)


if __name__ == "__main__":
    write_pages(PAGES)
