"""The text of a Pulumi program that declares keys, as a person would have written it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count

from zdx_provider.keys.owner import Owner
from zdx_provider.text import quote_python

_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


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


def format_program(declarations: Iterable[tuple[Owner, Mapping[str, object]]], tenant: str) -> str:
    """Return a program that declares keys, in the format that ruff and black keep.

    Args:
        declarations: The resource of each key, and its arguments by name.
        tenant: The name of the tenant, for the first line.
    """
    title = f'"""ZDX API keys of the tenant {tenant}."""\n'
    declared, comments = [], ""
    for owner, arguments in declarations:
        if owner.parents:
            comments += _format_comment(owner)
        else:
            declared.append(_format_declaration(owner.name, arguments))
    imports = ["from zdx_provider import ApiKey\n"] if declared else []
    return "\n".join([title, *imports, *declared, *([comments] if comments else [])])


def _format_declaration(name: str, arguments: Mapping[str, object]) -> str:
    lines = "".join(f"    {argument},\n" for argument in _list_arguments(name, arguments))
    return f"ApiKey(\n{lines})\n"


def _format_comment(owner: Owner) -> str:
    """Return the line for a key that only the code of its parent can declare."""
    parent, name = quote_python(owner.parents[-1]), quote_python(owner.name)
    return f"# Declared by a parent of the type {parent}: {name}\n"


def _list_arguments(name: str, arguments: Mapping[str, object]) -> Iterator[str]:
    yield quote_python(name)
    for argument, value in arguments.items():
        yield f"{argument}={quote_python(value) if isinstance(value, str) else repr(value)}"
