"""What stands before the tenant: `Host`, log, rate limit, faults, and the common headers.

Control routes and the page pass untouched, and so does a request with the header
`X-Emulator-Observer`: who looks at the tenant neither wakes a fault nor appears in the log.
"""

import asyncio
import uuid
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zdx_emulator.cross_site import is_own_host
from zdx_emulator.errors import Problem, problem_response
from zdx_emulator.faults import Faults
from zdx_emulator.misbehaviour import misbehave, read_whole
from zdx_emulator.models import OBSERVER_HEADER, ArmedFault, LoggedRequest
from zdx_emulator.rate_limit import RateLimiter
from zdx_emulator.request_log import RequestLog
from zdx_emulator.tenant import Clock

_OBSERVERS_PREFIXES = ("/_emulator/", "/portal/")
_API_PREFIXES = ("/ziam/", "/zdx/")


@dataclass(frozen=True)
class Traffic:
    """What the gateway keeps, and tests look at and steer.

    Attributes:
        latency_seconds: How long every request waits.
    """

    clock: Clock
    faults: Faults
    log: RequestLog
    limiter: RateLimiter
    latency_seconds: float


class Gateway:
    """ASGI middleware around the tenant.

    Args:
        app: The tenant.
        traffic: What it keeps.
        names: The names that a `Host` header may have besides addresses and `localhost`.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic, names: Collection[str]) -> None:
        self._app = app
        self._traffic = traffic
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, as ASGI wants it."""
        with suppress(ClientDisconnect):  # nobody is there to be answered
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not is_own_host(Headers(scope=scope).get("host", ""), self._names):
            await _refuse_foreign_host(scope, receive, send)
        elif is_observed(scope):
            await self._app(scope, receive, self._dated(send))
        else:
            await self._pass(scope, receive, send)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = self._traffic.log.begin(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            now=self._traffic.clock.now(),
        )
        armed = self._traffic.faults.meet(scope["method"], scope["path"])
        entry.fault = armed is not None
        try:
            # What has arrived whole takes effect even if its caller is gone by then.
            arrived = await read_whole(receive)
            await asyncio.sleep(self._traffic.latency_seconds)
            await self._answer(scope, arrived, self._dated(_logging(send, entry)), armed)
        finally:
            entry.client_id = scope.get("state", {}).get("client_id")

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, armed: ArmedFault | None
    ) -> None:
        app = self._app
        if scope["path"].startswith(_API_PREFIXES):
            app = self._limited()
            send = _adding(_trace_headers(), send)
        if armed is None:
            await app(scope, receive, send)
        else:
            faults = self._traffic.faults
            await misbehave(scope, receive, send, app=app, armed=armed, faults=faults)

    def _limited(self) -> ASGIApp:
        verdict = self._traffic.limiter.take()
        app = self._app if verdict.allowed else _too_many_requests

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, _adding(verdict.headers, send))

        return limited

    def _dated(self, send: Send) -> Send:
        return _adding([("date", self._traffic.clock.http_date())], send)


def is_observed(scope: Scope) -> bool:
    """Tells whether a request only looks at the tenant or steers it."""
    path: str = scope["path"]
    return (
        path == "/"
        or path.startswith(_OBSERVERS_PREFIXES)
        or any(name == OBSERVER_HEADER.encode() for name, _ in scope["headers"])
    )


def _trace_headers() -> list[tuple[str, str]]:
    return [
        ("x-oneapi-request-id", str(uuid.uuid4())),
        ("x-transaction-id", str(uuid.uuid4())),
        ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
    ]


def _logging(send: Send, entry: LoggedRequest) -> Send:
    async def logging(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
        await send(message)

    return logging


def _adding(headers: list[tuple[str, str]], send: Send) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            added = [(name.encode(), value.encode()) for name, value in headers]
            kept = [header for header in added if header[0] not in present]
            message = {**message, "headers": [*message["headers"], *kept]}
        await send(message)

    return adding


async def _refuse_foreign_host(scope: Scope, receive: Receive, send: Send) -> None:
    message = "The Host header is not an address, localhost or the name given with --host"
    problem = Problem(code="foreign.host", message=message)
    await problem_response(HTTPStatus.FORBIDDEN, problem)(scope, receive, send)


async def _too_many_requests(scope: Scope, receive: Receive, send: Send) -> None:
    problem = Problem(code="too.many.requests", message="Rate limit exceeded")
    await problem_response(HTTPStatus.TOO_MANY_REQUESTS, problem)(scope, receive, send)
