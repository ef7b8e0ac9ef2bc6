"""Requests and responses: what a response means, and how long a server asks to wait."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from zdx_provider.zidentity.errors import (
    AnswerLost,
    Conflict,
    CredentialsRefused,
    Forbidden,
    InvalidRequest,
    NotFound,
    RateLimited,
    ReadOnly,
    Refused,
    ServerFailed,
    TooLarge,
    Unavailable,
    UnreadableAnswer,
    ZIdentityError,
)

_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True)
class Answer:
    """What came back, read whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def request_id(self) -> str:
        """The id that Zscaler's support asks for; empty where there is none."""
        identifier = self.headers.get("x-oneapi-request-id", "")
        return identifier if _REQUEST_ID.fullmatch(identifier) else ""


@dataclass(frozen=True)
class Call:
    """One operation of ZIdentity.

    Args:
        operation: What it does, in words that can follow "could not".
        method: The HTTP method.
        url: Where to, without a query.
        query: The query's parameters.
        body: The JSON document to send.
        form: The form to send instead.
        mints: Whether repeating it makes a second thing, so that it is repeated only when the
            first surely never arrived.
    """

    operation: str
    method: str
    url: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    body: str = field(default="", repr=False)
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    mints: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes anything on the tenant."""
        return self.method != "GET"

    def unreadable(self, problem: str, status: int, request_id: str = "") -> ZIdentityError:
        """Give the error for an answer that cannot be used, whatever its status."""
        kind = AnswerLost if self.mints else UnreadableAnswer
        return kind(problem, operation=self.operation, status=status, request_id=request_id)


T = TypeVar("T")

_CODE = re.compile(r"[A-Z_]{1,40}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")
_UNAVAILABLE = (408, 502, 503, 504)
_BY_STATUS: dict[int, type[Refused]] = {
    401: CredentialsRefused,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    429: RateLimited,
    **dict.fromkeys(_UNAVAILABLE, Unavailable),
}


def require_success(call: Call, answer: Answer, now: float) -> None:
    """Raise the error that an answer stands for, if it is not a success.

    Args:
        call: What was asked.
        answer: What came back.
        now: Epoch seconds by the server's clock.

    Raises:
        Refused: The status says no.
        AnswerLost: The status leaves open whether something was minted.
        UnreadableAnswer: The answer leads elsewhere.
    """
    if answer.status < HTTPStatus.OK or answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise _failure(call, answer, now)


def parse(call: Call, answer: Answer, shape: type[T]) -> T:
    """Read an answer's JSON.

    Raises:
        UnreadableAnswer: It is not what the call is documented to answer.
        AnswerLost: The same of a call that mints: it happened, and what it made is unknown.
    """
    try:
        return TypeAdapter(shape).validate_json(answer.body)
    except ValidationError as error:
        problem = _misfit(answer, error)
    # Raised here so that pydantic's error, which holds the body, is not chained to it.
    raise call.unreadable(problem, answer.status, answer.request_id)


class ErrorBody(BaseModel):
    """What is known of the JSON in an error; no schema of it is published."""

    model_config = ConfigDict(hide_input_in_errors=True)

    code: str = ""
    id: str = ""
    error: str = ""

    @classmethod
    def of(cls, answer: Answer) -> "ErrorBody":
        """Read an answer's body; one that is not understood is an empty one."""
        try:
            return cls.model_validate_json(answer.body)
        except ValidationError:
            return cls()

    @property
    def short_code(self) -> str:
        """The code in upper case, the one part of a body that errors show."""
        return next((code for code in (self.code, self.id) if _CODE.fullmatch(code)), "")


def _failure(call: Call, answer: Answer, now: float) -> ZIdentityError:
    if answer.status < HTTPStatus.BAD_REQUEST:
        return _redirected(call, answer)
    kind = _kind(answer)
    retry_after = asked_wait(answer.headers, now) if kind in (RateLimited, Unavailable) else None
    asked = f", and the server asks to wait {retry_after:.0f} s" if retry_after else ""
    lost = call.mints and issubclass(kind, ServerFailed)
    return (AnswerLost if lost else kind)(
        f"{kind.summary}{asked}",
        operation=call.operation,
        status=answer.status,
        request_id=answer.request_id,
        code=ErrorBody.of(answer).short_code,
        retry_after=retry_after,
    )


def _kind(answer: Answer) -> type[Refused]:
    if answer.status == HTTPStatus.FORBIDDEN and _is_maintenance(answer):
        return ReadOnly
    default = ServerFailed if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else InvalidRequest
    return _BY_STATUS.get(answer.status, default)


def _is_maintenance(answer: Answer) -> bool:
    mode = answer.headers.get("x-zscaler-mode", "").lower()
    return mode == "read-only" or ErrorBody.of(answer).short_code == "STATE_READONLY"


def _redirected(call: Call, answer: Answer) -> ZIdentityError:
    target = _host(call.url, answer.headers.get("Location", "")) or "another address"
    return call.unreadable(
        f"the answer redirects to {target}, and no token is sent along a redirect",
        answer.status,
        answer.request_id,
    )


def _host(url: str, location: str) -> str:
    try:
        host = urlsplit(urljoin(url, location)).hostname or ""
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _misfit(answer: Answer, error: ValidationError) -> str:
    start = answer.body[:64].lstrip().lower()
    if start.startswith(b"<"):
        return "the answer is an HTML page instead of JSON"
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    if first["type"] == "json_invalid":
        return "the answer is not JSON, or only the beginning of it"
    where = ".".join(str(step) for step in first["loc"]) or "the whole"
    return f"the answer has another shape than documented, at {where}"


_HEADERS = ("Retry-After", "x-ratelimit-reset", "RateLimit-Reset")
_HTTP_DATE = re.compile(r"[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d:\d\d GMT")
_NUMBER = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*s?\s*(?:;.*)?", re.DOTALL)
_EARLIEST_EPOCH = 1e9  # seconds; as a time to wait it would be 31 years
_EARLIEST_EPOCH_MILLISECONDS = 1e12


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Read how many seconds a server asks to wait.

    Zscaler's services use seconds, `13s`, epoch seconds and, where two limiters are in the way,
    a repeated header such as `1, 1`, of which the largest counts; proxies use HTTP dates.

    Args:
        headers: An answer's headers.
        now: Epoch seconds by the server's clock.

    Returns:
        Seconds, never negative; None where no header says anything that can be read.
    """
    for name in _HEADERS:
        waits = _waits(headers.get(name, ""), now)
        if waits:
            return max(waits)
    return None


def _waits(text: str, now: float) -> list[float]:
    dates = [parse_http_date(date) for date in _HTTP_DATE.findall(text)]
    if dates:
        return [max(0.0, date - now) for date in dates if date is not None]
    numbers = [_NUMBER.fullmatch(part) for part in text.split(",")]
    return [_seconds(float(number[1]), now) for number in numbers if number]


def _seconds(value: float, now: float) -> float:
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
