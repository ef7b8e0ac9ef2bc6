"""Reads that are sent before they are needed: secrets for a refresh, a list for deletes."""

import math
import threading
from collections.abc import Callable, Collection, Hashable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from zdx_provider.zidentity import ApiClient, ApiClientSecret, NotFoundError, ZIdentityError

AT_ONCE = 16
"""How many secrets are requested ahead at the same time."""

VALID_SECONDS = 1.0
"""How old a response may be on which a delete relies."""

_RENEWAL_SECONDS = 0.5  # the age from which the next list is requested
_PAUSE_SECONDS = 10.0  # without a list, after one that failed or took too long

ListedClients = dict[str, ApiClient]
Secrets = tuple[ApiClientSecret, ...]
T = TypeVar("T")


def run_in_background(function: Callable[[], T]) -> "Future[T]":
    """Call a function in a thread of its own, which never delays the end of the process."""
    future: Future[T] = Future()
    threading.Thread(target=_complete, args=(future, function), daemon=True).start()
    return future


def _complete(future: "Future[T]", function: Callable[[], T]) -> None:
    """Call a function and give its result, or what it raises, to those who wait for it."""
    try:
        result = function()
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is needed
        future.set_exception(error)
    else:
        future.set_result(result)


class SecretsAhead:
    """The secrets of a stack's clients, requested before the reads that need them.

    The first read requests nothing ahead. Each later one allows `AT_ONCE` more requests, so a
    refresh of few keys requests little that it doesn't need. No client is requested ahead twice,
    nor if it was read or written before. Nothing waits for a rate limit here: where there is no
    capacity, a read sends its own request.

    Args:
        list_secrets: Requests the secrets of a client.
        has_capacity: Whether the tenant accepts one more request beside that many.
        monotonic: Gives seconds of a clock that never jumps.
        max_age_seconds: How long a response can be used.
    """

    def __init__(
        self,
        list_secrets: Callable[[str], Secrets],
        has_capacity: Callable[[int], bool],
        monotonic: Callable[[], float],
        max_age_seconds: float,
    ) -> None:
        self._list_secrets = list_secrets
        self._has_capacity = has_capacity
        self._monotonic = monotonic
        self._max_age_seconds = max_age_seconds
        self._lock = threading.Lock()
        self._reads = 0
        self._credit = 0  # how many more requests the reads so far allow
        self._under_way = 0
        self._stacks: set[Hashable] = set()
        self._seen_ids: set[str] = set()  # read, written or requested ahead: never again
        self._waiting_ids: dict[str, None] = {}  # a set that keeps its order
        self._futures: dict[str, tuple[float, Future[Secrets]]] = {}

    def take(self, client_id: str) -> "Future[Secrets] | None":
        """Begin a read; return its secrets if they are requested already, None if not."""
        with self._lock:
            self._reads += 1
            requested_at, secrets = self._drop(client_id) or (-math.inf, None)
            is_current = self._monotonic() - requested_at < self._max_age_seconds
            return secrets if is_current else None

    def drop(self, client_id: str) -> None:
        """Forget the secrets of a client that this process is about to change."""
        with self._lock:
            self._drop(client_id)

    def request(self, stack: Hashable, find_ids: Callable[[], Iterable[str]]) -> None:
        """Request secrets ahead, from the second read on.

        Args:
            stack: The stack of the read.
            find_ids: Finds the clients of that stack. It is called once per stack.
        """
        with self._lock:
            if self._reads > 1:
                self._credit += AT_ONCE
                if stack not in self._stacks:
                    self._stacks.add(stack)
                    self._waiting_ids.update(dict.fromkeys(find_ids()))
                    for client_id in self._seen_ids:
                        self._waiting_ids.pop(client_id, None)
            while started := self._start_next():
                threading.Thread(target=self._request_waiting, args=started, daemon=True).start()

    def _drop(self, client_id: str) -> "tuple[float, Future[Secrets]] | None":
        self._seen_ids.add(client_id)
        self._waiting_ids.pop(client_id, None)
        return self._futures.pop(client_id, None)

    def _start_next(self) -> "tuple[str, Future[Secrets]] | None":
        if not self._waiting_ids or not self._credit or self._under_way >= AT_ONCE:
            return None
        if not self._has_capacity(self._under_way):
            return None
        client_id = next(iter(self._waiting_ids))
        del self._waiting_ids[client_id]
        self._seen_ids.add(client_id)
        self._credit -= 1
        self._under_way += 1
        future: Future[Secrets] = Future()
        self._futures[client_id] = (self._monotonic(), future)
        return client_id, future

    def _request_waiting(self, client_id: str, future: "Future[Secrets]") -> None:
        while True:
            _complete(future, partial(self._list_secrets, client_id))
            with self._lock:
                self._under_way -= 1
                # A client may be gone by now. Any other failure meets the next request as well.
                if not isinstance(future.exception(), NotFoundError | None):
                    self._waiting_ids.clear()
                started = self._start_next()
            if started is None:
                return
            client_id, future = started


@dataclass(frozen=True)
class _RecentClients:
    clients: ListedClients
    requested_at: float


class RecentList:
    """The clients as a tenant listed them less than a second ago, for all threads of a process.

    The list is renewed in the background as long as it is used. A list without descriptions is
    never used; one that failed or took too long isn't requested again for a while.

    Args:
        list_clients: Requests the list.
        monotonic: Gives seconds of a clock that never jumps.
    """

    def __init__(
        self, list_clients: Callable[[], ListedClients], monotonic: Callable[[], float]
    ) -> None:
        self._list_clients = list_clients
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._recent: _RecentClients | None = None
        self._renewal: Future[None] | None = None
        self._paused_until = -math.inf

    def find(self, client_id: str) -> tuple[ApiClient, float] | None:
        """Return a client, and the moment until which it may be used; None if it isn't known."""
        recent, renewal = self._get()
        if recent is None and renewal is not None:
            renewal.result()
            with self._lock:
                recent = self._choose()
        client = recent.clients.get(client_id) if recent else None
        return (client, recent.requested_at + VALID_SECONDS) if recent and client else None

    def _get(self) -> "tuple[_RecentClients | None, Future[None] | None]":
        with self._lock:
            recent, now = self._choose(), self._monotonic()
            is_old = recent is None or now - recent.requested_at > _RENEWAL_SECONDS
            if is_old and self._renewal is None and now >= self._paused_until:
                self._renewal = run_in_background(self._renew)
            return recent, self._renewal

    def _choose(self) -> _RecentClients | None:
        recent = self._recent
        is_valid = recent and self._monotonic() - recent.requested_at < VALID_SECONDS
        return recent if is_valid else None

    def _renew(self) -> None:
        requested_at = self._monotonic()
        clients: ListedClients | None = None
        try:
            clients = self._list_clients()
        except ZIdentityError:
            pass  # the read of a single client, which comes instead, says what is wrong
        finally:
            with self._lock:
                self._renewal = None
                self._record(clients, requested_at)

    def _record(self, clients: ListedClients | None, requested_at: float) -> None:
        now = self._monotonic()
        if clients is not None and not _has_descriptions(clients.values()):
            self._paused_until = math.inf
        elif clients is None or now - requested_at >= VALID_SECONDS:
            self._paused_until = now + _PAUSE_SECONDS
        else:
            self._recent = _RecentClients(clients, requested_at)


def _has_descriptions(clients: Collection[ApiClient]) -> bool:
    return all("description" in client.model_fields_set for client in clients)
