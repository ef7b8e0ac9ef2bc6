"""An HTTP proxy as companies have it: it opens tunnels, inspects TLS, and can be shown to fail.

    with running_proxy(tenant.url) as proxy:
        settings = {"zdx:httpProxy": proxy.url, ...}  # with REQUESTS_CA_BUNDLE=proxy.ca_file
        proxy.fail("POST", r".*/secrets", Failure.CLOSE_AFTER)

Whatever host a client asks for, the request goes to the one server behind the proxy, so that a
provider with nothing but a vanity domain reaches an emulator.
"""

import base64
import http.client
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import trustme

PATIENCE_SECONDS = 60
_HOP_BY_HOP = {"connection", "host", "keep-alive", "proxy-authorization", "transfer-encoding"}


class Failure(Enum):
    """What the proxy does to one request inside a tunnel, or to the tunnel itself."""

    CLOSE_BEFORE = "closes the connection before the request takes effect"
    CLOSE_AFTER = "closes the connection after the request took effect"
    RESET_BEFORE = "resets the connection before the request takes effect"
    RESET_AFTER = "resets the connection after the request took effect"
    BAD_GATEWAY_BEFORE = "responds with 502 before the request takes effect"
    BAD_GATEWAY_AFTER = "responds with 502 after the request took effect"
    GATEWAY_TIMEOUT_AFTER = "responds with 504 after the request took effect"
    NO_TUNNEL = "responds with 502 to the CONNECT"
    CLOSE_TUNNEL = "closes the connection instead of answering the CONNECT"
    NO_TLS = "opens the tunnel, then closes it before TLS stands"


_TUNNEL_FAILURES = (Failure.NO_TUNNEL, Failure.CLOSE_TUNNEL, Failure.NO_TLS)


@dataclass
class _Armed:
    method: str
    path: re.Pattern[str]
    failure: Failure
    count: int


@dataclass
class Proxy:
    """A proxy that serves.

    Attributes:
        url: Its address, with credentials if it wants some.
        ca_file: The certificate of the authority that signs what it shows for each host.
        requests: What came through a tunnel, `METHOD path`, in order.
        tunnels: What tunnels were asked for, `host:port`, in order.
    """

    upstream: str
    credentials: tuple[str, str] | None
    ca: trustme.CA
    ca_file: Path
    url: str = ""
    requests: list[str] = field(default_factory=list)
    tunnels: list[str] = field(default_factory=list)
    _armed: list[_Armed] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, method: str, path: str, failure: Failure, count: int = 1) -> None:
        """Arm a failure for the next requests whose path matches wholly.

        A failure of the tunnel is armed with the method `CONNECT` and `host:port` as the path.
        """
        assert (method == "CONNECT") == (failure in _TUNNEL_FAILURES)
        with self._lock:
            self._armed.append(_Armed(method, re.compile(path), failure, count))

    def clear(self) -> None:
        """Disarm every failure."""
        with self._lock:
            self._armed.clear()

    def choose_failure(self, method: str, path: str) -> Failure | None:
        """Return the failure that a request meets; used by the proxy's threads."""
        with self._lock:
            for armed in self._armed:
                if armed.count and armed.method == method and armed.path.fullmatch(path):
                    armed.count -= 1
                    return armed.failure
        return None

    def is_allowed(self, authorization: str) -> bool:
        """Return whether a CONNECT shows the right credentials; used by the proxy's threads."""
        if self.credentials is None:
            return True
        token = base64.b64encode(":".join(self.credentials).encode()).decode()
        return authorization == f"Basic {token}"


@contextmanager
def running_proxy(upstream: str, credentials: tuple[str, str] | None = None) -> Iterator[Proxy]:
    """Run a proxy on loopback.

    Args:
        upstream: The http origin that every request goes to.
        credentials: User and password that a client has to show; None: it is open to all.
    """
    with TemporaryDirectory() as folder:
        ca_file = Path(folder) / "ca.pem"
        ca = trustme.CA()
        ca.cert_pem.write_to_path(ca_file)
        proxy = Proxy(upstream, credentials, ca, ca_file)
        handler = type(
            "Bound",
            (_TunnelHandler,),
            {"proxy": proxy, "contexts": staticmethod(cache(_context(ca)))},
        )
        with _Server(("127.0.0.1", 0), handler) as server:
            user = f"{credentials[0]}:{credentials[1]}@" if credentials else ""
            proxy.url = f"http://{user}127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            try:
                yield proxy
            finally:
                server.shutdown()
                thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """A client that hangs up, or that does not trust us, is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, *_args: object) -> None:
        """Keep the test's output for the test."""

    def refuse(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def hang_up(self, *, abruptly: bool = False) -> None:
        self.close_connection = True
        if abruptly:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with suppress(OSError):
            self.connection.close()


class _TunnelHandler(_Handler):
    """Answers CONNECT, then serves what comes through the tunnel."""

    contexts: Any

    def do_CONNECT(self) -> None:
        self.proxy.tunnels.append(self.path)
        if not self.proxy.is_allowed(self.headers.get("Proxy-Authorization", "")):
            self.refuse(407, Proxy_Authenticate='Basic realm="obviously fake"')
            return
        failure = self.proxy.choose_failure("CONNECT", self.path)
        if failure is Failure.NO_TUNNEL:
            self.refuse(502)
        elif failure is Failure.CLOSE_TUNNEL:
            self.hang_up()
        else:
            self.send_response(200, "Connection established")
            self.end_headers()
            if failure is Failure.NO_TLS:
                self.hang_up()
            else:
                self._serve_tunnel(self.path.rpartition(":")[0])
        self.close_connection = True

    def _serve_tunnel(self, host: str) -> None:
        with self.contexts(host).wrap_socket(self.connection, server_side=True) as secured:
            type("Bound", (_RequestHandler,), {"proxy": self.proxy})(
                secured, self.client_address, self.server
            )


class _RequestHandler(_Handler):
    """Sends each request of a tunnel on to the server behind the proxy."""

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.proxy.requests.append(f"{self.command} {self.path}")
        failure = self.proxy.choose_failure(self.command, urlsplit(self.path).path)
        match failure:
            case Failure.CLOSE_BEFORE | Failure.RESET_BEFORE:
                self.hang_up(abruptly=failure is Failure.RESET_BEFORE)
                return
            case Failure.BAD_GATEWAY_BEFORE:
                self.refuse(502)
                return
        status, headers, content = self._ask_upstream(body)
        match failure:
            case Failure.CLOSE_AFTER | Failure.RESET_AFTER:
                self.hang_up(abruptly=failure is Failure.RESET_AFTER)
            case Failure.BAD_GATEWAY_AFTER | Failure.GATEWAY_TIMEOUT_AFTER:
                self.refuse(502 if failure is Failure.BAD_GATEWAY_AFTER else 504)
            case _:
                self.send_response_only(status)  # the server's own headers are enough
                for name, value in headers:
                    if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = forward  # noqa: N815 - http.server's names

    def _ask_upstream(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        address = urlsplit(self.proxy.upstream)
        upstream = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=PATIENCE_SECONDS
        )
        try:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
            upstream.request(self.command, self.path, body or None, headers)
            response = upstream.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            upstream.close()


def _context(ca: trustme.CA) -> Any:
    def make(host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(host).configure_cert(context)
        return context

    return make
