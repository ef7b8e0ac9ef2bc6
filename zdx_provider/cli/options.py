"""What the command line can say: the tenant, and the format of a key."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path


@dataclass(frozen=True)
class Selection:
    """What the command line says about whom to ask.

    Attributes:
        folder: Where to look for a Pulumi project.
        stack: A stack of that project; None for the selected one.
        profile: A profile of ``zdx:tenants``; None for the stack's own tenant.
    """

    folder: Path
    stack: str | None = None
    profile: str | None = None


class KeyFormat(str, Enum):
    """How a key is written: as the portal's JSON, or as variables of the environment."""

    JSON = "json"
    ENV = "env"
