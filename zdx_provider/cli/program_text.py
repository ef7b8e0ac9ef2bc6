"""The text of a Pulumi program that declares keys, as a person would have written it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

_OUTSIDE_A_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Declaration:
    """One ``ApiKey`` of a program: its resource's name, and its arguments by name."""

    resource_name: str
    arguments: Mapping[str, object]


class ResourceNames:
    """Gives each key a name in the program that no other resource of its type has.

    Args:
        taken: The names that the stack has already.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def draw(self, wanted: str) -> str:
        """A name that is valid, new, and as near to the wanted one as may be."""
        name = _OUTSIDE_A_NAME.sub("-", wanted).strip("-.") or "key"
        numbered = (f"{name}-{number}" for number in count(2))
        free = next(each for each in chain((name,), numbered) if each not in self._taken)
        self._taken.add(free)
        return free


def program_text(declarations: Iterable[Declaration], tenant_name: str) -> str:
    """A program, in the format that ruff and black keep.

    Args:
        declarations: The keys.
        tenant_name: Where they live, for the first line.
    """
    keys = "\n".join(map(_declared, declarations))
    title = f"ZDX API keys of the tenant {tenant_name}."
    return f'"""{title}"""\n\nfrom zdx_provider import ApiKey\n\n{keys}'


def _declared(declaration: Declaration) -> str:
    lines = "".join(f"    {argument},\n" for argument in _arguments(declaration))
    return f"ApiKey(\n{lines})\n"


def _arguments(declaration: Declaration) -> Iterator[str]:
    yield _literal(declaration.resource_name)
    for name, value in declaration.arguments.items():
        yield f"{name}={_literal(value) if isinstance(value, str) else repr(value)}"


def _literal(text: str) -> str:
    # repr prefers the other quotes, and leaves some characters as they are that reorder a line.
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(character, quote) for character in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character == quote:
        return f"\\{quote}"
    if character == "\\" or not character.isprintable():
        return character.encode("unicode_escape").decode()
    return character
