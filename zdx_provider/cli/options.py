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
