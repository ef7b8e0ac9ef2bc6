"""What is asked of ZIdentity, and what comes back, before either is HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from zdx_provider.zidentity.errors import AnswerLost, UnreadableAnswer, ZIdentityError

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True)
class Answer:
    """What came back, read whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """The id that Zscaler's support asks for; empty where there is none."""
        identifier = self.headers.get("x-oneapi-request-id", "")
        return identifier if _REQUEST_ID.fullmatch(identifier) else ""


@dataclass(frozen=True)
class Call:
    """One operation of ZIdentity.

    Args:
        operation: What it does, in words that can follow "could not".
        method: The HTTP method.
        url: Where to, without a query.
        query: The query's parameters.
        body: The JSON document to send.
        form: The form to send instead.
        mints: Whether repeating it makes a second thing, so that it is repeated only when the
            first surely never arrived.
    """

    operation: str
    method: str
    url: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: str = field(default="", repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    mints: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes anything on the tenant."""
        return self.method != "GET"

    def unreadable(self, problem: str, status: int, request_id: str = "") -> ZIdentityError:
        """Give the error for an answer that cannot be used, whatever its status."""
        kind = AnswerLost if self.mints else UnreadableAnswer
        return kind(problem, operation=self.operation, status=status, request_id=request_id)
