"""The resource that manages a key: its URN in a stack, and the owner in its ownership marker.

Pulumi takes every character in a name, and most in a type. Both texts are written and read here
only, so that no name can be taken for another resource.
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

# The type of `ApiKey` in a state: the SDK's prefix for dynamic resources, then module and name.
KEY_TYPE = "pulumi-python:dynamic/zdx:ApiKey"

_URN = "urn:pulumi:"
# What would end a part of an owner or of a marker. Percent signs introduce the replacements.
_RESERVED = frozenset("%$#[]")


@dataclass(frozen=True)
class Urn:
    """The URN of a resource, as the engine reads it.

    Attributes:
        stack: The stack's name.
        project: The project's name.
        types: The types of the resource's parents, outermost first, and its own.
        name: The resource's logical name.
    """

    stack: str
    project: str
    types: tuple[str, ...]
    name: str

    @classmethod
    def parse(cls, text: str) -> "Urn":
        """Read a URN.

        Raises:
            ValueError: It is none.
        """
        parts = text.removeprefix(_URN).split("::", 3)
        if not text.startswith(_URN) or len(parts) != 4:  # noqa: PLR2004 - a URN's parts
            raise ValueError("not a URN")
        stack, project, types, name = parts
        return cls(stack, project, tuple(types.split("$")), name)

    def __str__(self) -> str:
        return f"{_URN}{self.stack}::{self.project}::{'$'.join(self.types)}::{self.name}"


@dataclass(frozen=True)
class Owner:
    """The resource that manages a key: ``zdx-keys/prod/ci``, ``zdx-keys/prod/x:y:Team$ci``.

    Attributes:
        project: The project's name.
        stack: The stack's name.
        parents: The types of the resource's parents, outermost first.
        name: The resource's logical name.
    """

    project: str
    stack: str
    parents: tuple[str, ...]
    name: str

    @classmethod
    def parse(cls, text: str) -> "Owner | None":
        """Read an owner; None for a text that names no resource."""
        project, _, rest = text.partition("/")
        stack, _, place = rest.partition("/")
        if not (project and stack and place):
            return None
        *parents, name = map(unquote, place.split("$"))
        return cls(project, stack, tuple(parents), name)

    @classmethod
    def from_urn(cls, urn: Urn) -> "Owner":
        """Return the resource of a URN as an owner."""
        return cls(urn.project, urn.stack, urn.types[:-1], urn.name)

    @property
    def stack_id(self) -> tuple[str, str]:
        """The project and the stack."""
        return self.project, self.stack

    @property
    def urn(self) -> Urn:
        """The URN of the resource."""
        return Urn(self.stack, self.project, (*self.parents, KEY_TYPE), self.name)

    def __str__(self) -> str:
        place = "$".join(map(_escape, (*self.parents, self.name)))
        return f"{self.project}/{self.stack}/{place}"


def _escape(text: str) -> str:
    return "".join(
        quote(character, safe="")
        if character in _RESERVED or not character.isprintable()
        else character
        for character in text
    )
