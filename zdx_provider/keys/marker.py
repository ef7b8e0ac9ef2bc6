"""The ownership marker in a key's description, and how much text fits beside it.

ZIdentity has no tags on API clients. A key's description in ZIdentity therefore ends in
``[pulumi <owner> #<ownership ID>]``: the description is the one free field that every
administrator sees.
"""

import re
import secrets
from dataclasses import dataclass

from zdx_provider.zidentity.models import MAX_DESCRIPTION_LENGTH

_OPENING = "[pulumi "
_MARKER = re.compile(r"\[pulumi (?P<managed_by>.+) #(?P<ownership_id>[0-9a-z]+)\]")

# An ownership ID is compared with one other of the same owner, never searched among many. So two
# that are equal by chance have one chance in four billion to matter.
_OWNERSHIP_ID_BYTES = 4


@dataclass(frozen=True)
class OwnershipMarker:
    """The text in a key's description that names its owner.

    Attributes:
        managed_by: The resource that manages the key: ``zdx-keys/prod/ci``.
        ownership_id: A random token, new whenever a resource creates the key or takes it over.
    """

    managed_by: str
    ownership_id: str

    def __str__(self) -> str:
        return f"{_OPENING}{self.managed_by} #{self.ownership_id}]"


def create_ownership_id() -> str:
    """Create a random ownership ID."""
    return secrets.token_hex(_OWNERSHIP_ID_BYTES)


def split_description(remote: str) -> tuple[str, OwnershipMarker | None]:
    """Split a description in ZIdentity into the user's text and the ownership marker."""
    start = remote.rfind(_OPENING)
    match = _MARKER.fullmatch(remote, start) if start >= 0 else None
    if match is None:
        return remote, None
    marker = OwnershipMarker(match["managed_by"], match["ownership_id"])
    return remote[:start].removesuffix(" "), marker


def parse_marker(remote: str) -> OwnershipMarker | None:
    """Return the ownership marker at the end of a description in ZIdentity."""
    return split_description(remote)[1]


def format_description(description: str, marker: OwnershipMarker) -> str:
    """Return a description for ZIdentity: the user's text, then the marker."""
    return f"{description} {marker}" if description else str(marker)


_EMPTY_MARKER = OwnershipMarker("", "0" * 2 * _OWNERSHIP_ID_BYTES)

MAX_OWNER_LENGTH = MAX_DESCRIPTION_LENGTH - len(str(_EMPTY_MARKER))
"""Characters of the longest owner whose marker fits into a description without text."""


def compute_max_text_length(managed_by: str) -> int:
    """Return how many characters of text fit into a description beside an owner's marker.

    Args:
        managed_by: The owner; empty for a key without one, whose description has no marker.
    """
    if not managed_by:
        return MAX_DESCRIPTION_LENGTH
    return max(0, MAX_OWNER_LENGTH - len(managed_by) - len(" "))
