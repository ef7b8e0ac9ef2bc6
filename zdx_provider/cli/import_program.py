"""The text of a Pulumi program that declares keys, as a person would have written it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from zdx_provider.text import quote_python

_OUTSIDE_A_NAME = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Declaration:
    """One ``ApiKey`` of a program.

    Attributes:
        resource_name: Its resource's name.
        arguments: Its arguments by name.
        parents: The types of its parents, outermost first, whose code declares it.
    """

    resource_name: str
    arguments: Mapping[str, object]
    parents: tuple[str, ...] = ()


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
    written = list(declarations)
    declared = [_declared(each) for each in written if not each.parents]
    remarks = [_remark(each) for each in written if each.parents]
    title = f'"""ZDX API keys of the tenant {tenant_name}."""\n'
    imports = ["from zdx_provider import ApiKey\n"] if declared else []
    return "\n".join([title, *imports, *declared, *(["".join(remarks)] if remarks else [])])


def _declared(declaration: Declaration) -> str:
    lines = "".join(f"    {argument},\n" for argument in _arguments(declaration))
    return f"ApiKey(\n{lines})\n"


def _remark(declaration: Declaration) -> str:
    """The line for a key that only its parent's own code can declare."""
    name, parent = declaration.resource_name, declaration.parents[-1]
    return f"# Declared below a resource of the type {quote_python(parent)}: {quote_python(name)}\n"


def _arguments(declaration: Declaration) -> Iterator[str]:
    yield quote_python(declaration.resource_name)
    for name, value in declaration.arguments.items():
        yield f"{name}={quote_python(value) if isinstance(value, str) else repr(value)}"
