"""Sends one request and reads its response: the only place that uses HTTP.

A request goes straight to the adapter of a `requests.Session`, not through `Session.send`:
that would prepare redirects (and read their bodies whole), take cookies that threads share,
and let a `~/.netrc` replace the Authorization header.
"""

import http.client
import io
import math
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from zdx_provider._version import __version__
from zdx_provider.errors import SettingsError
from zdx_provider.zidentity.connection import ConnectionOptions, is_loopback
from zdx_provider.zidentity.errors import (
    CertificateError,
    ResponseLostError,
    UnreachableError,
    ZIdentityError,
)
from zdx_provider.zidentity.messages import (
    Request,
    Response,
    parse_http_date,
    parse_remaining,
    parse_retry_after,
)

_YEAR_3000 = 32_503_680_000.0  # epoch seconds; no server that means it is beyond
_LIMIT_SECONDS = 1.0  # after which a limit is reset that doesn't say when
# What may be under way that doesn't wait: each thread of Pulumi's dynamic host may send a request
# and list clients meanwhile.
_RESERVED = 8
_LARGEST_BODY = 8 * 1024 * 1024  # bytes; a page of 1,000 clients stays far below
_READ_SIZE = 64 * 1024
_CONNECTIONS = _RESERVED + 16  # of which 16 are for secrets that are requested ahead
_NEVER_PROXIED = {"http": "", "https": ""}


class ServerClock:
    """This machine's clock, corrected by the `Date` of the server's responses.

    Args:
        local: Gives epoch seconds by this machine's clock.
    """

    def __init__(self, local: Callable[[], float]) -> None:
        self._local = local
        self._ahead = 0.0

    @property
    def ahead(self) -> float:
        """How many seconds the server's clock is ahead of this machine's."""
        return self._ahead

    def learn(self, date: str) -> None:
        """Learn the time from the `Date` header of a response, if it has one."""
        moment = parse_http_date(date)
        if moment is not None and 0 < moment < _YEAR_3000:
            self._ahead = moment - self._local()

    def now(self) -> float:
        """Give epoch seconds by the server's clock."""
        return self._local() + self._ahead

    def moment(self) -> datetime:
        """Give the moment in UTC by the server's clock."""
        return datetime.fromtimestamp(self.now(), timezone.utc)


class RateLimit:
    """How much capacity a tenant's rate limit leaves, as its responses say.

    Args:
        monotonic: Gives seconds of a clock that never jumps.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._remaining = math.inf
        self._reset_at = -math.inf

    def learn(self, response: Response, now: float) -> None:
        """Learn from the headers of a response.

        Args:
            response: The response.
            now: Epoch seconds by the server's clock.
        """
        remaining = parse_remaining(response.headers)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            remaining = 0.0
        if remaining is not None:
            self._remaining = remaining
            wait = parse_retry_after(response.headers, now)
            self._reset_at = self._monotonic() + (_LIMIT_SECONDS if wait is None else wait)

    def has_capacity(self, under_way: int) -> bool:
        """Whether a request that could wait may be sent beside that many others of its kind."""
        if self._remaining - under_way > _RESERVED:
            return True
        # After the reset, the response to one request says how many more are accepted.
        return under_way == 0 and self._monotonic() >= self._reset_at


class Transport:
    """Sends requests over pooled connections; may be used by several threads at once.

    Args:
        options: Proxy and time limits.
        clock: Learns the server's time from every response.
        limit: Learns from every response to a request with a token.
        adapter: What carries requests instead of the network.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        clock: ServerClock,
        limit: RateLimit,
        adapter: "TracingAdapter | None",
    ) -> None:
        self._options = options
        self._clock = clock
        self._limit = limit
        self._session = requests.Session()
        self._adapter = adapter or TracingAdapter(pool_maxsize=_CONNECTIONS)
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)

    def send(self, request: Request, token: SecretStr | None = None) -> Response:
        """Send a request once.

        Args:
            request: The request.
            token: The access token to send; None where none is needed.

        Raises:
            UnreachableError: It surely never arrived.
            ResponseLostError: It may have arrived, and no whole response came back.
            InvalidResponseError: The response is too large.
            SettingsError: The proxy or the CA bundle cannot be used.
        """
        response = self._send_once(request, token)
        if isinstance(response, Response):
            # A 5xx may come from a gateway or a proxy, whose clock isn't the server's.
            if response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                self._clock.learn(response.headers.get("Date", ""))
            if token is not None:
                self._limit.learn(response, self._clock.now())
            return response
        # Raised here, where the HTTP library's exception is no longer handled and so is not
        # chained: it holds the request with its Authorization header and its body.
        raise response

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _send_once(self, request: Request, token: SecretStr | None) -> Response | Exception:
        """Send a request; return the error to raise, as `send` says why."""
        try:
            with self._open(request, token) as response:
                return self._read(request, response)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            return SettingsError(
                "the URL of the HTTP proxy cannot be used.",
                hint="Correct zdx:httpProxy (ZSCALER_HTTP_PROXY), or HTTPS_PROXY.",
            )
        except (requests.RequestException, HTTPError) as error:
            return self._explain(request, error)
        except OSError:
            return SettingsError(
                "the CA bundle from the environment cannot be read.",
                hint="Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it.",
            )

    def _open(self, request: Request, token: SecretStr | None) -> requests.Response:
        prepared = requests.Request(
            request.method,
            request.url,
            headers=_build_headers(request, token),
            params=request.query,
            data=request.body.encode() or request.form,
        ).prepare()
        settings = self._session.merge_environment_settings(
            request.url,
            self._choose_proxies(request.url),
            stream=True,
            verify=True,
            cert=None,
        )
        return self._adapter.send(
            prepared,
            stream=True,
            timeout=self._options.request_timeout,
            verify=settings["verify"] or True,
            proxies=settings["proxies"],
        )

    def _choose_proxies(self, url: str) -> dict[str, str]:
        if is_loopback(url):
            return dict(_NEVER_PROXIED)
        proxy = self._options.http_proxy
        return {"http": proxy, "https": proxy} if proxy else {}

    def _read(self, request: Request, response: requests.Response) -> Response | Exception:
        """Read a response; return the error to raise, as `send` says why."""
        body = bytearray()
        while chunk := response.raw.read1(_READ_SIZE, decode_content=True):
            body += chunk
            if len(body) > _LARGEST_BODY:
                return request.build_error(
                    f"the response is larger than {_LARGEST_BODY // 1024**2} MB",
                    response.status_code,
                )
        return Response(response.status_code, response.headers, bytes(body))

    def _explain(self, request: Request, error: Exception) -> ZIdentityError:
        """Put an HTTP library's exception in our own words, so that none of its text is shown.

        Whether a request may be sent again depends on one question: was a byte of it sent? The
        exception doesn't say (behind a proxy, urllib3 turns every broken connection into a
        `ProxyError`), so the connection itself keeps track.
        """
        host = urlsplit(request.url).netloc
        if self._adapter.has_sent():
            problem = (
                "no response arrived in time"
                if isinstance(error, requests.Timeout | ReadTimeoutError)
                else "the connection closed before the response was complete"
            )
            return ResponseLostError(problem, operation=request.operation)
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return CertificateError(
                f"the certificate of {host} is not trusted", operation=request.operation
            )
        return UnreachableError(_find_obstacle(error, host), operation=request.operation)


class TracingAdapter(HTTPAdapter):
    """Carries requests as `requests` does, and knows whether a request has left.

    Its connections also end a response that isn't complete within the time limit, however
    steadily its parts arrive.
    """

    def __init__(self, pool_maxsize: int) -> None:
        self._progress = threading.local()
        super().__init__(pool_maxsize=pool_maxsize)

    def send(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request; see `has_sent` for what became of one that failed."""
        self._progress.has_sent = False
        return super().send(*args, **options)

    def has_sent(self) -> bool:
        """Whether the last request of this thread has left, at least in part.

        What goes to a proxy to open the tunnel doesn't count.
        """
        return bool(self._progress.has_sent)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Create the pool of direct connections."""
        super().init_poolmanager(*args, **options)
        self._trace(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:
        """Create the pool of connections through a proxy."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **options)
        self._trace(manager)
        return manager

    def _trace(self, manager: PoolManager) -> None:
        progress = self._progress

        class TracedHTTPConnection(_TracedConnection, HTTPConnection):
            _progress = progress

        class TracedHTTPSConnection(_TracedConnection, HTTPSConnection):
            _progress = progress

        class HTTPPool(HTTPConnectionPool):
            ConnectionCls = TracedHTTPConnection

        class HTTPSPool(HTTPSConnectionPool):
            ConnectionCls = TracedHTTPSConnection

        manager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}


class _TimedReader(io.RawIOBase):
    """Reads a response whose every part must be here before one deadline."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._timeout = connected.gettimeout()
        self._deadline = time.monotonic() + (self._timeout or 0.0)
        self._raw = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self._timeout is None:
            return self._raw.readinto(buffer)
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._socket.settimeout(self._timeout)  # the next request has its own time

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(sock))


class _TracedConnection(HTTPConnection):
    """Notes when the first byte of a request is sent.

    urllib3 opens a TLS connection, and the tunnel of a proxy, before it calls `request`: what that
    sends doesn't count. Any other connection is opened by its first `send`. Here it is opened
    before the note, so that a connection that can't be opened has sent nothing.
    """

    response_class = _TimedResponse
    _progress: threading.local
    _is_requesting = False

    def request(self, *args: Any, **options: Any) -> None:
        self._is_requesting = True
        try:
            super().request(*args, **options)
        finally:
            self._is_requesting = False

    def send(self, data: Any) -> None:
        if self._is_requesting:
            if self.sock is None:
                self.connect()
            self._progress.has_sent = True
        super().send(data)


def _build_headers(request: Request, token: SecretStr | None) -> dict[str, str]:
    headers = {"User-Agent": f"zdx-provider/{__version__}", "Accept": "application/json"}
    if request.body:
        headers["Content-Type"] = "application/json"
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    return headers


def _find_obstacle(error: Exception, host: str) -> str:
    """Say what kept a request from leaving."""
    match error:
        case requests.exceptions.ProxyError() if "407" in str(error):
            return "the proxy requires credentials, or refused the ones in its URL"
        case requests.exceptions.ProxyError():
            return "the proxy refused the request"
        case requests.ConnectionError() if _is_caused_by(error, NameResolutionError):
            return f"the host name {host} cannot be resolved"
        case requests.ConnectionError() if _is_caused_by(error, NewConnectionError):
            return f"{host} does not accept connections"
        case requests.exceptions.SSLError():
            return f"the TLS connection to {host} failed"
        case _:
            return f"{host} does not respond"


def _is_caused_by(error: requests.ConnectionError, kind: type[HTTPError]) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), kind)
