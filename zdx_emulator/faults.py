"""Faults: which requests fail, and how."""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zdx_emulator.models import ArmedFault, Fault

_PIECES = 10


class Faults:
    """The faults that are armed, oldest first."""

    def __init__(self) -> None:
        self._armed: list[ArmedFault] = []
        self._gate = asyncio.Event()

    def arm(self, fault: Fault) -> ArmedFault:
        """Arm a fault."""
        armed = ArmedFault(fault=fault)
        self._armed.append(armed)
        return armed

    def list_armed(self) -> list[ArmedFault]:
        """Return all faults, including those that are used up."""
        return list(self._armed)

    def clear(self) -> None:
        """Disarm all faults and release the requests that they hold."""
        self._armed.clear()
        self.release()

    def hit(self, method: str, path: str) -> ArmedFault | None:
        """Return the fault that hits this request; at most one."""
        return next((armed for armed in self._armed if armed.try_hit(method, path)), None)

    async def hold(self, armed: ArmedFault) -> None:
        """Wait until the next release."""
        armed.held_count += 1
        try:
            await self._gate.wait()
        finally:
            armed.held_count -= 1

    def release(self) -> None:
        """Release every request that is held now."""
        self._gate.set()
        self._gate = asyncio.Event()


@dataclass
class RecordedResponse:
    """A complete response that was not sent yet."""

    status: int = 0
    headers: MutableHeaders = field(default_factory=MutableHeaders)
    body: bytes = b""

    async def record(self, message: Message) -> None:
        """Record what the application sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = MutableHeaders(raw=list(message["headers"]))
        else:
            self.body += message.get("body", b"")

    def add(self, headers: list[tuple[str, str]]) -> None:
        """Add headers; one that repeats stays repeated."""
        for name, value in headers:
            self.headers.append(name, value)

    async def send(self, send: Send, *, body: bytes, more_body: bool) -> None:
        """Send the response, with this body."""
        await send(
            {"type": "http.response.start", "status": self.status, "headers": self.headers.raw}
        )
        await send({"type": "http.response.body", "body": body, "more_body": more_body})


async def apply_fault(
    scope: Scope, receive: Receive, send: Send, *, app: ASGIApp, armed: ArmedFault, faults: Faults
) -> None:
    """Serve a request that a fault hits.

    Args:
        scope: ASGI's, as are the next two.
        receive: Gives the request.
        send: Takes the response.
        app: What would serve the request.
        armed: The fault.
        faults: Where held requests wait.
    """
    fault = armed.fault
    await asyncio.sleep(fault.delay_ms / 1000)
    if fault.hold == "before":
        await faults.hold(armed)
    response = RecordedResponse()
    if _has_effect(fault):
        await app(scope, receive, response.record)
    if fault.hold == "after":
        await faults.hold(armed)
    if fault.drop:
        await _disconnect(scope, receive, abruptly=True)
    elif fault.truncate:
        await response.send(send, body=response.body[: len(response.body) // 2], more_body=True)
        await _disconnect(scope, receive, abruptly=False)
    else:
        response = _build_response(fault) or response
        await response.send(send, body=b"", more_body=True)
        await _send_body(response.body, send, seconds=fault.body_ms / 1000)


async def _send_body(body: bytes, send: Send, *, seconds: float) -> None:
    pieces = min(_PIECES, len(body)) if seconds else 1
    for piece in range(pieces):
        await asyncio.sleep(seconds / pieces)
        part = body[len(body) * piece // pieces : len(body) * (piece + 1) // pieces]
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _has_effect(fault: Fault) -> bool:
    if fault.drop:
        return fault.drop == "after"
    return fault.applied or _build_response(fault) is None


def _build_response(fault: Fault) -> RecordedResponse | None:
    if fault.redirect is not None:
        return _create_response(HTTPStatus.TEMPORARY_REDIRECT, {"location": fault.redirect}, "")
    if fault.response_status is not None:
        return _create_response(fault.response_status, fault.headers, fault.body or "")
    return None


def _create_response(
    status: int, headers: dict[str, str | list[str]], body: str
) -> RecordedResponse:
    response = RecordedResponse(status=status, body=body.encode())
    response.add([("content-length", str(len(response.body)))])
    for name, values in headers.items():
        response.add([(name, value) for value in ([values] if isinstance(values, str) else values)])
    if "content-type" not in response.headers:
        response.add([("content-type", "application/json")])
    return response


async def buffer_request(receive: Receive) -> Receive:
    """Read a request to its end, and return a function that replays it.

    Raises:
        ClientDisconnect: The caller disconnects before the end.
    """
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return first.pop() if first else await receive()

    return replay


async def _disconnect(scope: Scope, receive: Receive, *, abruptly: bool) -> None:
    transport: asyncio.Transport = scope["state"]["transport"]
    if abruptly:
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
