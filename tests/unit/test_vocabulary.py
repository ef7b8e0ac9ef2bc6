"""One term for each concept: the words that were replaced must not return.

`python tests/unit/test_vocabulary.py` lists all violations, including unchecked scopes.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]

DOCUMENTS = (
    *("*.md", "docs/**/*.md", "examples/**/*.md", "policies/*.md", "mkdocs.yml"),
    "packages/*/*.md",
    *("examples/**/*.py", "examples/**/*.y*ml", "examples/**/.g*/**/*.yml"),
)
PRODUCT = (
    *("__main__.py", "zdx_provider/**/*.py", "zdx_component/**/*.py", "policies/*.py"),
    *("zdx_emulator/**/*.py", "zdx_emulator/**/*.html"),
)
TESTS = ("tests/**/*.py", "benchmarks/*.py")
TOOLS = ("tools/**/*.py",)

CHECKED = (*DOCUMENTS, *PRODUCT, *TESTS, *TOOLS)

# A space stands for any white space, and names in code are split into words: `left_out` is "left
# out". The second text is what to say instead.
REPLACED = (
    # Keys and owners
    (r"(owner's|resource's|own|the|its|a) marks?|mark in", "ownership marker"),
    (r"claims?", "ownership ID, assumption"),
    (r"by hand|hand made", "manually"),
    (r"mend(s|ed|ing)?|put(s|ting)? right|writ(e|ten) back", "correct, update, restore"),
    # Secrets and rotation
    (r"mint(s|ed|ing)?", "create"),
    (r"ma(kes?|de|king) (an?|the|another|its|no|one) (\w+ )?(key|secret|client|token)s?", "create"),
    (r"(secrets?|tokens?|it) end(s|ed)?", "expire"),
    (r"ends? (a|the|its|one|any|every|all) (\w+ )?(secret|token|key)s?", "revoke, expire"),
    (r"lives|lived|live (in|for|until|on)", "lifetime, belong to, work"),
    (r"doomed|strangers?", "secret to revoke, unknown secret"),
    (r"the one before|the secret before(?! (it|the))", "previous secret"),
    # Settings and tenants
    (r"profiles?", "tenant, tenant name"),
    (r"sign(s|ed|ing)? in|by a key pair", "authenticate, with a private key"),
    (r"stand[- ]?ins?|first administrator|bootstrap", "emulator, admin client"),
    # HTTP
    (r"(the|no|an|another|its) answers?|answer(s|ed) (with|by|that|\d+)", "response, respond"),
    (r"tr(y|ies|ied) again", "retry"),
    # Structure and tests
    (r"rooms?|wire|announcements?", "layer, diagnostics"),
    (r"misbehav\w+|ordeal|torture", "fault, slow tests"),
    (r"throwaways?|le(ft|aves?) out", "temporary, skipped"),
    # Plain English
    (r"whoever|nobody|somebody|everybody", "name the actor; someone, anyone"),
    (r"anew|be it|but for|besides|give(s|n)? way|(is|are) no more|for ever", "again, except, or"),
    (r"tells?|told", "say, report"),
    (r"in the clear", "in plain text"),
    (r"hand(s|ed|ing)? (it |them )?(on|over|out|around)", "pass, return"),
)
LOWER_CASE_ID = (re.compile(r"\bids?\b"), "ID")  # in documents; code has `key_id`

# Files in which a word has its ordinary meaning.
ALLOWED = {
    # of a JWT
    "claim": (
        "z*/*assertions.py",
        "z*/*token*.py",
        "z*/*connection.py",
        "tests/emulator/*",
        "tests/*/zidentity/*",
    ),
    # random lives, as the documents call them
    "live": ("docs/reliability.md", "tests/e2e/interruptions/*", "tests/e2e/conftest.py"),
    # a user of the operating system
    "nobody": ("tests/support/postgres.py",),
    # of Hypothesis
    "profile": ("tests/unit/conftest.py",),
}

_CODE = re.compile(r"```.*?```|`[^`\n]*`|\]\([^)]*\)|<[^<>\n]*>", re.DOTALL)
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = [
    (re.compile(rf"\b(?i:{words})\b".replace(" ", r"\s+")), instead) for words, instead in REPLACED
]


class Violation(NamedTuple):
    """A word that was replaced."""

    file: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.word} -> {self.instead}"


def find_files(scope: tuple[str, ...]) -> list[str]:
    found = {file for pattern in scope for file in ROOT.glob(pattern) if file != Path(__file__)}
    return sorted(str(file.relative_to(ROOT)) for file in found if ".venv" not in file.parts)


def read_words(file: str) -> str:
    """Read a document without its code, or code with its names split; line numbers stay."""
    text = (ROOT / file).read_text()
    if file.endswith(".md"):
        return _CODE.sub(lambda code: "\n" * code[0].count("\n"), text)
    return _HUMPS.sub(" ", text).replace("_", " ")


def find_violations(file: str) -> Iterator[Violation]:
    text = read_words(file)
    for pattern, instead in [*_WORDS, LOWER_CASE_ID] if file.endswith(".md") else _WORDS:
        for match in pattern.finditer(text):
            word = " ".join(match[0].split())
            allowed = ALLOWED.get(word.lower().removesuffix("s"), ())
            if not any(fnmatch(file, files) for files in allowed):
                yield Violation(file, text.count("\n", 0, match.start()) + 1, word, instead)


@pytest.mark.parametrize("file", find_files(CHECKED))
def test_file_uses_the_vocabulary(file: str) -> None:
    assert [str(violation) for violation in find_violations(file)] == []


if __name__ == "__main__":
    for name, scope in {
        "documents": DOCUMENTS,
        "product": PRODUCT,
        "tests": TESTS,
        "tools": TOOLS,
    }.items():
        violations = [each for file in find_files(scope) for each in find_violations(file)]
        print(*sorted(violations), sep="\n")  # noqa: T201 - this is its output
        print(f"{name}: {len(violations)} violations")  # noqa: T201
