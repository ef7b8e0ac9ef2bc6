"""The API clients and secrets behind keys: cached reads, writes whose response may be lost."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from zdx_provider.errors import ZdxError
from zdx_provider.keys.key import KeySpec, Mark, attributes_of, mark_in, marked_description
from zdx_provider.keys.roles import (
    OfferedRoles,
    Role,
    find_role,
    granting,
    scopes_of_services,
    service_id,
)
from zdx_provider.text import quote_shell
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
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

Client = TypeVar("Client", bound=ApiClientRequest)
ListedClients = dict[str, ApiClient]

_CREATES_AT_ONCE = 4  # the threads of Pulumi's dynamic host
# Seconds before a tenant's list is read again that lags behind this process's own requests.
_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)


class Clients:
    """A tenant's API clients, as keys are declared, found and written in them.

    Args:
        zidentity: The tenant.
        roles: The ZDX roles that it offers.
        monotonic: Seconds of a clock that never jumps.
        sleep: Waits that many seconds.
    """

    def __init__(
        self,
        zidentity: ZIdentity,
        roles: OfferedRoles,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._zidentity = zidentity
        self._roles = roles
        self._sleep = sleep
        self._listing = Listing(zidentity.api_clients.list, monotonic)
        self._background = ThreadPoolExecutor(_CREATES_AT_ONCE, "list API clients")

    def find(self, key_id: str) -> ApiClient | None:
        """A client with its description, from the list where that has it; None when it is gone."""
        client = self._listing.find(key_id)
        # Not listed may mean not listed yet, and some tenants list clients without their
        # descriptions; only the client itself settles either.
        if client is None or "description" not in client.model_fields_set:
            return self.find_now(key_id)
        return client

    def find_now(self, key_id: str) -> ApiClient | None:
        """A client as it is now; None when it is gone.

        Gone means that its GET says so *and* that a list which is asked for afterwards doesn't
        have it: one wrong answer must not make a state forget the only copy of a secret.

        Raises:
            InvalidResponseError: The tenant lists it and says that it is not there.
        """
        client = self._zidentity.api_clients.find(key_id)
        if client is None and key_id in self._listing.read_now():
            raise InvalidResponseError(
                "the tenant lists it, and answers that it does not exist",
                operation=f"read the API client {key_id}",
                hint="Nothing was changed. Run the same again; if this persists, ask Zscaler.",
            )
        return client

    def list_secrets(self, client: ApiClient) -> tuple[ApiClientSecret, ...] | None:
        """A client's secrets, oldest first; None when the client is gone.

        Raises:
            NotFoundError: The tenant has the client, and says that it has not.
        """
        try:
            return secrets_of_client(self._zidentity, client)
        except NotFoundError:
            if self.find_now(client.id) is not None:
                raise
            return None

    def find_by_name(self, name: str) -> list[ApiClient]:
        """The clients of exactly that name, each confirmed by a look at itself."""
        found = (self._confirmed(listed.id) for listed in self._listing.named(name))
        return [client for client in found if client is not None and client.name == name]

    def is_own(self, key_id: str) -> bool:
        """Whether this process has created or changed a client; it may not be shown yet."""
        return self._listing.own(key_id) is not None

    def start_list(self) -> Future[ListedClients]:
        """Ask for a list now, beside what the calling thread does next."""
        return self._background.submit(self._listing.read_now)

    def find_namesakes(
        self, key_id: str, name: str, listed: ListedClients | None = None
    ) -> Sequence[ApiClient]:
        """Every other client of a name, whoever created it.

        A list that lacks the client itself lags behind, and one may go on showing a client that
        was deleted; either is read again, for a few seconds at most.

        Args:
            key_id: The client that has the name rightly.
            name: The name.
            listed: A list that was asked for after the client had the name; None: ask for one.
        """
        pauses = iter(_PAUSES)
        while True:
            listed = self._listing.read_now() if listed is None else listed
            others = [c for c in listed.values() if c.name == name and c.id != key_id]
            looks = [(other, self._zidentity.api_clients.find(other.id)) for other in others]
            namesakes = [client for _, client in looks if client and client.name == name]
            if namesakes:
                return namesakes
            deleted = [other for other, client in looks if client is None]
            own = listed.get(key_id)
            is_current = own is not None and own.name == name and not deleted
            pause = None if is_current else next(pauses, None)
            if pause is None:
                return deleted
            self._sleep(pause)
            listed = None

    def find_taker(self, key_id: str, mark: Mark, secret_id: str) -> str | None:
        """Who has a key that this run has just taken over, if it is another one.

        Args:
            key_id: The key.
            mark: The mark that this run has written.
            secret_id: The secret that this run has created; it may not be shown yet.

        Returns:
            The other owner; None where the key is this run's.
        """
        pauses = iter(_PAUSES)
        while True:
            client = self._zidentity.api_clients.get(key_id)
            found = mark_in(client.description)
            if found != mark:
                return found.who if found else "somebody who wiped its mark"
            if any(secret.id == secret_id for secret in self.list_secrets(client) or ()):
                return None
            pause = next(pauses, None)
            if pause is None:
                return "a run that replaced its secret"
            self._sleep(pause)

    def post(self, spec: KeySpec, mark: Mark) -> ApiClient:
        """Create a client as declared; one whose response is lost is looked for by its mark.

        Raises:
            ResponseLostError: A client may exist, or may exist later.
            ZIdentityError: No client was created.
        """
        granted = granting((), self._role(spec.role_id))
        blank = ApiClientRequest(name=spec.name, client_resources=granted)
        try:
            return self._create(_declared(blank, spec, mark), mark)
        except ResponseLostError as lost:
            created = self._find_lost(mark, spec.name, lost)
            if created is None:
                raise
            return created

    def _create(self, draft: ApiClientRequest, mark: Mark) -> ApiClient:
        client = self._zidentity.api_clients.create(draft)
        if "description" in client.model_fields_set:
            return client
        # Nothing in the answer tells the new client from another one of its name.
        shown = self._zidentity.api_clients.find(client.id)
        if shown is not None and mark_in(shown.description) != mark:
            raise ResponseLostError(
                "the answer is about another object than the request",
                operation=f'create the API client "{draft.name}"',
            )
        return client

    def bring(self, client: ApiClient, spec: KeySpec, mark: Mark) -> None:
        """Write a client as declared, keeping what is not ours; nothing if it is so already."""
        service = service_id(spec.role_id)
        held = {scope.id for scope in scopes_of_services(client, {service})}
        declared = _declared(client, spec, mark)
        if held != {spec.role_id}:
            granted = granting(client.client_resources, self._role(spec.role_id))
            declared = declared.model_copy(update={"client_resources": granted})
        if declared != client:
            self.replace(declared)

    def replace(self, client: ApiClient) -> None:
        """Write a client as a whole."""
        self.record(self._zidentity.api_clients.update(client))

    def remove(self, key_id: str) -> None:
        """Delete a client; one that is gone already is no failure."""
        try:
            self._zidentity.api_clients.delete(key_id)
        except NotFoundError:
            if self.find_now(key_id) is not None:
                raise
        self._listing.forget(key_id)

    def record(self, client: ApiClient) -> None:
        """Remember a client that this process has just created or changed."""
        self._listing.record(client)

    def _confirmed(self, key_id: str) -> ApiClient | None:
        """A client as it is now, or as this process made it where it is not shown yet."""
        return self._zidentity.api_clients.find(key_id) or self._listing.own(key_id)

    def _find_lost(self, mark: Mark, name: str, lost: ResponseLostError) -> ApiClient | None:
        """The client of that mark, though the response that told its ID was lost."""
        try:
            for listed in self._zidentity.api_clients.list(name_like=name):
                # Some tenants list clients without their descriptions.
                client = self._zidentity.api_clients.find(listed.id)
                if client is not None and mark_in(client.description) == mark:
                    return client
        except ZIdentityError as error:
            raise ResponseLostError(
                f"{lost.problem}; and looking for it failed too: {error.problem}",
                operation=lost.operation,
                status=lost.status,
                request_id=lost.request_id,
            ) from None
        return None

    def _role(self, role_id: str) -> Role:
        return find_role(role_id, self._roles.known())


def _declared(client: Client, spec: KeySpec, mark: Mark) -> Client:
    return client.model_copy(
        update={
            **attributes_of(spec),
            "description": marked_description(spec.description, mark),
        }
    )


MAX_AGE_SECONDS = 60.0


class Listing:
    """One list of a tenant's clients for all threads of a process.

    It is read at the first question, read again when it is old, and kept current by what this
    process makes and removes itself, also where ZIdentity's own list lags behind.

    Args:
        read: Fetches the list.
        clock: Monotonic time in seconds.
    """

    def __init__(self, read: Callable[[], Iterable[ApiClient]], clock: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._clients: dict[str, ApiClient] = {}
        self._own: dict[str, ApiClient] = {}
        self._deleted: set[str] = set()
        self._fresh_until: float | None = None

    def named(self, name: str) -> list[ApiClient]:
        """The clients of exactly that name."""
        with self._lock:
            return [client for client in self._current().values() if client.name == name]

    def find(self, client_id: str) -> ApiClient | None:
        """The client of that id, if it is listed."""
        with self._lock:
            return self._current().get(client_id)

    def own(self, client_id: str) -> ApiClient | None:
        """The client of that id as this process has made or changed it, if it has."""
        with self._lock:
            return self._own.get(client_id)

    def record(self, client: ApiClient) -> None:
        """Remember a client that this process has just made or changed."""
        with self._lock:
            self._own[client.id] = client

    def forget(self, client_id: str) -> None:
        """Drop a client that this process has deleted."""
        with self._lock:
            self._deleted.add(client_id)
            self._own.pop(client_id, None)
            self._clients.pop(client_id, None)

    def read_now(self) -> dict[str, ApiClient]:
        """Read the list, now, without what this process has deleted.

        Unlike every other method, this one asks the tenant at each call and adds nothing that the
        tenant's list does not show: it is what decides that a name is taken or a client gone.
        """
        listed = {client.id: client for client in self._read()}
        with self._lock:
            return {id_: client for id_, client in listed.items() if id_ not in self._deleted}

    def _current(self) -> dict[str, ApiClient]:
        now = self._clock()
        if self._fresh_until is None or now >= self._fresh_until:
            self._clients = {client.id: client for client in self._read()}
            self._fresh_until = now + MAX_AGE_SECONDS
        return {**self._clients, **self._own}


# Inside ZIdentity's bounds, so that neither a slow request nor a leap of the server's clock makes a
# valid lifetime an invalid one.
_MARGIN = timedelta(hours=1)
_SHORTEST = timedelta(days=MIN_SECRET_LIFETIME_DAYS) + _MARGIN
_LONGEST = timedelta(days=MAX_SECRET_LIFETIME_DAYS) - _MARGIN


class NoFreeSlot(ZdxError):
    """A key has both of its secrets, and none of them may be ended."""


@dataclass(frozen=True)
class HeldSecrets:
    """The secrets of a key that the state knows.

    Attributes:
        current: The id of the one it holds; None where it holds a value of unknown id, or none.
        previous: The id of the one before, which works until its day.
    """

    current: str | None
    previous: str | None


def secrets_of(zidentity: ZIdentity, key_id: str) -> tuple[ApiClientSecret, ...]:
    """A key's secrets, oldest first, without their values."""
    listed = zidentity.api_clients.secrets.list(key_id)
    return tuple(sorted(listed, key=lambda secret: secret.created_at))


def secrets_of_client(zidentity: ZIdentity, client: ApiClient) -> tuple[ApiClientSecret, ...]:
    """The same of a client, which has none where it signs in by a key pair.

    Raises:
        NotFoundError: The client is gone.
    """
    return secrets_of(zidentity, client.id) if client.has_secrets else ()


def revoke(zidentity: ZIdentity, key_id: str, secret_id: str) -> None:
    """Revoke one secret of a key; one that is gone already is no failure.

    Raises:
        ZIdentityError: It could not be revoked, or is still listed although it was said to be gone.
    """
    try:
        zidentity.api_clients.secrets.delete(key_id, secret_id)
    except NotFoundError:
        # One wrong answer must not leave a secret alive that everyone takes for revoked.
        if any(secret.id == secret_id for secret in secrets_of(zidentity, key_id)):
            raise


def create_secret(
    zidentity: ZIdentity, key_id: str, lifetime: timedelta, known: Collection[str]
) -> NewApiClientSecret:
    """Create a secret in a free slot.

    A request whose response is lost is not sent again blindly: it may take effect late, and a
    third secret would replace the newest. Only if the key now has exactly one new secret with the
    very expiry that was asked for did the request take effect. That secret's value is lost, so it
    is revoked and another one is created.

    Args:
        zidentity: The tenant.
        key_id: The key.
        lifetime: The secret's lifetime, by the server's clock.
        known: The IDs of the secrets that the key had before.

    Raises:
        ResponseLostError: A secret may exist, or may exist later.
        ZIdentityError: No secret was created.
    """
    expires_at = (zidentity.now() + min(max(lifetime, _SHORTEST), _LONGEST)).replace(microsecond=0)
    try:
        return zidentity.api_clients.secrets.create(key_id, expires_at)
    except ResponseLostError as lost:
        secret_id = _find_lost_secret(zidentity, key_id, expires_at, known)
        if secret_id is None:
            raise lost from None
    revoke(zidentity, key_id, secret_id)
    return zidentity.api_clients.secrets.create(key_id, expires_at)


def _find_lost_secret(
    zidentity: ZIdentity, key_id: str, expires_at: datetime, known: Collection[str]
) -> str | None:
    """Find the secret of a request whose response was lost; None if that can't be told for sure."""
    try:
        present = secrets_of(zidentity, key_id)
    except ZIdentityError:
        return None
    created = [s for s in present if s.id not in known and s.expires_at == expires_at]
    # With both slots taken besides, another request replaced something, and this one may yet.
    if len(created) != 1 or len(present) > MAX_SECRETS:
        return None
    return created[0].id


def free_a_slot(
    zidentity: ZIdentity,
    key_id: str,
    held: HeldSecrets,
    present: tuple[ApiClientSecret, ...],
) -> tuple[ApiClientSecret, ...]:
    """End one secret if a key has no slot free: never the one that the state holds.

    Args:
        zidentity: The tenant.
        key_id: The key.
        held: The secrets that the state knows.
        present: The key's secrets, oldest first.

    Returns:
        The secrets that remain.

    Raises:
        NoFreeSlot: Nothing tells which of the secrets the state holds.
    """
    if len(present) < MAX_SECRETS:
        return present
    doomed = dispensable(held, present, zidentity.now())
    if doomed is None:
        raise NoFreeSlot(
            f"the state does not know which of the secrets {_ids(present)} it holds, and a third "
            "would replace the newest.",
            hint=f"End the other one: zdx-keys revoke {quote_shell(key_id)} SECRET_ID. Then run "
            "pulumi up again.",
        )
    revoke(zidentity, key_id, doomed.id)
    return tuple(s for s in present if s.id != doomed.id)


def dispensable(
    held: HeldSecrets, present: tuple[ApiClientSecret, ...], now: datetime
) -> ApiClientSecret | None:
    """The secret to end first, of a key that has no slot free.

    Args:
        held: The secrets that the state knows.
        present: The key's secrets, oldest first.
        now: The current moment by the server's clock.

    Returns:
        One that the state does not know, else the previous one; where the state does not know
        which of them it holds, one that has ended, or None.
    """
    if held.current is None:
        return next((secret for secret in present if secret.expires_at <= now), None)
    strangers = [s for s in present if s.id not in (held.current, held.previous)]
    return next(iter(strangers), next((s for s in present if s.id == held.previous), None))


def _ids(present: tuple[ApiClientSecret, ...]) -> str:
    return " and ".join(secret.id for secret in present)
