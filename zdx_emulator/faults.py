"""Misbehaviour to order: which requests go wrong, how, and how often."""

import asyncio
import re
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Fault(BaseModel):
    """One way for a request to go wrong.

    Attributes:
        method: The HTTP method, or `*` for any.
        path: A path whose `{names}` stand for one segment each, and whose `*` stands for
            anything, slashes included: `/ziam/admin/api/v1/api-clients/{id}/secrets`.
        count: How many requests it meets before it is spent.
        after: How many matching requests it lets pass first.
        delay_ms: Waits that many milliseconds before anything else happens.
        hold: Keeps the request until it is released: `before` it takes effect, or `after` that,
            with the answer ready.
        drop: Closes the connection without an answer, `before` or `after` the request took
            effect.
        status: Answers with it instead; with a `body` and no status, it is 200.
        headers: Headers of that answer; a list repeats the header.
        body: Body of that answer, garbage included.
        redirect: Answers 307 to that location.
        applied: The request takes effect although the fault answers in its place, as behind a
            gateway that gave up waiting.
        body_ms: Spreads the body of the answer over that many milliseconds.
        truncate: Sends half of the true answer, then closes the connection.
    """

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str
    count: Annotated[int, Field(ge=1)] = 1
    after: Annotated[int, Field(ge=0)] = 0
    delay_ms: Annotated[int, Field(ge=0)] = 0
    hold: Literal["before", "after"] | None = None
    drop: Literal["before", "after"] | None = None
    status: HTTPStatus | None = None
    headers: dict[str, str | list[str]] = {}
    body: str | None = None
    redirect: str | None = None
    applied: bool = False
    body_ms: Annotated[int, Field(ge=0)] = 0
    truncate: bool = False

    @model_validator(mode="after")
    def _one_answer(self) -> "Fault":
        answers = [self.drop, self.redirect, self.truncate or None, self.instead]
        if sum(answer is not None for answer in answers) > 1:
            raise ValueError("a fault drops, redirects, truncates or answers: only one of them")
        return self

    @property
    def instead(self) -> HTTPStatus | None:
        """The status of the answer that it gives in place of the true one."""
        return self.status or (None if self.body is None else HTTPStatus.OK)

    def matches(self, method: str, path: str) -> bool:
        """Tells whether it is meant for such a request."""
        return self.method.upper() in ("*", method) and bool(_pattern(self.path).fullmatch(path))


class ArmedFault(BaseModel):
    """A fault and what became of it: how many requests it has seen, met, and holds now."""

    fault: Fault
    seen: int = 0
    met: int = 0
    held: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Counts a request, and tells whether the fault is for it."""
        if self.met == self.fault.count or not self.fault.matches(method, path):
            return False
        self.seen += 1
        if self.seen <= self.fault.after:
            return False
        self.met += 1
        return True


class Faults:
    """The faults that are armed, oldest first."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._gate = asyncio.Event()

    def arm(self, fault: Fault) -> ArmedFault:
        """Arms a fault."""
        armed = ArmedFault(fault=fault)
        self._armed.append(armed)
        return armed

    def armed(self) -> list[ArmedFault]:
        """Returns all faults, spent ones included."""
        return list(self._armed)

    def clear(self) -> None:
        """Disarms all faults and releases what they hold."""
        self._armed.clear()
        self.release()

    def meet(self, method: str, path: str) -> ArmedFault | None:
        """Returns the fault that this request runs into; one fault a request."""
        return next((armed for armed in self._armed if armed.meets(method, path)), None)

    async def hold(self, armed: ArmedFault) -> None:
        """Waits until the next release."""
        armed.held += 1
        try:
            await self._gate.wait()
        finally:
            armed.held -= 1

    def release(self) -> None:
        """Lets go of every request that is held now."""
        self._gate.set()
        self._gate = asyncio.Event()


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\}|\*)", path)
    return re.compile("".join(_part(part) for part in parts))


def _part(part: str) -> str:
    if part == "*":
        return ".*"
    return "[^/]+" if part.startswith("{") else re.escape(part)
