"""The project's documents, and how each block of code in them is held to its word.

| a block of | is |
|---|---|
| `python` | type-checked strictly, as a file of its own; run, unless it needs what is not here |
| `sh` | parsed by bash; each command is known, and what we and Pulumi offer has its flags |
| `yaml`, `json` | parsed; a stack's config is read as the provider reads it |
| `text`, `diff` | what something prints: shown, and not checked |
| `typescript`, `go`, `csharp`, `java` | checked where the component is: tests/unit/component |

A page with titles, as in `python title="__main__.py"`, is a walkthrough: from top to bottom, its
titled blocks are written to files and its shell blocks run. A block in any other language is an
error.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parents[2]

CHECKED = frozenset({"python", "sh", "yaml", "json"})
SHOWN = frozenset({"text", "diff"})
CHECKED_ELSEWHERE = frozenset({"typescript", "go", "csharp", "java"})

_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes:
        document: The file that it stands in, from the root of the repository.
        line: Where it begins.
        language: What it is written in; empty where the document does not say.
        title: The file that a reader is to write it to.
        text: The code.
    """

    document: str
    line: int
    language: str
    title: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def module(self) -> str:
        """A name for it as a Python module, unlike that of any other block."""
        return re.sub(r"\W", "_", str(self))

    @property
    def imported(self) -> set[str]:
        """The packages that it imports and that do not come with Python."""
        nodes = list(ast.walk(ast.parse(self.text)))
        names = [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
        names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        return {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def list_documents() -> list[str]:
    """Return all documents, from the root of the repository."""
    patterns = ("*.md", "docs/**/*.md", "examples/*/*.md", "policies/*.md", "packages/*/*.md")
    return sorted(str(file.relative_to(ROOT)) for p in patterns for file in ROOT.glob(p))


def read_blocks(*languages: str) -> list[Block]:
    """Return all blocks in these languages; in every one, where none is named."""
    found = [block for document in list_documents() for block in read_blocks_of(document)]
    return [block for block in found if not languages or block.language in languages]


@cache
def read_blocks_of(document: str) -> tuple[Block, ...]:
    """Return the blocks of a document, in order."""
    tokens = MarkdownIt().parse((ROOT / document).read_text())
    fences = [token for token in tokens if token.type in ("fence", "code_block")]
    return tuple(
        Block(
            document,
            line=fence.map[0] + 1 if fence.map else 0,
            language=fence.info.partition(" ")[0],
            title=title[1] if (title := _TITLE.search(fence.info)) else None,
            text=fence.content,
        )
        for fence in fences
    )


def list_walkthroughs() -> list[str]:
    """Return the documents whose blocks are followed from top to bottom."""
    return sorted({block.document for block in read_blocks() if block.title})


def join_script(document: str) -> str:
    """Join a walkthrough into one shell script."""
    return "\n".join(split_steps(document))


def split_steps(document: str) -> Iterator[str]:
    """Split a walkthrough into one script for each shell block, after the files before it."""
    files = ""
    for block in read_blocks_of(document):
        if block.title:
            files += f"cat > '{block.title}' <<'END OF FILE'\n{block.text}END OF FILE\n"
        elif block.language == "sh":
            yield files + block.text
            files = ""
    yield files


def find_programs() -> list[Block]:
    """Return the Pulumi programs that need only this package, each once, without walkthroughs.

    A program that declares the provider by itself needs the emulator's addresses in its text:
    tests/e2e/test_options.py runs it.
    """
    found = [
        block
        for block in read_blocks("python")
        if block.document not in list_walkthroughs()
        and block.imported <= {"pulumi", "zdx_provider"}
        and "zdx_provider" in block.imported
        and "ProviderResource(" not in block.text
    ]
    return list({block.text: block for block in found}.values())


def find_scripts() -> list[Block]:
    """Return the Python scripts for a test's own tenant, without walkthroughs."""
    return [
        block
        for block in read_blocks("python")
        if block.document not in list_walkthroughs() and block.imported == {"zdx_emulator"}
    ]
