"""The mark: how a key says, in ZIdentity itself, whose it is.

A key's remote description ends in ``[pulumi <who> #<claim>]``. ZIdentity has no tags on API
clients; the description is the one free field that every administrator sees.
"""

import re
from dataclasses import dataclass

_OPENING = "[pulumi "
_MARK = re.compile(r"\[pulumi (?P<who>.+) #(?P<claim>[0-9a-z]+)\]")


@dataclass(frozen=True)
class Mark:
    """Whose a key is.

    Attributes:
        who: Project, stack and place of the resource that declares it, ``zdx-keys/prod/ci``.
        claim: A random token, new whenever a resource makes the key or takes it over. It tells
            this life of the key from the next one.
    """

    who: str
    claim: str

    def __str__(self) -> str:
        return f"{_OPENING}{self.who} #{self.claim}]"


def split_description(remote: str) -> tuple[str, Mark | None]:
    """A remote description as the user wrote it, and the mark at its end if there is one."""
    start = remote.rfind(_OPENING)
    match = _MARK.fullmatch(remote, start) if start >= 0 else None
    if match is None:
        return remote, None
    return remote[:start].removesuffix(" "), Mark(match["who"], match["claim"])


def mark_in(remote: str) -> Mark | None:
    """The mark at the end of a remote description, if there is one."""
    return split_description(remote)[1]


def marked_description(description: str, mark: Mark) -> str:
    """A remote description: the user's text, then the mark."""
    return f"{description} {mark}" if description else str(mark)
