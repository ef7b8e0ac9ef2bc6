"""Which of a tenant's keys a stack can import, and why not the others."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from zdx_provider.cli.selection import Selection
from zdx_provider.cli.stack import NoStackSelected
from zdx_provider.cli.tenant import chosen_stack
from zdx_provider.domain.key import Key
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
class Home:
    """The stack that keys are to be imported into.

    Attributes:
        place: Its project and name, as the marks of its keys begin; None outside of a stack.
        key_ids: The keys that it holds already.
        resource_names: The names that its program gives them.
    """

    place: str | None = None
    key_ids: frozenset[str] = frozenset()
    resource_names: frozenset[str] = frozenset()

    def reason_against(self, key: Key) -> str | None:
        """Why a key is not to be imported here, as a sentence without its subject."""
        if key.id in self.key_ids:
            return "is in this stack already."
        if key.mark is not None and not self._owns(key):
            return (
                f"belongs to {key.mark.who}. To take it over from there, declare it by hand with "
                "adopt=True."
            )
        if len(key.roles) > 1:
            return (
                f"holds {len(key.roles)} ZDX roles, and a declared key has one. Leave it one in "
                "ZIdentity, under API Clients."
            )
        return None

    def resource_name(self, key: Key) -> str:
        """What the program is to call a key: as this stack did before, else by its own name."""
        if key.mark is None:
            return key.name
        return key.mark.who.split("/", 2)[2].rpartition("$")[2]

    def _owns(self, key: Key) -> bool:
        return bool(self.place and key.mark and key.mark.who.startswith(f"{self.place}/"))


def find_home(selection: Selection) -> Home:
    """The stack that the command line means, with what it holds.

    Raises:
        StackUnreadable: The stack is there, or was named, and cannot be read.
    """
    stack = chosen_stack(selection)
    if stack is None:
        return Home()
    try:
        place, keys = stack.place(), stack.keys()
    except NoStackSelected:
        return Home()
    return Home(
        place,
        frozenset(key.key_id for key in keys),
        frozenset(key.resource_name for key in keys),
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
