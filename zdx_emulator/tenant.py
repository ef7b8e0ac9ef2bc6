"""The tenant: its store, clock, IDs, switches and admin client."""

import random
import string
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from zdx_emulator.models import Switches
from zdx_emulator.store import Store

_ID_ALPHABET = string.digits + string.ascii_lowercase[:22]
_ID_LENGTH = 13
# "+", "/" and "=" catch clients that forget to encode a form.
_SECRET_ALPHABET = string.ascii_letters + string.digits + "-._~+/="
_SECRET_LENGTH = 48


class Clock:
    """The machine's time plus an offset.

    Attributes:
        offset_seconds: How far the tenant is ahead of the machine; negative if behind.
    """

    def __init__(self) -> None:
        self.offset_seconds = 0

    def now(self) -> int:
        """Return the tenant's time in whole epoch seconds, as the API has it."""
        return int(time.time()) + self.offset_seconds

    def format_http_date(self) -> str:
        """Return the tenant's time as a `Date` header has it."""
        return formatdate(self.now(), usegmt=True)


class Identifiers:
    """Creates opaque IDs and secret values.

    Args:
        seed: Makes every draw reproducible; None draws from the system's randomness.
        count_draw: Counts the draws, also across restarts, so that no seeded one repeats.
    """

    def __init__(self, seed: int | None, count_draw: Callable[[], int]) -> None:
        self._seed = seed
        self._count_draw = count_draw

    def create_id(self) -> str:
        """Return an id shaped like the recorded ones, `hhlm4bhmbg7ir`."""
        return "h" + self._draw(_ID_ALPHABET, _ID_LENGTH - 1)

    def create_secret_value(self) -> str:
        """Return the value of a client secret."""
        return self._draw(_SECRET_ALPHABET, _SECRET_LENGTH)

    def _draw(self, alphabet: str, length: int) -> str:
        return "".join(self._get_random().choices(alphabet, k=length))

    def _get_random(self) -> random.Random:
        if self._seed is None:
            return random.SystemRandom()
        return random.Random(f"{self._seed}:{self._count_draw()}")  # noqa: S311 - asked to repeat


class Lag:
    """Knows which new objects readers don't see yet.

    Args:
        monotonic: Returns a time in seconds that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._visible_from: dict[str, float] = {}

    def hide(self, id_: str, *, seconds: float) -> None:
        """Hide a new object for a number of seconds."""
        if seconds:
            self._visible_from[id_] = self._monotonic() + seconds

    def list_hidden(self) -> frozenset[str]:
        """Return the IDs of all objects that are still hidden."""
        if self._visible_from:
            now = self._monotonic()
            self._visible_from = {
                id_: time for id_, time in self._visible_from.items() if time > now
            }
        return frozenset(self._visible_from)


class FetchedDocuments:
    """The documents that the tenant has fetched from its clients' addresses, such as a JWKS."""

    _KEPT_SECONDS = 300

    def __init__(self) -> None:
        self._documents: dict[str, tuple[str, int]] = {}

    def find(self, url: str, *, now: int) -> str | None:
        """Return the document of that address, if it was fetched in the last five minutes."""
        text, fetched_at = self._documents.get(url, ("", now - self._KEPT_SECONDS))
        return text if 0 <= now - fetched_at < self._KEPT_SECONDS else None

    def keep(self, url: str, text: str, *, now: int) -> None:
        """Keep the document of that address; `now` in epoch seconds."""
        self._documents[url] = (text, now)

    def clear(self) -> None:
        """Forget all documents."""
        self._documents.clear()


class SwitchPanel:
    """The switches as they are now.

    Attributes:
        current: May be replaced at any time; existing objects stay as they are.

    Args:
        initial: The switches after a reset.
    """

    def __init__(self, initial: Switches) -> None:
        self.current = initial
        self._initial = initial

    def reset(self) -> None:
        """Restore all switches."""
        self.current = self._initial


@dataclass(frozen=True)
class AdminClient:
    """The admin client, which exists from the start.

    It has ZIAM's role Super Admin. It is not one of the API clients, so no test can change or
    delete it.
    """

    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Tenant:
    """The objects that all operations share."""

    store: Store
    clock: Clock
    identifiers: Identifiers
    admin_client: AdminClient
    panel: SwitchPanel
    lag: Lag
    documents: FetchedDocuments

    @property
    def switches(self) -> Switches:
        """The switches as they are now."""
        return self.panel.current


@dataclass(frozen=True)
class SuccessCodes:
    """The status codes of successful requests."""

    client_created: HTTPStatus
    secret_created: HTTPStatus
    secret_deleted: HTTPStatus


_PUBLISHED = SuccessCodes(HTTPStatus.CREATED, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT)
_ALTERNATIVE = SuccessCodes(HTTPStatus.ACCEPTED, HTTPStatus.ACCEPTED, HTTPStatus.OK)


def get_success_codes(tenant: Tenant) -> SuccessCodes:
    """Return the status codes that the tenant's switches choose."""
    return _PUBLISHED if tenant.switches.statuses == "published" else _ALTERNATIVE
