"""A real server on this machine that answers what a test scripts, well or badly."""

import json
import socket
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from zdx_provider.zidentity import ZIdentity

Connect = Callable[..., ZIdentity]
Behaviour = Callable[["Handler"], None]


@dataclass
class Script:
    """What is answered and what was asked; used by the server's threads."""

    behaviours: deque[Behaviour] = field(default_factory=deque)
    otherwise: Behaviour | None = None
    requests: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    tokens: int = 0
    connections: int = 0
    hung_up: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    script: Script

    def setup(self) -> None:
        super().setup()
        with self.script.lock:
            self.script.connections += 1

    def serve(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.script.lock:
            token = self.path.endswith("/token")
            self.script.tokens += token
            if not token:
                self.script.requests.append(f"{self.command} {self.path}")
                self.script.authorizations.append(self.headers.get("Authorization", ""))
            number = self.script.tokens
            behaviour = None if token else self._next()
        if behaviour:
            behaviour(self)
        else:
            self.answer(200, {"access_token": f"token-{number}", "expires_in": 3600})

    def _next(self) -> Behaviour:
        if self.script.behaviours:
            return self.script.behaviours.popleft()
        if self.script.otherwise is None:
            raise AssertionError("the script has ended")
        return self.script.otherwise

    def do_CONNECT(self) -> None:
        """Be a proxy that lets no one through."""
        self.script.requests.append(f"CONNECT {self.path}")
        self.script.authorizations.append(self.headers.get("Authorization", ""))
        self.begin(407, 0)

    do_GET = do_POST = do_PUT = do_DELETE = serve  # noqa: N815 - http.server's names

    def answer(self, status: int, body: object, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.begin(status, len(content), **headers)
        self.wfile.write(content)

    def begin(self, status: int, length: int, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def drop(self) -> None:
        self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Keep the test's output for the test."""


class LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), type("Bound", (Handler,), {"script": script}))
        self.script = script
        self.url = f"http://127.0.0.1:{self.server_port}"

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        super().shutdown_request(request)
        self.script.hung_up.set()

    def handle_error(self, *_args: object) -> None:
        """A client that hangs up early is what some tests are about."""
