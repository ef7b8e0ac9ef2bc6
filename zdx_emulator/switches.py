"""What the vendor's documents leave open, one switch each, with a default.

A client of the API has to do with every setting of every switch. `EACH_OTHER_WAY` turns them one
by one, so that tests can be parametrised over it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Switches(BaseModel):
    """How the tenant behaves where the documents are silent or disagree.

    Attributes:
        unique_names: A second client of a name is refused with 409. Nothing is written about
            names; by default they may repeat.
        statuses: Of the operations for which two success codes are documented, which are
            answered: those of the `service-description` that ships with the vendor's SDK (POST
            of a client 201, POST of a secret 202, DELETE of a secret 200), or those of the
            `help-pages` (202, 201, 204).
        list_descriptions: Lists of clients include their descriptions.
        first_secret: POST of a client mints a first secret for a year, whose value the answer
            does not tell: it has no member for it.
        read_lag_ms: So long after its POST, a client or secret is not there yet for GETs; one
            that was made on the page or by an observer is there at once.
        description_limit: Longer descriptions are refused with 400; None: there is no limit.
        separate_client_id: A client signs in by another id than the one in its path, which it
            bears as its member `clientId`. The schema has only `id`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unique_names: bool = False
    statuses: Literal["service-description", "help-pages"] = "service-description"
    list_descriptions: bool = True
    first_secret: bool = False
    read_lag_ms: Annotated[int, Field(ge=0)] = 0
    description_limit: Annotated[int, Field(ge=1)] | None = None
    separate_client_id: bool = False


EACH_OTHER_WAY: Mapping[str, Switches] = MappingProxyType(
    {
        "unique_names": Switches(unique_names=True),
        "statuses": Switches(statuses="help-pages"),
        "list_descriptions": Switches(list_descriptions=False),
        "first_secret": Switches(first_secret=True),
        "read_lag_ms": Switches(read_lag_ms=300),
        "description_limit": Switches(description_limit=255),
        "separate_client_id": Switches(separate_client_id=True),
    }
)
"""Each switch by its name, turned away from its default while the others keep theirs."""


class SwitchPanel:
    """The switches as they are now.

    Attributes:
        now: May be replaced at any time; what is already there stays as it was made.

    Args:
        at_first: What a reset goes back to.
    """

    def __init__(self, at_first: Switches) -> None:
        self.now = at_first
        self._at_first = at_first

    def reset(self) -> None:
        """Turns all switches back."""
        self.now = self._at_first
