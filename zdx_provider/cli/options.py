"""What the command line can say: the tenant, and the format of a key."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


@dataclass(frozen=True)
class Selection:
    """The stack and the tenant that the command line names.

    Attributes:
        folder: Where to look for a Pulumi project.
        stack: A stack of that project; None for the selected one.
        tenant: An entry of ``zdx:tenants``; None for the stack's own tenant.
    """

    folder: Path
    stack: str | None = None
    tenant: str | None = None


class KeyFormat(str, Enum):
    """The format of a key file: the portal's JSON, or variables of the environment."""

    JSON = "json"
    ENV = "env"


class SortKey(str, Enum):
    """What a list of keys is ordered by."""

    NAME = "name"
    ROLE = "role"
    OWNER = "owner"
    EXPIRES = "expires"


@dataclass(frozen=True)
class KeyFilter:
    """Which keys of a tenant a list shows.

    Attributes:
        expiring_days: Only keys with a secret that expires within so many days; None for all.
        unmanaged: Only keys that no stack manages.
        role: Only keys with this role, by its name or ID.
        owner: Only keys of this owner, or of the project or stack that it begins with.
    """

    expiring_days: int | None = None
    unmanaged: bool = False
    role: str | None = None
    owner: str | None = None
