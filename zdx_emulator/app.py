"""The ASGI application, and its server."""

import asyncio
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from uvicorn.protocols.http.h11_impl import H11Protocol

from zdx_emulator import control_api, identity_api, portal, token_api, zdx_api
from zdx_emulator.errors import render_errors
from zdx_emulator.faults import Faults
from zdx_emulator.gateway import Gateway, RateLimiter, RequestLog, Traffic
from zdx_emulator.models import Switches
from zdx_emulator.portal import STATIC
from zdx_emulator.portal_keys import NewSecrets
from zdx_emulator.store import Store
from zdx_emulator.tenant import (
    AdminClient,
    Clock,
    FetchedDocuments,
    Identifiers,
    Lag,
    SwitchPanel,
    Tenant,
)

DATABASE = "tenant.sqlite3"

_SHUTDOWN_SECONDS = 1


@dataclass(frozen=True)
class Options:
    """How a tenant is set up.

    Attributes:
        data_dir: The folder that holds the tenant's file.
        admin_client: The client that exists from the start.
        latency_ms: How long every request waits, in milliseconds.
        rate_limit: How many requests a second the APIs serve; None: all.
        seed: Makes ids and secrets reproducible; None: random.
        switches: How it behaves where the vendor's documents leave that open.
        names: Names in a `Host` header that are accepted, as well as addresses and `localhost`.
    """

    data_dir: Path
    admin_client: AdminClient
    latency_ms: int = 0
    rate_limit: int | None = None
    seed: int | None = None
    switches: Switches = field(default_factory=Switches)
    names: frozenset[str] = frozenset()


def create_app(options: Options) -> FastAPI:
    """Create the ASGI application.

    Its operations are all `async` and call the store directly: they are short, and the store's
    connection belongs to the event loop's thread.

    Args:
        options: How the tenant is set up.
    """
    store = Store(options.data_dir / DATABASE)
    clock = Clock()
    traffic = Traffic(
        clock=clock,
        faults=Faults(),
        log=RequestLog(),
        limiter=RateLimiter(options.rate_limit, time.monotonic),
        latency_seconds=options.latency_ms / 1000,
    )
    app = FastAPI(
        title="Emulator of a Zscaler tenant",
        openapi_url="/_emulator/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.tenant = Tenant(
        store=store,
        clock=clock,
        identifiers=Identifiers(options.seed, store.count_draw),
        admin_client=options.admin_client,
        panel=SwitchPanel(options.switches),
        lag=Lag(time.monotonic),
        documents=FetchedDocuments(),
    )
    app.state.traffic = traffic
    app.state.new_secrets = NewSecrets()
    app.add_middleware(Gateway, traffic=traffic, names=options.names)
    render_errors(app)
    app.exception_handler(portal.KeyNotFoundError)(portal.render_key_not_found)
    for area in (token_api, identity_api, zdx_api, control_api, portal):
        app.include_router(area.router)
    app.mount("/portal/static", StaticFiles(directory=STATIC))
    return app


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; print `READY <url>` once it does.

    Args:
        app: The tenant.
        listener: A bound socket.
    """
    config = uvicorn.Config(
        app,
        http=_OpenProtocol,
        lifespan="off",
        log_level="error",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    asyncio.run(_Server(config).serve(sockets=[listener]))


class _OpenProtocol(H11Protocol):
    """Lets a fault reach the connection by which its request came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base
        super().connection_made(transport)
        # asyncio does so itself only for sockets created with an explicit protocol number;
        # without it, head and body of a response are 40 ms apart.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Prints when it is ready, and exits with 0 on SIGTERM and SIGINT."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port, *_ = listener.getsockname()
            print(f"READY http://{host}:{port}", flush=True)  # noqa: T201 - the promised line

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again at the end, so it never exits with 0.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield
