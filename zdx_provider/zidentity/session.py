"""An authorised session with one tenant."""

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from zdx_provider.zidentity.answers import parse, require_success
from zdx_provider.zidentity.calls import Answer, Call
from zdx_provider.zidentity.clock import ServerClock
from zdx_provider.zidentity.errors import CredentialsRefused
from zdx_provider.zidentity.tokens import Token, TokenSource

if TYPE_CHECKING:
    from zdx_provider.zidentity.exchange import Exchange
    from zdx_provider.zidentity.retry import Retry

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
        clock: ServerClock,
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
