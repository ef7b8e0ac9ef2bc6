"""The tenant's API clients, read once and shared."""

import threading
from collections.abc import Callable, Iterable

from zdx_provider.zidentity import ApiClient

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
