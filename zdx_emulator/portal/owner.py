"""Which Pulumi stack owns a key, as the mark at the end of its description tells.

The mark is `[pulumi <project>/<stack>/<place> #<claim>]`.
"""

import re
from dataclasses import dataclass

_MARK = re.compile(
    r"(?P<text>.*?) ?"
    r"\[pulumi (?P<project>[^/\[\]]+)/(?P<stack>[^/\[\]]+)/(?P<place>[^\[\]]+) #[0-9a-z]+\]",
    re.DOTALL,
)


@dataclass(frozen=True)
class Owner:
    """The resource that declares a key."""

    project: str
    stack: str
    place: str


@dataclass(frozen=True)
class Description:
    """A client's description, taken apart.

    Attributes:
        text: What a person wrote.
        owner: Whose the key is; None where nobody says.
    """

    text: str
    owner: Owner | None


def read_description(remote: str) -> Description:
    """Takes a description apart."""
    match = _MARK.fullmatch(remote)
    if match is None:
        return Description(remote, None)
    return Description(match["text"], Owner(match["project"], match["stack"], match["place"]))
