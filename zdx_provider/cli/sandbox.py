"""Temporary API clients with which assumptions about a tenant are checked."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from types import TracebackType

from typing_extensions import Self

from zdx_provider.cli.stack import sign_in_as
from zdx_provider.errors import ZdxError
from zdx_provider.keys.roles import Role, granting
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    AuthenticationError,
    ConnectionOptions,
    NewApiClientSecret,
    NotFoundError,
    ZIdentity,
    ZIdentityError,
)

PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 2.0


class TrialLeftBehind(ZdxError):
    """A throwaway client could not be removed."""


@dataclass(frozen=True)
class Timing:
    """How a trial tells and spends time.

    Attributes:
        monotonic: Seconds of a clock that never jumps.
        sleep: Waits that many seconds.
    """

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class Trial:
    """A place for experiments in a tenant; leaving it removes what was made.

    Args:
        zidentity: The tenant.
        options: How the tenant is reached by the clients that are tried.
        roles: The ZDX roles that it offers.
        prefix: What the name of every throwaway client begins with; no other client's does.
        timing: How time passes.

    Raises:
        TrialLeftBehind: On leaving: a client could not be removed. The message names its id.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        options: ConnectionOptions,
        roles: list[Role],
        prefix: str,
        timing: Timing,
    ) -> None:
        self.zidentity = zidentity
        self.clients = zidentity.api_clients
        self.roles = roles
        self.prefix = prefix
        self._options = options
        self._timing = timing
        self._made: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        left = [
            client_id for client_id in sorted(self._throwaways()) if not self._removed(client_id)
        ]
        if left:
            raise TrialLeftBehind(
                f"throwaway clients named {self.prefix}... could not be removed: "
                f"{', '.join(left)}.",
                hint="Delete them in ZIdentity, under API Clients.",
            )

    def make(self, suffix: str) -> ApiClient:
        """Make a client that has no secret yet.

        Raises:
            ZIdentityError: The tenant could not be asked, or refused.
        """
        draft = ApiClientRequest(
            name=f"{self.prefix}{suffix}",
            description="Made by zdx-keys verify --live, and removed by it.",
            client_resources=granting((), self.roles[0]),
        )
        client = self.clients.create(draft)
        self._made.add(client.id)
        return client

    def write(self, client_id: str, **changes: object) -> ApiClient:
        """Change fields of a client, and read it back."""
        read = self.clients.get(client_id)
        self.clients.update(read.model_copy(update=changes))
        return self.clients.get(client_id)

    def mint(self, client_id: str, lifetime: timedelta) -> NewApiClientSecret:
        """Make a secret that lives that long by the server's clock."""
        return self.clients.secrets.create(client_id, self.zidentity.now() + lifetime)

    def end_secrets(self, client_id: str) -> None:
        """End all secrets of a client."""
        for secret in self.clients.secrets.list(client_id):
            with suppress(NotFoundError):
                self.clients.secrets.delete(client_id, secret.id)

    def signs_in(self, client_id: str, secret: NewApiClientSecret) -> bool:
        """Whether a client obtains a token with a secret.

        Raises:
            ZIdentityError: That could not be told.
        """
        try:
            self.token_lifetime(client_id, secret)
        except AuthenticationError:
            return False
        return True

    def token_lifetime(self, client_id: str, secret: NewApiClientSecret) -> timedelta:
        """How long a token lives that a client obtains with a secret.

        Raises:
            AuthenticationError: It obtains none.
            ZIdentityError: That could not be told.
        """
        return sign_in_as(self.zidentity.tenant, self._options, client_id, secret.value)

    def seconds_until(self, happened: Callable[[], bool]) -> float | None:
        """How long something took to happen; None when patience ended first."""
        start = self._timing.monotonic()
        while not happened():
            if self._timing.monotonic() - start >= PATIENCE_SECONDS:
                return None
            self._timing.sleep(_POLL_SECONDS)
        return self._timing.monotonic() - start

    def _throwaways(self) -> set[str]:
        return self._made | set(self._lost())

    def _lost(self) -> Iterable[str]:
        """Clients that were made by a call whose answer was lost."""
        with suppress(ZIdentityError):
            for client in self.clients.list(name_like=self.prefix):
                if client.name.startswith(self.prefix):
                    yield client.id

    def _removed(self, client_id: str) -> bool:
        try:
            with suppress(NotFoundError):
                self.clients.delete(client_id)
        except ZIdentityError:
            return False
        return True


AT_ONCE_SECONDS = 5.0


class Verdict(str, Enum):
    """Whether an assumption is true of a tenant."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What a trial came to, and what was seen."""

    verdict: Verdict
    seen: str


@dataclass(frozen=True)
class Assumption:
    """Something that this product takes for true.

    Attributes:
        claim: What, as a sentence.
        tried: Tries it on a throwaway client; a `ZIdentityError` means that it is not known.
    """

    claim: str
    tried: Callable[[Trial, ApiClient], Outcome]


@dataclass(frozen=True)
class Finding:
    """An assumption and what a tenant says to it."""

    claim: str
    verdict: Verdict
    seen: str


def holds(seen: str = "") -> Outcome:
    """The tenant does as assumed."""
    return Outcome(Verdict.HOLDS, seen)


def differs(seen: str) -> Outcome:
    """The tenant does otherwise."""
    return Outcome(Verdict.DIFFERS, seen)


def unknown(seen: str) -> Outcome:
    """The trial could not tell."""
    return Outcome(Verdict.UNKNOWN, seen)


def at_once(seconds: float | None) -> Outcome:
    """The outcome of something that is assumed to take effect without delay.

    Args:
        seconds: How long it took; None when it never happened.
    """
    if seconds is None:
        return differs(f"not within {PATIENCE_SECONDS:.0f} s")
    seen = f"after {seconds:.1f} s"
    return holds(seen) if seconds <= AT_ONCE_SECONDS else differs(seen)
