"""A hook of MkDocs: pages of the site that no file in docs/ is, and links that lead out of docs/.

A link that is right in the repository is right on the site: it leads to the page that the site has
of that file, or is its text alone where it has none.
"""

import posixpath
import re
import subprocess
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?P<shown>!?\[[^]]*\])\((?P<target>[^)#\s]+)(?P<place>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages whose text stands elsewhere in the repository."""
    elsewhere = {"security.md": ROOT / "SECURITY.md"}
    for readme in sorted((ROOT / "examples").glob("*/README.md")):
        elsewhere[f"examples/{readme.parent.name}.md"] = readme
    for page, text in elsewhere.items():
        files.append(File.generated(config, page, abs_src_path=str(text)))
    files.append(File.generated(config, "zdx-keys.md", content=_help_of_zdx_keys()))
    return files


def on_page_markdown(markdown: str, page: Page, files: Files, **_: object) -> str:
    """Turns links to files of the repository into links to their pages."""
    if page.file.abs_src_path is None:
        return markdown
    folder = Path(page.file.abs_src_path).parent
    pages = {file.abs_src_path: file.src_uri for file in files if file.abs_src_path}
    here = posixpath.dirname(page.file.src_uri)

    def on_the_site(link: re.Match[str]) -> str:
        if ":" in link["target"]:
            return link[0]
        target = (folder / link["target"]).resolve()
        uri = pages.get(str(target)) or pages.get(str(target / "README.md"))
        if uri is not None:
            return f"{link['shown']}({posixpath.relpath(uri, here)}{link['place'] or ''})"
        return link["shown"][1:-1] if target.exists() else link[0]

    return LINK.sub(on_the_site, markdown)


def _help_of_zdx_keys() -> str:
    command = [sys.executable, "-m", "typer", "zdx_provider.cli.app", "utils", "docs"]
    return subprocess.run(
        [*command, "--name", "zdx-keys"], capture_output=True, text=True, check=True
    ).stdout
