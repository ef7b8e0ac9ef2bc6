"""An authorised session with one tenant, and its access token."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from zdx_provider.zidentity.connection import Credentials
from zdx_provider.zidentity.errors import CredentialsRefused
from zdx_provider.zidentity.messages import Answer, Call, ErrorBody, parse, require_success

if TYPE_CHECKING:
    from zdx_provider.zidentity.retry import Retry
    from zdx_provider.zidentity.transport import Exchange, ServerClock

_OPERATION = "get an access token"
_LONGEST_MARGIN = 60.0  # seconds before its end from which a token is not used any more
_MARGIN = 0.2  # of its lifetime, for short ones
_LONGEST_LIFETIME = 86_400.0  # seconds; ZIdentity's own bound for a client's tokens
_NOTABLE_SKEW = 60.0  # seconds
_REFUSALS = (400, 401, 404)
_OAUTH_CODES = (  # RFC 6749, section 5.2
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
)


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        value: The token.
        lifetime: How long it lives, as ZIdentity says.
        stale_at: The second of the monotonic clock from which it is not used any more.
    """

    value: SecretStr
    lifetime: timedelta
    stale_at: float


class _Grant(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    access_token: Annotated[str, StringConstraints(pattern=r"^[!-~]+$"), Field(repr=False)]
    expires_in: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @property
    def lifetime_seconds(self) -> float:
        """How long the token is used at most; a server may claim more than a clock can hold."""
        return min(self.expires_in, _LONGEST_LIFETIME)


class TokenSource:
    """Gives all threads of a session the same token.

    Credentials that were refused stay refused for the session: asking again for every key
    would only bring the tenant's lock-out nearer.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        exchange: "Exchange",
        retry: "Retry",
        clock: "ServerClock",
        monotonic: Callable[[], float],
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._exchange = exchange
        self._retry = retry
        self._clock = clock
        self._monotonic = monotonic
        self._lock = Lock()
        self._token: Token | None = None
        self._refusal: Answer | None = None

    def current(self) -> Token:
        """Give the token, fetched first if there is none that still lives.

        Raises:
            CredentialsRefused: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable answer.
        """
        with self._lock:
            if self._token is None or self._monotonic() >= self._token.stale_at:
                self._token = self._fetch()
            return self._token

    def renew(self, refused: Token) -> Token:
        """Give another token than one that was refused.

        Of several threads that come with the same token, the first fetches for all.

        Raises:
            CredentialsRefused: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable answer.
        """
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = self._fetch()
            return self._token

    def _fetch(self) -> Token:
        if self._refusal is not None:
            raise self._refused(self._refusal)
        form = self._credentials.token_request(self._clock.now())
        call = Call(_OPERATION, "POST", self._url, form=form)
        asked_at = self._monotonic()
        grant = self._retry.run(call, lambda: self._ask(call))
        margin = min(_LONGEST_MARGIN, _MARGIN * grant.lifetime_seconds)
        return Token(
            SecretStr(grant.access_token),
            timedelta(seconds=grant.lifetime_seconds),
            stale_at=asked_at + grant.lifetime_seconds - margin,
        )

    def _ask(self, call: Call) -> _Grant:
        answer = self._exchange.send(call)
        if answer.status in _REFUSALS:
            self._refusal = answer
            raise self._refused(answer)
        require_success(call, answer, self._clock.now())
        return parse(call, answer, _Grant)

    def _refused(self, answer: Answer) -> CredentialsRefused:
        code = ErrorBody.of(answer).error
        return CredentialsRefused(
            "no such tenant answers there"
            if answer.status == HTTPStatus.NOT_FOUND
            else f"ZIdentity does not accept the client id with this {self._credentials.kind}",
            operation=_OPERATION,
            status=answer.status,
            request_id=answer.request_id,
            code=code if code in _OAUTH_CODES else "",
            hint=self._clock_hint(),
        )

    def _clock_hint(self) -> str:
        ahead = self._clock.ahead
        if not self._credentials.is_dated or abs(ahead) < _NOTABLE_SKEW:
            return ""
        direction = "behind" if ahead > 0 else "ahead of"
        return (
            f"The clock of this machine is {abs(ahead):.0f} s {direction} the server's, so what "
            f"the {self._credentials.kind} signs is not valid there: set the clock."
        )


T = TypeVar("T")


class Session:
    """Sends calls with a token, repeats what may be repeated, reads the answers."""

    def __init__(
        self,
        base_url: str,
        *,
        exchange: "Exchange",
        retry: "Retry",
        tokens: TokenSource,
        clock: "ServerClock",
        before_change: Callable[[], None],
    ) -> None:
        self.base_url = base_url
        self._exchange = exchange
        self._retry = retry
        self._tokens = tokens
        self._clock = clock
        self._before_change = before_change

    def fetch(self, call: Call, shape: type[T]) -> T:
        """Send a call and read the object that it answers.

        Raises:
            ZIdentityError: It did not end well; the class says what that means.
        """
        return parse(call, self.send(call), shape)

    def fetch_if_any(self, call: Call, shape: type[T]) -> T | None:
        """Send a call that may answer an object or nothing.

        Raises:
            ZIdentityError: It did not end well; the class says what that means.
        """
        answer = self.send(call)
        return parse(call, answer, shape) if answer.body.strip() else None

    def send(self, call: Call) -> Answer:
        """Send a call and give its answer, which is a success.

        Raises:
            ZIdentityError: It did not end well; the class says what that means.
        """
        token = self._tokens.current()
        with suppress(CredentialsRefused):  # it may have been revoked before its time
            return self._repeat(call, token)
        return self._repeat(call, self._tokens.renew(token))

    def _repeat(self, call: Call, token: Token) -> Answer:
        return self._retry.run(call, lambda: self._attempt(call, token))

    def _attempt(self, call: Call, token: Token) -> Answer:
        if call.changes:
            self._before_change()
        answer = self._exchange.send(call, token.value)
        require_success(call, answer, self._clock.now())
        return answer
