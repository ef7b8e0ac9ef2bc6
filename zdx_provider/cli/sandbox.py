"""Temporary API clients with which assumptions about a tenant are checked."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from types import TracebackType

from typing_extensions import Self

from zdx_provider.cli.stack import authenticate_as
from zdx_provider.errors import ZdxError
from zdx_provider.keys.roles import Role, build_resources
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    AuthenticationError,
    ClientAuthentication,
    ClientSecret,
    ConnectionOptions,
    NewApiClientSecret,
    NotFoundError,
    PrivateKey,
    ZIdentity,
    ZIdentityError,
)

PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 2.0
_AT_ONCE_SECONDS = 5.0


@dataclass(frozen=True)
class Timing:
    """How a sandbox measures time and waits.

    Attributes:
        monotonic: Seconds of a clock that never jumps.
        sleep: Waits that many seconds.
    """

    monotonic: Callable[[], float]
    sleep: Callable[[float], None]


class Sandbox:
    """Temporary API clients in a tenant, deleted on exit.

    Args:
        zidentity: The tenant.
        options: How the temporary clients reach the tenant.
        roles: The ZDX roles that the tenant offers.
        prefix: What the name of every temporary client begins with; no other client's does.
        timing: Measures time and waits.

    Raises:
        ZdxError: On leaving: a client could not be removed. The message names its id.
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
        self._created: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        left = [
            client_id for client_id in sorted(self._list_clients()) if not self._delete(client_id)
        ]
        if left:
            raise ZdxError(
                f"temporary clients named {self.prefix}... could not be removed: "
                f"{', '.join(left)}.",
                hint="Delete them in ZIdentity, under API Clients.",
            )

    def create(self, suffix: str, authentication: ClientAuthentication | None = None) -> ApiClient:
        """Create a client that has no secret yet.

        Args:
            suffix: How its name ends.
            authentication: How it authenticates; None for a client that can have secrets.

        Raises:
            ZIdentityError: The tenant can't be reached, or refused.
        """
        draft = ApiClientRequest(
            name=f"{self.prefix}{suffix}",
            description="Created by zdx-keys verify --live, which deletes it.",
            client_authentication=authentication or ClientAuthentication(),
            client_resources=build_resources((), self.roles[0]),
        )
        client = self.clients.create(draft)
        self._created.add(client.id)
        return client

    def update(self, client_id: str, **changes: object) -> ApiClient:
        """Change fields of a client, and read it back."""
        read = self.clients.get(client_id)
        self.clients.update(read.model_copy(update=changes))
        return self.clients.get(client_id)

    def create_secret(self, client_id: str, lifetime: timedelta) -> NewApiClientSecret:
        """Create a secret with that lifetime by the server's clock."""
        return self.clients.secrets.create(client_id, self.zidentity.now() + lifetime)

    def revoke_secrets(self, client_id: str) -> None:
        """Revoke all secrets of a client."""
        for secret in self.clients.secrets.list(client_id):
            with suppress(NotFoundError):
                self.clients.secrets.delete(client_id, secret.id)

    def can_authenticate(self, client_id: str, secret: NewApiClientSecret) -> bool:
        """Whether a client gets an access token with a secret.

        Raises:
            ZIdentityError: That could not be checked.
        """
        try:
            self.get_token_lifetime(client_id, secret)
        except AuthenticationError:
            return False
        return True

    def can_authenticate_with_key(self, client_id: str, private_pem: str) -> bool:
        """Whether a client gets an access token with a private key.

        Raises:
            ZIdentityError: That could not be checked.
        """
        session = ZIdentity(
            self.zidentity.tenant, PrivateKey(client_id, private_pem), self._options
        )
        try:
            session.authenticate()
        except AuthenticationError:
            return False
        finally:
            session.close()
        return True

    def get_token_lifetime(self, client_id: str, secret: NewApiClientSecret) -> timedelta:
        """Return the lifetime of the token that a client gets with a secret.

        Raises:
            AuthenticationError: It obtains none.
            ZIdentityError: That could not be checked.
        """
        return authenticate_as(self.zidentity.tenant, self._options, client_id, secret.value)

    @contextmanager
    def authenticate(self, client_id: str, secret: NewApiClientSecret) -> Iterator[ZIdentity]:
        """Open the tenant as a temporary client, which has an access token then.

        Raises:
            AuthenticationError: It obtains none.
            ZIdentityError: The token endpoint gave no usable response.
        """
        credentials = ClientSecret(client_id, secret.value.get_secret_value())
        session = ZIdentity(self.zidentity.tenant, credentials, self._options)
        try:
            session.authenticate()
            yield session
        finally:
            session.close()

    def measure_seconds_until(self, happened: Callable[[], bool]) -> float | None:
        """Return how long something took to happen; None if it took longer than a minute."""
        start = self._timing.monotonic()
        while not happened():
            if self._timing.monotonic() - start >= PATIENCE_SECONDS:
                return None
            self._timing.sleep(_POLL_SECONDS)
        return self._timing.monotonic() - start

    def judge_delay(self, happened: Callable[[], bool]) -> "Outcome":
        """Return the outcome for something that is assumed to take effect without delay."""
        seconds = self.measure_seconds_until(happened)
        if seconds is None:
            return contradict(f"not within {PATIENCE_SECONDS:.0f} s")
        observed = f"after {seconds:.1f} s"
        return confirm(observed) if seconds <= _AT_ONCE_SECONDS else contradict(observed)

    def _list_clients(self) -> set[str]:
        return self._created | set(self._find_lost())

    def _find_lost(self) -> Iterable[str]:
        """Find clients whose creation lost its response."""
        with suppress(ZIdentityError):
            for client in self.clients.list(name_like=self.prefix):
                if client.name.startswith(self.prefix):
                    yield client.id

    def _delete(self, client_id: str) -> bool:
        try:
            with suppress(NotFoundError):
                self.clients.delete(client_id)
        except ZIdentityError:
            return False
        return True


class Verdict(str, Enum):
    """Whether an assumption is true of a tenant."""

    HOLDS = "holds"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What the check of an assumption found."""

    verdict: Verdict
    observed: str


@dataclass(frozen=True)
class Assumption:
    """Undocumented behaviour that this product relies on.

    Attributes:
        statement: The behaviour, as a sentence.
        check: Checks it on a temporary client; a `ZIdentityError` means that it is not known.
    """

    statement: str
    check: Callable[[Sandbox, ApiClient], Outcome]


@dataclass(frozen=True)
class Result:
    """An assumption, and what a tenant does."""

    assumption: str
    verdict: Verdict
    observed: str


def confirm(observed: str = "") -> Outcome:
    """Return that the assumption holds."""
    return Outcome(Verdict.HOLDS, observed)


def contradict(observed: str) -> Outcome:
    """Return that the tenant differs from the assumption."""
    return Outcome(Verdict.DIFFERS, observed)


def leave_open(observed: str) -> Outcome:
    """Return that the assumption could not be checked."""
    return Outcome(Verdict.UNKNOWN, observed)
