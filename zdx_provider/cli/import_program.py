"""The text of a Pulumi program that declares keys, as a person would have written it."""

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from zdx_provider.keys.owner import Owner
from zdx_provider.text import quote_python

_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")
_NOT_IN_AN_IDENTIFIER = re.compile(r"\W+")
_LONGEST_IDENTIFIER = 40  # so that a line of the program stays short
# Names that mean something else in the program, or in what a user adds to it.
_RESERVED = frozenset({*keyword.kwlist, *dir(builtins), "ApiKey", "zdx_provider", "pulumi"})


@dataclass(frozen=True)
class Declaration:
    """A key that a program declares.

    Attributes:
        owner: Its resource.
        arguments: The arguments of the resource, by name.
        notes: The lines of a comment on it.
    """

    owner: Owner
    arguments: Mapping[str, object]
    notes: Sequence[str] = ()


class ResourceNames:
    """Gives each key a name in the program that no other resource of its type has.

    Args:
        taken: The names that the stack has already.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def choose(self, wanted: str) -> str:
        """Return a valid new name, as similar to the wanted one as possible."""
        name = _NOT_IN_A_NAME.sub("-", wanted).strip("-.") or "key"
        numbered = (f"{name}-{number}" for number in count(2))
        free = next(each for each in chain((name,), numbered) if each not in self._taken)
        self._taken.add(free)
        return free


class Identifiers:
    """Gives each key a variable that no other key of the program has."""

    def __init__(self) -> None:
        self._taken = set(_RESERVED)

    def choose(self, name: str) -> str:
        """Return a valid new identifier, as similar to the key's name as possible."""
        # Python takes two spellings of a letter for one identifier.
        folded = unicodedata.normalize("NFKC", name.lower())
        words = _NOT_IN_AN_IDENTIFIER.sub("_", folded).strip("_")
        # Some characters of words may not begin or continue an identifier.
        kept = "".join(each if f"a{each}".isidentifier() else "_" for each in words)
        start = kept[:_LONGEST_IDENTIFIER].strip("_") or "key"
        base = start if start.isidentifier() else f"key_{start}"
        numbered = (f"{base}_{number}" for number in count(2))
        free = next(each for each in chain((base,), numbered) if each not in self._taken)
        self._taken.add(free)
        return free


def format_program(declarations: Iterable[Declaration], tenant: str) -> str:
    """Return a program that declares keys, in the format that ruff and black keep.

    Args:
        declarations: The keys.
        tenant: The name of the tenant, for the first line.
    """
    title = f'"""ZDX API keys of the tenant {tenant}."""\n'
    declared, comments, identifiers = [], "", Identifiers()
    for each in declarations:
        notes = "".join(f"# {note}\n" for note in each.notes)
        if each.owner.parents:
            comments += _format_comment(each.owner) + notes
        else:
            variable = identifiers.choose(each.owner.name)
            declared.append(notes + _format_declaration(variable, each.owner.name, each.arguments))
    imports = ["from zdx_provider import ApiKey\n"] if declared else []
    return "\n".join([title, *imports, *declared, *([comments] if comments else [])])


def _format_declaration(variable: str, name: str, arguments: Mapping[str, object]) -> str:
    lines = "".join(f"    {argument},\n" for argument in _list_arguments(name, arguments))
    return f"{variable} = ApiKey(\n{lines})\n"


def _format_comment(owner: Owner) -> str:
    """Return the line for a key that only the code of its parent can declare."""
    parent, name = quote_python(owner.parents[-1]), quote_python(owner.name)
    return f"# Declared by a parent of the type {parent}: {name}\n"


def _list_arguments(name: str, arguments: Mapping[str, object]) -> Iterator[str]:
    yield quote_python(name)
    for argument, value in arguments.items():
        yield f"{argument}={_format_value(value, '    ')}"


def _format_value(value: object, indent: str) -> str:
    """Return a literal; a map or list has a line for each item, as its texts are long."""
    if isinstance(value, str):
        return quote_python(value)
    below = f"{indent}    "
    if isinstance(value, Mapping):
        items = [f"{quote_python(str(k))}: {_format_value(v, below)}" for k, v in value.items()]
        return _join_items("{", items, "}", indent)
    if isinstance(value, list):
        return _join_items("[", [_format_value(item, below) for item in value], "]", indent)
    return repr(value)


def _join_items(start: str, items: Iterable[str], end: str, indent: str) -> str:
    lines = "".join(f"{indent}    {item},\n" for item in items)
    return f"{start}\n{lines}{indent}{end}"
