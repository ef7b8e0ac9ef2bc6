"""Requests and responses: what a response means, and how long a server asks to wait."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import TypeAdapter, ValidationError

from zdx_provider.zidentity.error_body import ErrorBody, Guard
from zdx_provider.zidentity.errors import (
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InvalidResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ReadOnlyError,
    ResponseLostError,
    ServerError,
    StatusError,
    UnavailableError,
    ZIdentityError,
)

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_UNAVAILABLE = (408, 502, 503, 504)
_BY_STATUS: dict[int, type[StatusError]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
    **dict.fromkeys(_UNAVAILABLE, UnavailableError),
}
_RESET_HEADERS = ("x-ratelimit-reset", "RateLimit-Reset")
_HEADERS = ("Retry-After", *_RESET_HEADERS)
_REMAINING_HEADERS = ("x-ratelimit-remaining", "RateLimit-Remaining")
_HTTP_DATE = re.compile(r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT")
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*s?\s*(?:;.*)?", re.DOTALL)
_EARLIEST_EPOCH = 1e9  # seconds; as a time to wait it would be 31 years
_EARLIEST_EPOCH_MILLISECONDS = 1e12

T = TypeVar("T")


@dataclass(frozen=True)
class Response:
    """A response, read whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """The id that Zscaler's support asks for; empty where there is none."""
        identifier = self.headers.get("x-oneapi-request-id", "")
        return identifier if _REQUEST_ID.fullmatch(identifier) else ""


@dataclass(frozen=True)
class Request:
    """One operation of ZIdentity.

    Args:
        operation: What it does, in words that can follow "could not".
        method: The HTTP method.
        url: Where to, without a query.
        query: The query's parameters.
        body: The JSON document to send.
        form: The form to send instead.
        idempotent: Whether sending it twice has the same effect as sending it once (RFC 9110). A
            request that is not is sent again only if it surely never arrived.
        before_send: Called before each attempt at a write; what it raises stops the attempt.
    """

    operation: str
    method: str
    url: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: str = field(default="", repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    idempotent: bool = True
    before_send: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def is_write(self) -> bool:
        """Whether it changes anything on the tenant."""
        return self.method != "GET"

    def build_error(self, problem: str, status: int, request_id: str = "") -> ZIdentityError:
        """Return the error for a response that cannot be used, whatever its status."""
        kind = InvalidResponseError if self.idempotent else ResponseLostError
        return kind(problem, operation=self.operation, status=status, request_id=request_id)


def require_success(
    request: Request, response: Response, now: float, secrets: Collection[str]
) -> None:
    """Raise the error of a response that is not a success.

    Args:
        request: The request.
        response: Its response.
        now: Epoch seconds by the server's clock.
        secrets: The secrets that this process knows.

    Raises:
        StatusError: The status says no.
        ResponseLostError: The status does not say whether something was created.
        InvalidResponseError: The response redirects elsewhere.
    """
    if response.status < HTTPStatus.OK or response.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise _build_status_error(request, response, now, secrets)


def parse_response(request: Request, response: Response, model: type[T]) -> T:
    """Read the JSON of a response.

    Raises:
        InvalidResponseError: It isn't what the API documentation says.
        ResponseLostError: The same for a request that creates something: it was created.
    """
    try:
        return TypeAdapter(model).validate_json(response.body)
    except ValidationError as error:
        problem = _describe_misfit(response, error)
    # Raised here so that pydantic's error, which holds the body, is not chained to it.
    raise request.build_error(problem, response.status, response.request_id)


def _build_status_error(
    request: Request, response: Response, now: float, secrets: Collection[str]
) -> ZIdentityError:
    if response.status < HTTPStatus.BAD_REQUEST:
        return _build_redirect_error(request, response)
    body = ErrorBody.parse(response.body)
    guard = Guard(secrets, request.operation, request.body)
    kind = _choose_error_class(response)
    retry_after = (
        parse_retry_after(response.headers, now)
        if kind in (RateLimitError, UnavailableError)
        else None
    )
    wait = f", and the server asks to wait {retry_after:.0f} s" if retry_after else ""
    lost = not request.idempotent and issubclass(kind, ServerError)
    too_large = response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    summary = "the request is too large for ZIdentity" if too_large else kind.summary
    return (ResponseLostError if lost else kind)(
        f"{summary}{wait}{body.quote_words(response.status, guard)}",
        operation=request.operation,
        status=response.status,
        request_id=response.request_id,
        code=body.short_code,
        retry_after=retry_after,
        hint="Shorten the description." if too_large else "",
    )


def _choose_error_class(response: Response) -> type[StatusError]:
    if response.status == HTTPStatus.FORBIDDEN and _is_maintenance(response):
        return ReadOnlyError
    default = (
        ServerError if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR else BadRequestError
    )
    return _BY_STATUS.get(response.status, default)


def _is_maintenance(response: Response) -> bool:
    mode = response.headers.get("x-zscaler-mode", "").lower()
    return mode == "read-only" or ErrorBody.parse(response.body).short_code == "STATE_READONLY"


def _build_redirect_error(request: Request, response: Response) -> ZIdentityError:
    target = _parse_host(request.url, response.headers.get("Location", "")) or "another address"
    return request.build_error(
        f"the response redirects to {target}, and a token is never sent to another address",
        response.status,
        response.request_id,
    )


def _parse_host(url: str, location: str) -> str:
    try:
        host = urlsplit(urljoin(url, location)).hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _describe_misfit(response: Response, error: ValidationError) -> str:
    start = response.body[:64].lstrip().lower()
    if start.startswith(b"<"):
        return "the response is an HTML page instead of JSON"
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        return "the response is not JSON, or is incomplete"
    where = ".".join(str(step) for step in first["loc"]) or "its top level"
    return f"the response differs from the API documentation at {where}"


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Read how many seconds a server asks to wait.

    Zscaler's services use seconds, `13s`, epoch seconds and, where two limiters are in the way,
    a repeated header such as `1, 1`, of which the largest counts; proxies use HTTP dates.

    Args:
        headers: The headers of a response.
        now: Epoch seconds by the server's clock.

    Returns:
        Seconds, never negative; None where no header says anything that can be read.
    """
    for name in _HEADERS:
        waits = _parse_waits(headers.get(name, ""), now)
        if waits:
            return max(waits)
    return None


def parse_remaining(headers: Mapping[str, str]) -> float | None:
    """Read how many more requests a server accepts until its limit is reset.

    Where two limiters are in the way, the header is repeated (`499, 998`), and the smallest counts.

    Returns:
        A number, never negative; None where no header says anything that can be read.
    """
    parts = ",".join(headers.get(name, "") for name in _REMAINING_HEADERS).split(",")
    numbers = [_NUMBER.fullmatch(part) for part in parts]
    return min((float(number[1]) for number in numbers if number), default=None)


def _parse_waits(text: str, now: float) -> list[float]:
    dates = [parse_http_date(date) for date in _HTTP_DATE.findall(text)]
    if dates:
        return [max(0.0, date - now) for date in dates if date is not None]
    numbers = [_NUMBER.fullmatch(part) for part in text.split(",")]
    return [_to_seconds(float(number[1]), now) for number in numbers if number]


def _to_seconds(value: float, now: float) -> float:
    if value >= _EARLIEST_EPOCH_MILLISECONDS:
        value /= 1000
    return max(0.0, value - now) if value >= _EARLIEST_EPOCH else value


def parse_http_date(text: str) -> float | None:
    """Read an HTTP date as epoch seconds; None if it is not one."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
