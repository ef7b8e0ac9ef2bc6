"""Serves the tenant over HTTP."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

_SHUTDOWN_SECONDS = 1


class _OpenProtocol(H11Protocol):
    """Lets a fault reach the connection by which its request came."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its base
        super().connection_made(transport)
        # asyncio does so by itself only for sockets made with an explicit protocol number;
        # without it, head and body of an answer are 40 ms apart.
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Says when it is ready, and ends quietly on SIGTERM and SIGINT."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port, *_ = listener.getsockname()
            print(f"READY http://{host}:{port}", flush=True)  # noqa: T201 - the promised line

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal once more at the end, and so never exits with 0.
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serves until told to end; prints `READY <url>` once it does.

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
