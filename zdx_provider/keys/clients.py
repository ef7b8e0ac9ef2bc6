"""The API clients and secrets behind keys: cached reads, and writes whose response may be lost."""

import math
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from zdx_provider.keys.marker import OwnershipMarker, parse_marker
from zdx_provider.keys.owner import Owner
from zdx_provider.keys.read_ahead import (
    VALID_SECONDS,
    ListedClients,
    RecentList,
    Secrets,
    SecretsAhead,
    run_in_background,
)
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    BadRequestError,
    InvalidResponseError,
    NewApiClientSecret,
    NotFoundError,
    ResponseLostError,
    ZIdentity,
    ZIdentityError,
)
from zdx_provider.zidentity.models import (
    MAX_SECRET_LIFETIME_DAYS,
    MAX_SECRETS,
    MIN_SECRET_LIFETIME_DAYS,
)

MAX_AGE_SECONDS = 60.0
"""How long the cached list of clients is used."""

# Seconds before the next read of a tenant that lags behind this process's own requests.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
# Inside ZIdentity's bounds, so that neither a slow request nor a leap of the server's clock makes a
# valid lifetime an invalid one.
_MARGIN = timedelta(hours=1)
_SHORTEST = timedelta(days=MIN_SECRET_LIFETIME_DAYS) + _MARGIN
_LONGEST = timedelta(days=MAX_SECRET_LIFETIME_DAYS) - _MARGIN
# A slow request makes a lifetime shorter, so this side needs less where the day depends on it.
_LONGEST_OF_ALL = timedelta(days=MAX_SECRET_LIFETIME_DAYS, minutes=-1)
_OTHER_RUN = "another run, which replaced its secret"

T = TypeVar("T")


@dataclass(frozen=True)
class _Namesakes:
    """The other clients that a list shows under the name of a client.

    Attributes:
        confirmed: Those that a read of their own shows under that name, too.
        deleted: Those that a read of their own doesn't find.
        has_own: Whether the list shows the client itself under that name.
    """

    confirmed: list[ApiClient]
    deleted: list[ApiClient]
    has_own: bool

    @property
    def is_certain(self) -> bool:
        """Whether a later list can't change what these say."""
        return bool(self.confirmed) or (self.has_own and not self.deleted)


class ClientStore:
    """A tenant's API clients and their secrets, for all threads of a process.

    The list of clients is read at the first question and again when it is old. It includes what
    this process writes, also if ZIdentity's own list lags behind. `list_now` and `find_now` read
    the tenant at every call: they decide that a name is taken or that a client is gone.

    Args:
        zidentity: The tenant.
        monotonic: Gives seconds of a clock that never jumps.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._zidentity = zidentity
        self._monotonic = monotonic
        self._sleep = sleep
        self._ahead = SecretsAhead(
            self.list_secrets, zidentity.has_capacity, monotonic, MAX_AGE_SECONDS
        )
        self._recent = RecentList(self.list_now, monotonic)
        self._lock = threading.Lock()
        self._listed: ListedClients = {}
        self._written: ListedClients = {}
        self._deleted: set[str] = set()
        self._fresh_until: float | None = None
        self._has_deleted = False

    # Read

    def find(self, client_id: str) -> ApiClient | None:
        """Return a client with its description, from the list if possible; None if it is gone."""
        with self._lock:
            client = self._list_cached().get(client_id)
        # An unlisted client may not be listed yet, and some tenants list clients without their
        # descriptions: only the client itself settles either.
        if client is None or "description" not in client.model_fields_set:
            return self.find_now(client_id)
        return client

    def find_now(self, client_id: str) -> ApiClient | None:
        """Return a client as it is now; None if it is gone.

        A client is gone if its GET says so *and* a list that is read afterwards lacks it: one
        wrong response must not make a state forget the only copy of a secret.

        Raises:
            InvalidResponseError: The tenant lists it and says that it doesn't exist.
        """
        client = self._zidentity.api_clients.find(client_id)
        if client is None and client_id in self.list_now():
            raise InvalidResponseError(
                "the list of API clients contains it, but reading it returns 404",
                operation=f"read the API client {client_id}",
                hint="Nothing was changed. Run the command again. If it fails again, contact "
                "Zscaler.",
            )
        return client

    def find_with_secrets(
        self, client_id: str, managed_by: str
    ) -> tuple[ApiClient, Secrets] | None:
        """Return a client, and its secrets, oldest first; None if it is gone.

        Args:
            client_id: The client.
            managed_by: The owner of a key that is refreshed. From the second refresh on, the
                secrets of other clients of its stack are requested ahead. Empty for other reads.
        """
        owner = Owner.parse(managed_by)
        requested = self._ahead.take(client_id) if owner else None
        client = self.find(client_id)
        if client is None:
            return None
        if owner is not None:
            self._ahead.request(owner.stack_id, lambda: self._list_own(owner.stack_id))
        try:
            secrets = self.find_secrets(client, requested)
        except BadRequestError:
            # The list may be older than a change after which the client has no secrets.
            current = self.find_now(client_id)
            if current is None or current.has_secrets:
                raise
            return current, ()
        return None if secrets is None else (client, secrets)

    def find_converted(self, client_id: str, *, has_secrets: bool) -> ApiClient | None:
        """Return a client whose way to authenticate this process has just set.

        A read that still shows the other way, or no client, is repeated for a few seconds at most.
        """
        return self._poll(
            lambda: self._zidentity.api_clients.find(client_id),
            lambda client: client is not None and client.has_secrets == has_secrets,
        )

    def find_by_name(self, name: str) -> list[ApiClient]:
        """Return the clients of exactly that name, each confirmed by a read of its own."""
        with self._lock:
            ids = [client.id for client in self._list_cached().values() if client.name == name]
        # A client that this process created isn't shown everywhere yet.
        clients = (self._zidentity.api_clients.find(id_) or self._written.get(id_) for id_ in ids)
        return [client for client in clients if client is not None and client.name == name]

    def is_written(self, client_id: str) -> bool:
        """Whether this process created or changed a client; the tenant may not show it yet."""
        with self._lock:
            return client_id in self._written

    def list_now(self, name_like: str | None = None) -> ListedClients:
        """List the clients that the tenant shows now, without those that this process deleted.

        Args:
            name_like: Only those with this in their name; the tenant decides what matches.
        """
        listed = {client.id: client for client in self._zidentity.api_clients.list(name_like)}
        with self._lock:
            return {id_: client for id_, client in listed.items() if id_ not in self._deleted}

    def start_list(self, name: str) -> Future[ListedClients]:
        """List the clients of a name now, in the background."""
        return run_in_background(lambda: self.list_now(name_like=name))

    def find_namesakes(
        self, client_id: str, name: str, listed: ListedClients | None = None
    ) -> Sequence[ApiClient]:
        """Return every other client of a name.

        A list that lacks the client itself lags behind, and a list may still show a client that
        was deleted; either is read again, for a few seconds at most.

        Args:
            client_id: The client that has the name.
            name: The name.
            listed: A list, of that name at least, that was requested after the client had the
                name; None: request one.
        """

        def read() -> _Namesakes:
            nonlocal listed
            clients, listed = self.list_now() if listed is None else listed, None
            return self._read_namesakes(client_id, name, clients)

        namesakes = self._poll(read, lambda result: result.is_certain)
        return namesakes.confirmed or namesakes.deleted

    def find_other_owner(
        self, client_id: str, marker: OwnershipMarker, secret_id: str | None
    ) -> str | None:
        """Return who has a client that this run has just taken over; None if it is this run.

        A read that doesn't show the new secret is repeated for a few seconds at most.

        Args:
            client_id: The client.
            marker: The marker that this run has written.
            secret_id: The secret that this run has created; the tenant may not show it yet. None
                if it has created none.
        """

        def read() -> str | None:
            client = self._zidentity.api_clients.get(client_id)
            current = parse_marker(client.description)
            if current != marker:
                return current.managed_by if current else "someone who removed its ownership marker"
            if secret_id is None:
                return None
            secrets = self.find_secrets(client) or ()
            return None if any(secret.id == secret_id for secret in secrets) else _OTHER_RUN

        return self._poll(read, lambda owner: owner != _OTHER_RUN)

    # Write

    def create(self, request: ApiClientRequest) -> ApiClient:
        """Create a client; if the response is lost, find the client by its ownership marker.

        Raises:
            ResponseLostError: A client may exist, or may exist later.
            ZIdentityError: No client was created.
        """
        try:
            return self._create(request)
        except ResponseLostError as lost:
            created = self._find_created(request, lost)
            if created is None:
                raise
            return created

    def update(self, client: ApiClient) -> None:
        """Write a client as a whole."""
        self._ahead.drop(client.id)
        self.record(self._zidentity.api_clients.update(client))

    def delete(self, client_id: str, before_send: Callable[[], None] = lambda: None) -> None:
        """Delete a client; one that is gone already is no failure.

        Args:
            client_id: The client.
            before_send: Called before each attempt; what it raises stops the attempt.
        """
        self._ahead.drop(client_id)
        try:
            self._zidentity.api_clients.delete(client_id, before_send)
        except NotFoundError:
            if self.find_now(client_id) is not None:
                raise
        with self._lock:
            self._deleted.add(client_id)
            self._written.pop(client_id, None)
            self._listed.pop(client_id, None)

    def delete_own(
        self, client_id: str, is_own: Callable[[OwnershipMarker], bool]
    ) -> OwnershipMarker | None:
        """Delete a client, unless its marker says that another owner has it.

        The client is read before the request, and again before a retry if that is more than a
        second later. From the second delete on, a list that all threads share is enough.

        Args:
            client_id: The client.
            is_own: Whether a marker is the one of the state.

        Returns:
            None if the client is gone; the marker of a client that was kept.
        """
        with self._lock:
            is_first, self._has_deleted = not self._has_deleted, True
        valid_until = -math.inf

        def require_own() -> None:
            nonlocal valid_until
            if self._monotonic() >= valid_until:
                valid_until = self._require_own(client_id, is_own, use_list=not is_first)

        try:
            self.delete(client_id, require_own)
        except _NotDeletedError as stop:
            if stop.failure is not None:
                raise stop.failure from None
            return stop.marker
        return None

    def record(self, client: ApiClient) -> None:
        """Remember a client that this process has just created or changed."""
        with self._lock:
            self._written[client.id] = client

    # Secrets

    def list_secrets(self, client_id: str) -> Secrets:
        """List a client's secrets without their values, oldest first."""
        secrets = self._zidentity.api_clients.secrets.list(client_id)
        return tuple(sorted(secrets, key=lambda secret: secret.created_at))

    def find_secrets(
        self, client: ApiClient, requested: "Future[Secrets] | None" = None
    ) -> Secrets | None:
        """Return a client's secrets, oldest first; None if the client is gone.

        A client that authenticates with a private key has none.

        Args:
            client: The client.
            requested: Its secrets, if they are requested already.

        Raises:
            NotFoundError: The tenant has the client, and says that it doesn't exist.
        """
        try:
            if not client.has_secrets:
                return ()
            return requested.result() if requested else self.list_secrets(client.id)
        except NotFoundError:
            if self.find_now(client.id) is not None:
                raise
            return None

    def create_secret(
        self, client_id: str, lifetime: timedelta, known_ids: Collection[str]
    ) -> NewApiClientSecret:
        """Create a secret in a free secret slot.

        A request whose response is lost is not sent again blindly: it may take effect late, and a
        third secret would replace the newest. Only if the client now has exactly one new secret
        with the requested expiry did the request take effect. The value of that secret is lost, so
        it is revoked and another one is created.

        Args:
            client_id: The client.
            lifetime: The secret's lifetime, by the server's clock.
            known_ids: The IDs of the secrets that the client had before.

        Raises:
            ResponseLostError: A secret may exist, or may exist later.
            ZIdentityError: No secret was created.
        """
        self._ahead.drop(client_id)
        expires_at = _choose_expiry(self._zidentity.now(), lifetime)
        try:
            return self._zidentity.api_clients.secrets.create(client_id, expires_at)
        except ResponseLostError as lost:
            secret_id = self._find_created_secret(client_id, expires_at, known_ids)
            if secret_id is None:
                raise lost from None
        self.revoke_secret(client_id, secret_id)
        return self._zidentity.api_clients.secrets.create(client_id, expires_at)

    def revoke_secret(self, client_id: str, secret_id: str) -> None:
        """Revoke a secret of a client; one that is gone already is no failure.

        Raises:
            NotFoundError: It is said to be gone, but it is still listed, or no list shows it.
            ZIdentityError: It wasn't revoked.
        """
        self._ahead.drop(client_id)
        try:
            self._zidentity.api_clients.secrets.delete(client_id, secret_id)
        except NotFoundError as gone:
            # One wrong response must not leave a secret alive that everyone takes for revoked.
            try:
                secrets = self.list_secrets(client_id)
            except BadRequestError:
                # ZIdentity lists no secrets of a client that authenticates without one.
                raise gone from None
            if any(secret.id == secret_id for secret in secrets):
                raise

    def _poll(self, read: Callable[[], T], is_current: Callable[[T], bool]) -> T:
        """Read until the result shows what this process wrote, for a few seconds at most.

        Returns:
            The last result.
        """
        result = read()
        for pause in _PAUSES:
            if is_current(result):
                break
            self._sleep(pause)
            result = read()
        return result

    def _read_namesakes(self, client_id: str, name: str, listed: ListedClients) -> _Namesakes:
        others = [c for c in listed.values() if c.name == name and c.id != client_id]
        reads = [(other, self._zidentity.api_clients.find(other.id)) for other in others]
        own = listed.get(client_id)
        return _Namesakes(
            confirmed=[client for _, client in reads if client and client.name == name],
            deleted=[other for other, client in reads if client is None],
            has_own=own is not None and own.name == name,
        )

    def _list_cached(self) -> ListedClients:
        now = self._monotonic()
        if self._fresh_until is None or now >= self._fresh_until:
            self._listed = {client.id: client for client in self._zidentity.api_clients.list()}
            self._fresh_until = now + MAX_AGE_SECONDS
        return {**self._listed, **self._written}

    def _list_own(self, stack_id: tuple[str, str]) -> Iterator[str]:
        """Yield the listed clients with secrets whose markers name a stack."""
        with self._lock:
            clients = list(self._listed.values())
        for client in clients:
            marker = parse_marker(client.description)
            owner = Owner.parse(marker.managed_by) if marker else None
            if owner is not None and owner.stack_id == stack_id and client.has_secrets:
                yield client.id

    def _require_own(
        self, client_id: str, is_own: Callable[[OwnershipMarker], bool], *, use_list: bool
    ) -> float:
        """Stop a delete of a client that is gone, or that another owner has.

        Returns:
            The moment from which that must be checked again.
        """
        recent = self._recent.find(client_id) if use_list else None
        if recent is not None:
            client, valid_until = recent
            marker = parse_marker(client.description)
            if marker is not None and is_own(marker):
                return valid_until
        try:
            current = self.find_now(client_id)
        except ZIdentityError as error:
            # Wrapped, because a failed read is retried by itself and not with the delete.
            raise _NotDeletedError(failure=error) from None
        marker = parse_marker(current.description) if current else None
        if current is None or (marker is not None and not is_own(marker)):
            raise _NotDeletedError(marker=marker)
        return self._monotonic() + VALID_SECONDS

    def _create(self, request: ApiClientRequest) -> ApiClient:
        client = self._zidentity.api_clients.create(request)
        if "description" in client.model_fields_set:
            return client
        # Nothing in the response distinguishes the new client from another one of its name.
        shown = self._zidentity.api_clients.find(client.id)
        marker = parse_marker(request.description)
        if shown is not None and parse_marker(shown.description) != marker:
            raise ResponseLostError(
                "the response describes another object",
                operation=f'create the API client "{request.name}"',
            )
        return client

    def _find_created(self, request: ApiClientRequest, lost: ResponseLostError) -> ApiClient | None:
        marker = parse_marker(request.description)
        try:
            for listed in self._zidentity.api_clients.list(name_like=request.name):
                # Some tenants list clients without their descriptions.
                client = self._zidentity.api_clients.find(listed.id)
                if client is not None and parse_marker(client.description) == marker:
                    return client
        except ZIdentityError as error:
            raise ResponseLostError(
                f"{lost.problem}, and searching for it failed too: {error.problem}",
                operation=lost.operation,
                status=lost.status,
                request_id=lost.request_id,
            ) from None
        return None

    def _find_created_secret(
        self, client_id: str, expires_at: datetime, known_ids: Collection[str]
    ) -> str | None:
        """Return the secret of a request whose response was lost; None if that isn't certain."""
        try:
            secrets = self.list_secrets(client_id)
        except ZIdentityError:
            return None
        matches = [s for s in secrets if s.id not in known_ids and s.expires_at == expires_at]
        # With both slots taken as well, another request replaced a secret, and this one may yet.
        if len(matches) != 1 or len(secrets) > MAX_SECRETS:
            return None
        return matches[0].id


def _choose_expiry(now: datetime, lifetime: timedelta) -> datetime:
    """Return when a secret expires that is created now.

    The margin must not move it to the day before the one that the state has as its expiry date.

    Args:
        now: This moment by the server's clock, in UTC.
        lifetime: The declared lifetime, in whole days.
    """
    valid_lifetime = min(max(lifetime, _SHORTEST), _LONGEST)
    day = (now + lifetime).replace(hour=0, minute=0, second=0)
    expires_at = min(max(now + valid_lifetime, day), now + _LONGEST_OF_ALL)
    return expires_at.replace(microsecond=0)


class _NotDeletedError(Exception):
    """A delete that was not sent.

    Attributes:
        marker: The marker of a client that another owner has; None if the client is gone.
        failure: Why the client could not be read; None if it was.
    """

    def __init__(
        self, *, marker: OwnershipMarker | None = None, failure: ZIdentityError | None = None
    ) -> None:
        super().__init__()
        self.marker = marker
        self.failure = failure
