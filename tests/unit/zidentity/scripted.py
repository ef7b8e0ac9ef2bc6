"""A server that answers what a test scripts, in place of the network."""

import io
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ProtocolError

from zdx_provider.zidentity import ZIdentity
from zdx_provider.zidentity.transport import TracingAdapter

TOKEN = "obviously-fake-token"
SECRET = "obviously-fake-secret"

Connect = Callable[..., ZIdentity]


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Step = Reply | Exception


@dataclass(frozen=True)
class Received:
    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.url).query)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def grant(token: str = TOKEN, expires_in: float = 3600) -> Reply:
    return Reply(200, {"access_token": token, "token_type": "Bearer", "expires_in": expires_in})


def refused_connection() -> Exception:
    reason = NewConnectionError(HTTPConnection("x.test"), "Connection refused")
    error = requests.ConnectionError(MaxRetryError(HTTPConnectionPool("x.test"), "/", reason))
    return before_sending(error)


def unknown_name() -> Exception:
    reason = NameResolutionError("x.test", HTTPConnection("x.test"), socket.gaierror())
    error = requests.ConnectionError(MaxRetryError(HTTPConnectionPool("x.test"), "/", reason))
    return before_sending(error)


def before_sending(error: Exception) -> Exception:
    """An error that comes before a byte of the request has left."""
    vars(error)["before_sending"] = True
    return error


def dropped_connection() -> Exception:
    return requests.ConnectionError(ProtocolError("Connection aborted."))


class ScriptedServer(TracingAdapter):
    """Answers step by step; the token endpoint has a script of its own, and grants at its end.

    Attributes:
        respond: Answers each call instead, in any order.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=1)
        self.steps: list[Step] = []
        self.token_steps: list[Step] = []
        self.calls: list[Received] = []
        self.token_calls: list[Received] = []
        self.before_answer: Callable[[], None] = lambda: None
        self.respond: Callable[[Received], Step] = lambda _: self.steps.pop(0)

    def answers(self, *steps: Step) -> None:
        self.steps.extend(steps)

    def grants(self, *steps: Step) -> None:
        self.token_steps.extend(steps)

    def send(
        self, request: requests.PreparedRequest, *_args: object, **_options: object
    ) -> requests.Response:
        received = _received(request)
        if received.path.endswith("/token"):
            self.token_calls.append(received)
            step = self.token_steps.pop(0) if self.token_steps else grant()
        else:
            self.calls.append(received)
            step = self.respond(received)
        self.before_answer()
        if isinstance(step, Exception):
            self._progress.has_sent = not hasattr(step, "before_sending")
            raise step
        return _response(request, step)

    def close(self) -> None:
        pass


def _received(request: requests.PreparedRequest) -> Received:
    body = request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    return Received(str(request.method), str(request.url), dict(request.headers), text)


def _response(request: requests.PreparedRequest, reply: Reply) -> requests.Response:
    response = requests.Response()
    response.status_code = reply.status
    response.headers = CaseInsensitiveDict(reply.headers)
    response.request = request
    response.raw = HTTPResponse(
        io.BytesIO(reply.content), headers=dict(reply.headers), preload_content=False
    )
    return response


class FakeTime:
    """Time that passes only when someone sleeps or a test lets it; the clock may also be set."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.ahead = 0.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now + self.ahead

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
