"""The gateway before the tenant: `Host`, request log, rate limit, faults and common headers.

Control routes, the page, and requests with the header `X-Emulator-Observer` pass: they are not
logged, and no fault hits them.

The headers of the rate limit repeat, as recorded on 2026-04-14: the API's limit first, then the
gateway's.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from zdx_emulator.access import is_observed, is_own_host
from zdx_emulator.errors import ApiError, render_error
from zdx_emulator.faults import Faults, apply_fault, buffer_request
from zdx_emulator.models import ArmedFault, LoggedRequest
from zdx_emulator.tenant import Clock

_API_PREFIXES = ("/ziam/", "/zdx/")

_CAPACITY = 100_000
_MASK = "***"
_SECRET_PARAMETERS = {"access_token", "client_assertion", "client_secret", "token"}

_RECORDED_PER_SECOND = 500
_RECORDED_LIMIT = "500, 500;w=1, 20000;w=60"
_GATEWAY_PER_SECOND = 1000
_GATEWAY_LIMIT = "1000, 1000;w=1"
_RESET_SECONDS = "1"


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the headers of its response."""

    allowed: bool
    headers: list[tuple[str, str]]


class RateLimiter:
    """Counts requests by the second.

    Args:
        per_second: How many requests pass; None: all; the headers name the recorded limits.
        monotonic: Returns a time in seconds that never goes back.
    """

    def __init__(self, per_second: int | None, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._second = 0
        self._count = 0

    def take(self) -> Verdict:
        """Count one request."""
        second = int(self._monotonic())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        allowed = self._per_second is None or self._count <= self._per_second
        return Verdict(allowed, self._build_headers())

    def _build_headers(self) -> list[tuple[str, str]]:
        per_second = self._per_second or _RECORDED_PER_SECOND
        own = _RECORDED_LIMIT if self._per_second is None else f"{per_second}, {per_second};w=1"
        return [
            ("x-ratelimit-limit", own),
            ("x-ratelimit-limit", _GATEWAY_LIMIT),
            ("x-ratelimit-remaining", str(max(0, per_second - self._count))),
            ("x-ratelimit-remaining", str(max(0, _GATEWAY_PER_SECOND - self._count))),
            ("x-ratelimit-reset", _RESET_SECONDS),
            ("x-ratelimit-reset", _RESET_SECONDS),
        ]


class RequestLog:
    """The latest requests, without headers and bodies."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=_CAPACITY)

    def add(self, method: str, path: str, query: str, *, now: int) -> LoggedRequest:
        """Log a request; the caller adds its result. `now` in epoch seconds."""
        request = LoggedRequest(method=method, path=path, query=_mask_secrets(query), time=now)
        self._requests.append(request)
        return request

    def list_requests(self) -> list[LoggedRequest]:
        """Return the logged requests, oldest first."""
        return list(self._requests)

    def clear(self) -> None:
        """Delete all entries."""
        self._requests.clear()


@dataclass(frozen=True)
class Traffic:
    """The state of the gateway, which tests read and control.

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
        traffic: Its state.
        names: The names that a `Host` header may have as well as addresses and `localhost`.
    """

    def __init__(self, app: ASGIApp, traffic: Traffic, names: Collection[str]) -> None:
        self._app = app
        self._traffic = traffic
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI request."""
        with suppress(ClientDisconnect):  # there is no client to respond to
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif not is_own_host(Headers(scope=scope).get("host", ""), self._names):
            await _refuse_foreign_host(scope, receive, send)
        elif is_observed(scope):
            await self._app(scope, receive, self._add_date(send))
        else:
            await self._serve_logged(scope, receive, send)

    async def _serve_logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        entry = self._traffic.log.add(
            scope["method"],
            scope["path"],
            scope["query_string"].decode("latin-1"),
            now=self._traffic.clock.now(),
        )
        armed = self._traffic.faults.hit(scope["method"], scope["path"])
        entry.fault = armed is not None
        try:
            # A complete request takes effect even if its client gave up.
            arrived = await buffer_request(receive)
            await asyncio.sleep(self._traffic.latency_seconds)
            await self._serve_api(scope, arrived, self._add_date(_log_status(send, entry)), armed)
        finally:
            entry.client_id = scope.get("state", {}).get("client_id")

    async def _serve_api(
        self, scope: Scope, receive: Receive, send: Send, armed: ArmedFault | None
    ) -> None:
        app = self._app
        if scope["path"].startswith(_API_PREFIXES):
            app = self._limit()
            send = _add_headers(_build_trace_headers(), send)
        if armed is None:
            await app(scope, receive, send)
        else:
            faults = self._traffic.faults
            await apply_fault(scope, receive, send, app=app, armed=armed, faults=faults)

    def _limit(self) -> ASGIApp:
        verdict = self._traffic.limiter.take()
        app = self._app if verdict.allowed else _refuse_excess_request

        async def call_app(scope: Scope, receive: Receive, send: Send) -> None:
            await app(scope, receive, _add_headers(verdict.headers, send))

        return call_app

    def _add_date(self, send: Send) -> Send:
        return _add_headers([("date", self._traffic.clock.format_http_date())], send)


def _build_trace_headers() -> list[tuple[str, str]]:
    return [
        ("x-oneapi-request-id", str(uuid.uuid4())),
        ("x-transaction-id", str(uuid.uuid4())),
        ("cache-control", "no-cache, no-store, max-age=0, must-revalidate"),
    ]


def _log_status(send: Send, entry: LoggedRequest) -> Send:
    async def send_and_log(message: Message) -> None:
        if message["type"] == "http.response.start":
            entry.status = message["status"]
        await send(message)

    return send_and_log


def _add_headers(headers: list[tuple[str, str]], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {name.lower() for name, _ in message["headers"]}
            added = [(name.encode(), value.encode()) for name, value in headers]
            kept = [header for header in added if header[0] not in names]
            message = {**message, "headers": [*message["headers"], *kept]}
        await send(message)

    return send_with_headers


def _mask_secrets(query: str) -> str:
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode(
        [(name, _MASK if name in _SECRET_PARAMETERS else value) for name, value in pairs],
        safe="[]*",
    )


async def _refuse_foreign_host(scope: Scope, receive: Receive, send: Send) -> None:
    message = "The Host header is not an address, localhost or the name given with --host"
    error = ApiError(HTTPStatus.FORBIDDEN, "foreign.host", message)
    await render_error(scope, error)(scope, receive, send)


async def _refuse_excess_request(scope: Scope, receive: Receive, send: Send) -> None:
    error = ApiError(HTTPStatus.TOO_MANY_REQUESTS, "too.many.requests", "Rate limit exceeded")
    await render_error(scope, error)(scope, receive, send)
