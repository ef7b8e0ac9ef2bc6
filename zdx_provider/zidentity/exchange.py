"""One request and its answer: the only place that touches HTTP.

A request goes straight to the adapter of a `requests.Session`, not through `Session.send`:
that would prepare redirects (and read their bodies whole), take cookies that threads share,
and let a `~/.netrc` replace the Authorization header.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from zdx_provider._version import __version__
from zdx_provider.zidentity.calls import Answer, Call
from zdx_provider.zidentity.clock import ServerClock
from zdx_provider.zidentity.connection import ConnectionOptions, InvalidConnection
from zdx_provider.zidentity.errors import AnswerLost, Unreachable, Untrusted, ZIdentityError
from zdx_provider.zidentity.tenant import is_loopback

_LARGEST_BODY = 8 * 1024 * 1024  # bytes; a page of 1,000 clients stays far below
_READ_SIZE = 64 * 1024
_WORKER_THREADS = 4  # of Pulumi's dynamic host
_NEVER_PROXIED = {"http": "", "https": ""}


class Exchange:
    """Sends calls over pooled connections; may be used by several threads at once.

    Args:
        options: Proxy and time limits.
        clock: Learns the server's time from every answer.
        monotonic: Gives seconds of a clock that never jumps.
        adapter: What carries requests instead of the network.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        clock: ServerClock,
        monotonic: Callable[[], float],
        adapter: BaseAdapter | None,
    ) -> None:
        self._options = options
        self._clock = clock
        self._monotonic = monotonic
        self._session = requests.Session()
        carrier = adapter or HTTPAdapter(pool_maxsize=_WORKER_THREADS)
        self._session.mount("https://", carrier)
        self._session.mount("http://", carrier)

    def send(self, call: Call, token: SecretStr | None = None) -> Answer:
        """Send a call once.

        Args:
            call: What is asked.
            token: The access token to show; None where none is needed.

        Raises:
            Unreachable: It surely never arrived.
            AnswerLost: It may have arrived, and no whole answer came back.
            UnreadableAnswer: The answer is too large.
            InvalidConnection: The proxy or the CA bundle cannot be used.
        """
        answer = self._attempt(call, token)
        if isinstance(answer, Answer):
            self._clock.learn(answer.headers.get("Date", ""))
            return answer
        # Raised here, where the HTTP library's exception is no longer handled and so is not
        # chained: it holds the request with its Authorization header and its body.
        raise answer

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _attempt(self, call: Call, token: SecretStr | None) -> Answer | Exception:
        try:
            with self._open(call, token) as response:
                return self._read(call, response)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema):
            return InvalidConnection(
                "the URL of the HTTP proxy cannot be used.",
                hint="Correct zdx:httpProxy (ZSCALER_HTTP_PROXY), or HTTPS_PROXY.",
            )
        except (requests.RequestException, HTTPError) as error:
            return _explained(call, error)
        except OSError:
            return InvalidConnection(
                "the CA bundle that the environment names cannot be read.",
                hint="Correct REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE, or unset it.",
            )

    def _open(self, call: Call, token: SecretStr | None) -> requests.Response:
        prepared = requests.Request(
            call.method,
            call.url,
            headers=_headers(call, token),
            params=call.query,
            data=call.body.encode() or call.form,
        ).prepare()
        settings = self._session.merge_environment_settings(
            call.url,
            self._proxies(call.url),
            stream=True,
            verify=True,
            cert=None,
        )
        carrier = self._session.get_adapter(call.url)
        return carrier.send(
            prepared,
            stream=True,
            timeout=self._options.request_timeout,
            verify=settings["verify"] or True,
            proxies=settings["proxies"],
        )

    def _proxies(self, url: str) -> dict[str, str]:
        if is_loopback(url):
            return dict(_NEVER_PROXIED)
        proxy = self._options.http_proxy
        return {"http": proxy, "https": proxy} if proxy else {}

    def _read(self, call: Call, response: requests.Response) -> Answer | Exception:
        deadline = self._monotonic() + self._options.request_timeout
        body = bytearray()
        # read1 gives what is there, so that a body that drips is noticed before its end
        while chunk := response.raw.read1(_READ_SIZE, decode_content=True):
            body += chunk
            if len(body) > _LARGEST_BODY:
                return call.unreadable(
                    f"the answer is larger than {_LARGEST_BODY // 1024**2} MB",
                    response.status_code,
                )
            if self._monotonic() > deadline:
                return AnswerLost(
                    f"the answer was not complete after {self._options.request_timeout:g} s",
                    operation=call.operation,
                    status=response.status_code,
                )
        return Answer(response.status_code, response.headers, bytes(body))


def _headers(call: Call, token: SecretStr | None) -> dict[str, str]:
    headers = {"User-Agent": f"zdx-provider/{__version__}", "Accept": "application/json"}
    if call.body:
        headers["Content-Type"] = "application/json"
    if token is not None:
        headers["Authorization"] = f"Bearer {token.get_secret_value()}"
    return headers


def _explained(call: Call, error: Exception) -> ZIdentityError:
    """Put an HTTP library's exception in our own words, so that none of its text is shown."""
    host = urlsplit(call.url).netloc
    if obstacle := _obstacle(error, host):
        return Unreachable(obstacle, operation=call.operation)
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Untrusted(f"the certificate of {host} is not trusted", operation=call.operation)
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return AnswerLost("no answer came in time", operation=call.operation)
    return AnswerLost(
        "the connection broke before the whole answer was here", operation=call.operation
    )


def _obstacle(error: Exception, host: str) -> str:
    """Say what kept a request from leaving; empty if it may have left."""
    match error:
        case requests.exceptions.ProxyError():
            return "the proxy did not let the request through"
        case requests.ConnectTimeout():
            return f"{host} does not answer"
        case requests.ConnectionError() if _caused_by(error, NameResolutionError):
            return f"the name {host} is not known"
        case requests.ConnectionError() if _caused_by(error, NewConnectionError):
            return f"{host} takes no connection"
        case _:
            return ""


def _caused_by(error: requests.ConnectionError, kind: type[HTTPError]) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), kind)
