"""An authorised session with one tenant, and its access token."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from zdx_provider.zidentity.connection import (
    AUDIENCE,
    NO_AUDIENCE,
    Credentials,
    PrivateKey,
    Tenant,
)
from zdx_provider.zidentity.error_body import ErrorBody, Guard
from zdx_provider.zidentity.errors import AuthenticationError
from zdx_provider.zidentity.messages import (
    Request,
    Response,
    parse_response,
    require_success,
)

if TYPE_CHECKING:
    from zdx_provider.zidentity.retry import Retry
    from zdx_provider.zidentity.transport import ServerClock, Transport

_OPERATION = "get an access token"
_LONGEST_MARGIN = 60.0  # seconds before its end from which a token is not used any more
_MARGIN = 0.2  # of its lifetime, for short ones
_LONGEST_LIFETIME = 86_400.0  # seconds; ZIdentity's own bound for a client's tokens
_NOTABLE_SKEW = 60.0  # seconds
_REFUSALS = (400, 401, 404)
_SECRET_FIELDS = ("client_secret", "client_assertion")
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
        lifetime: Its lifetime, as ZIdentity says.
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
        """How long the token is used at most; a server may name more than a clock can represent."""
        return min(self.expires_in, _LONGEST_LIFETIME)


class TokenSource:
    """Gives all threads of a session the same token.

    Credentials that were refused stay refused for the session: asking again for every key
    would only bring the tenant's lock-out nearer.

    Attributes:
        secrets: The secrets that this process sent and received, which no error shows.
    """

    def __init__(
        self,
        tenant: Tenant,
        credentials: Credentials,
        *,
        transport: "Transport",
        retry: "Retry",
        clock: "ServerClock",
        monotonic: Callable[[], float],
    ) -> None:
        self._tenant = tenant
        self._credentials = credentials
        self._transport = transport
        self._retry = retry
        self._clock = clock
        self._monotonic = monotonic
        self._lock = Lock()
        self._token: Token | None = None
        self._refusal: Response | None = None
        self.secrets: set[str] = set()

    def get(self) -> Token:
        """Return the token; request one first if there is none that is still valid.

        Raises:
            AuthenticationError: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable response.
        """
        with self._lock:
            if self._token is None or self._monotonic() >= self._token.stale_at:
                self._token = self._fetch()
            return self._token

    def renew(self, refused: Token) -> Token:
        """Give another token than one that was refused.

        Of several threads that come with the same token, the first fetches for all.

        Raises:
            AuthenticationError: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable response.
        """
        with self._lock:
            if self._token is None or self._token is refused:
                self._token = self._fetch()
            return self._token

    def _fetch(self) -> Token:
        if self._refusal is not None:
            raise self._build_authentication_error(self._refusal)
        request = Request(_OPERATION, "POST", self._tenant.token_url)
        requested_at = self._monotonic()
        grant = self._retry.run(request, lambda: self._request_grant(request))
        self.secrets.add(grant.access_token)
        margin = min(_LONGEST_MARGIN, _MARGIN * grant.lifetime_seconds)
        return Token(
            SecretStr(grant.access_token),
            timedelta(seconds=grant.lifetime_seconds),
            stale_at=requested_at + grant.lifetime_seconds - margin,
        )

    def _request_grant(self, request: Request) -> _Grant:
        # A tenant accepts an assertion once, and may have accepted the one of an attempt whose
        # response was lost. So every attempt has its own.
        form = self._credentials.build_token_request(self._tenant, self._clock.now())
        self.secrets.update(form[name] for name in _SECRET_FIELDS if name in form)
        response = self._transport.send(replace(request, form=form))
        if response.status in _REFUSALS:
            self._refusal = response
            raise self._build_authentication_error(response)
        require_success(request, response, self._clock.now(), self.secrets)
        return parse_response(request, response, _Grant)

    def _build_authentication_error(self, response: Response) -> AuthenticationError:
        body = ErrorBody.parse(response.body)
        code = body.error
        problem = (
            "there is no such tenant at this address"
            if response.status == HTTPStatus.NOT_FOUND
            else f"ZIdentity refused the client ID with this {self._credentials.kind}"
        )
        guard = Guard(self.secrets, shown=self._credentials.client_id, sent="")
        return AuthenticationError(
            f"{problem}{body.quote_words(response.status, guard)}",
            operation=_OPERATION,
            status=response.status,
            request_id=response.request_id,
            code=code if code in _OAUTH_CODES else "",
            hint=self._describe_clock() or self._describe_audience(response.status),
        )

    def _describe_clock(self) -> str:
        ahead = self._clock.ahead
        if not self._credentials.is_dated or abs(ahead) < _NOTABLE_SKEW:
            return ""
        direction = "behind" if ahead > 0 else "ahead of"
        return (
            f"The clock of this machine is {abs(ahead):.0f} s {direction} the server's clock, so "
            f"assertions signed with the {self._credentials.kind} are not valid. Set the clock."
        )

    def _describe_audience(self, status: int) -> str:
        """Name the settings that may be wrong where a tenant refuses their defaults."""
        steps = []
        if self._tenant.token_audience == AUDIENCE:
            steps.append(
                "refuse the audience of the token request: then set zdx:tokenAudience to "
                f"{NO_AUDIENCE}"
            )
        is_signed = isinstance(self._credentials, PrivateKey)
        if is_signed and self._tenant.assertion_audience == AUDIENCE:
            steps.append(
                "expect another audience in the assertion: then set zdx:assertionAudience to "
                f"{self._tenant.login_url}"
            )
        if status != HTTPStatus.BAD_REQUEST or not steps:
            return ""
        return (
            f"{AuthenticationError.next_step} If they are correct, the tenant may "
            f"{'; or it may '.join(steps)}."
        )


T = TypeVar("T")


class Session:
    """Sends requests with a token, retries them if allowed, and reads the responses."""

    def __init__(
        self,
        base_url: str,
        *,
        transport: "Transport",
        retry: "Retry",
        tokens: TokenSource,
        clock: "ServerClock",
        before_write: Callable[[], None],
    ) -> None:
        self.base_url = base_url
        self._transport = transport
        self._retry = retry
        self._tokens = tokens
        self._clock = clock
        self._before_write = before_write

    def hide(self, secret: SecretStr) -> None:
        """Keep a secret that was created here out of later errors."""
        self._tokens.secrets.add(secret.get_secret_value())

    def fetch(self, request: Request, model: type[T]) -> T:
        """Send a request and read the object in the response.

        Raises:
            ZIdentityError: It failed; the class says what that means.
        """
        return parse_response(request, self.send(request), model)

    def fetch_optional(self, request: Request, model: type[T]) -> T | None:
        """Send a request whose response may have an object or nothing.

        Raises:
            ZIdentityError: It failed; the class says what that means.
        """
        response = self.send(request)
        return parse_response(request, response, model) if response.body.strip() else None

    def send(self, request: Request) -> Response:
        """Send a request and return its response, which is a success.

        Raises:
            ZIdentityError: It failed; the class says what that means.
        """
        token = self._tokens.get()
        with suppress(AuthenticationError):  # it may have been revoked before its time
            return self._send_with_retry(request, token)
        return self._send_with_retry(request, self._tokens.renew(token))

    def _send_with_retry(self, request: Request, token: Token) -> Response:
        return self._retry.run(request, lambda: self._send_once(request, token))

    def _send_once(self, request: Request, token: Token) -> Response:
        if request.is_write:
            # Either check may take seconds, so each is to be the last one before the request. The
            # first call does the reads of a delete; the second one repeats them only if the check
            # of the engine took so long that they are too old.
            request.before_send()
            self._before_write()
            request.before_send()
        response = self._transport.send(request, token.value)
        require_success(request, response, self._clock.now(), tuple(self._tokens.secrets))
        return response
