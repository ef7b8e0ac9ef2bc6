"""The commands of a shell script, as far as documents need them shown apart."""

import itertools
import re
import shlex
from collections.abc import Iterator

_COMMENT = re.compile(r"(^|\s)#.*")
_INNER = re.compile(r"\$\(([^()]*)\)")
_ASSIGNMENT = re.compile(r"\w+=.*")
_SEPARATORS = ";()|&<>\n"
_KEYWORDS = frozenset({"until", "while", "if", "do", "then", "else", "done", "fi", "!"})


def split_commands(script: str) -> list[list[str]]:
    """Return the words of each command, also in `$(...)`, without assignments and redirections."""
    joined = script.replace("\\\n", " ")
    plain = "\n".join(_COMMENT.sub("", line) for line in joined.splitlines())
    inner = [split_commands(found) for found in _INNER.findall(plain)]
    return [*_split(plain), *itertools.chain.from_iterable(inner)]


def _split(script: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(script, posix=True, punctuation_chars=_SEPARATORS)
    lexer.whitespace = " \t"
    lexer.commenters = ""
    lexer.whitespace_split = True
    redirected = False
    for is_separator, tokens in itertools.groupby(lexer, lambda token: token[0] in _SEPARATORS):
        found = list(tokens)
        if is_separator:
            redirected = set("".join(found)) <= set("<>")
            continue
        words = list(itertools.dropwhile(_is_no_command, found[1:] if redirected else found))
        if words:
            yield words


def _is_no_command(word: str) -> bool:
    return word in _KEYWORDS or bool(_ASSIGNMENT.fullmatch(word))
