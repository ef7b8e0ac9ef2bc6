"""Which of a tenant's keys a stack can import, and why not the others."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from zdx_provider.cli.program_text import ResourceNames
from zdx_provider.cli.selection import Selection
from zdx_provider.cli.stack import NoStackSelected, Stack
from zdx_provider.cli.tenant import chosen_stack
from zdx_provider.domain.key import Key
from zdx_provider.domain.owner import Owner, Urn
from zdx_provider.errors import ZdxError


class NothingToImport(ZdxError):
    """A key that was named is not there, or none is left to import."""


@dataclass(frozen=True)
class LeftOut:
    """A key that is not imported, or a file that no imported key makes use of.

    Attributes:
        what: Which.
        reason: Why, as a sentence without its subject.
    """

    what: str
    reason: str


@dataclass(frozen=True)
class Place:
    """Where a program declares a key.

    Attributes:
        name: The resource's logical name.
        parents: The types of its parents, outermost first.
    """

    name: str
    parents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Home:
    """The stack that keys are to be imported into.

    Attributes:
        stack: The stack; None outside of one.
        place: Its project and name, as the marks of its keys begin.
        key_ids: The keys that it holds already.
        places: Where its program declares them.
        urns: One of its resources of each chain of types.
    """

    stack: Stack | None = None
    place: str | None = None
    key_ids: frozenset[str] = frozenset()
    places: frozenset[Place] = frozenset()
    urns: Mapping[tuple[str, ...], Urn] = field(default_factory=dict)

    def reason_against(self, key: Key) -> str | None:
        """Why a key is not to be imported here, as a sentence without its subject."""
        if key.id in self.key_ids:
            return "is in this stack already."
        owner = self._owner(key)
        if key.mark is not None and owner is None:
            return (
                f"belongs to {key.mark.who}. To take it over from there, declare it by hand with "
                "adopt=True."
            )
        if len(key.roles) > 1:
            return (
                f"holds {len(key.roles)} ZDX roles, and a declared key has one. Leave it one in "
                "ZIdentity, under API Clients."
            )
        if owner and owner.parents and owner.parents not in self.urns:
            return (
                f"is declared below a resource of the type {owner.parents[-1]}, which the state "
                f"does not hold. Create that first: {self._command_for(owner.parents)}. Then run "
                "zdx-keys import-file again."
            )
        return None

    def choose_places(self, keys: Iterable[Key]) -> list[Place]:
        """Where the program is to declare each key.

        A key that this stack declared is declared there again, unless another key is there. Every
        other one gets a name like its own that is free.
        """
        wanted = [(key, self._owner(key)) for key in keys]
        taken = set(self.places)
        kept: dict[str, Place] = {}
        for key, owner in wanted:
            if owner and (place := Place(owner.name, owner.parents)) not in taken:
                taken.add(place)
                kept[key.id] = place
        names = ResourceNames(place.name for place in taken)
        return [
            kept.get(key.id) or Place(names.draw(owner.name if owner else key.name))
            for key, owner in wanted
        ]

    def _owner(self, key: Key) -> Owner | None:
        """The resource of this stack that declares a key, if one does."""
        owner = Owner.parse(key.mark.who) if key.mark else None
        return owner if owner and f"{owner.project}/{owner.stack}" == self.place else None

    def _command_for(self, types: Sequence[str]) -> str:
        """The command that creates a key's parents and nothing else."""
        chains = ("$".join(types[: end + 1]) for end in range(len(types)))
        targets = (argument for chain in chains for argument in ("--target", f"**::{chain}::**"))
        arguments = ("up", *targets)
        return self.stack.command(*arguments) if self.stack else ""


def find_home(selection: Selection) -> Home:
    """The stack that the command line means, with what it holds.

    Raises:
        StackUnreadable: The stack is there, or was named, and cannot be read.
    """
    stack = chosen_stack(selection)
    if stack is None:
        return Home()
    try:
        place, contents = stack.place(), stack.contents()
    except NoStackSelected:
        return Home()
    return Home(
        stack,
        place,
        frozenset(key.key_id for key in contents.keys),
        frozenset(Place(key.resource_name, key.parents) for key in contents.keys),
        contents.urns,
    )


def named(keys: Iterable[Key], wanted: Collection[str]) -> list[Key]:
    """The keys that a command line means, by name; all of them where it names none.

    Args:
        keys: The tenant's keys.
        wanted: Ids or names; a name means each key that has it.

    Raises:
        NothingToImport: One that is named is not there.
    """
    ordered = sorted(keys, key=lambda key: (key.name.casefold(), key.id))
    if not wanted:
        return ordered
    missing = set(wanted) - {text for key in ordered for text in (key.id, key.name)}
    if missing:
        raise NothingToImport(
            f"the tenant has no key with the id or name {_quoted(missing)}.",
            hint="zdx-keys list shows its keys.",
        )
    return [key for key in ordered if key.id in wanted or key.name in wanted]


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in sorted(texts))
