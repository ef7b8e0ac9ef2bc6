"""Lists that come in pages."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from zdx_provider.zidentity.errors import InvalidResponseError
from zdx_provider.zidentity.messages import Request, parse_response
from zdx_provider.zidentity.models import Items, Record
from zdx_provider.zidentity.session import Session

PAGE_SIZE = 1000
"""Records a page: the most that ZIdentity gives at once."""

# Far beyond `MAX_API_CLIENTS`: they only keep a server that never stops from filling the memory.
MOST_PAGES = 200
LARGEST_LIST = 32 * 1024**2  # bytes
_MOST_PASSES = 5

T = TypeVar("T", bound=Record)


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    model_config = ConfigDict(hide_input_in_errors=True)

    results_total: int | None = None
    records: Items[T]


def list_all(
    session: Session,
    operation: str,
    url: str,
    page: type[Page[T]],
    query: Mapping[str, str] | None = None,
) -> list[T]:
    """Fetch every page of a list, and again from the start until nothing can be missing.

    A record that is deleted while the pages are fetched moves the later ones forward, and one of
    them would be in no page. Each page therefore begins with the last record of the page before.
    A list counts as complete if it has as many records as the server says, or is the same twice.

    Raises:
        InvalidResponseError: The list changes without end, or is too long.
        ZIdentityError: A page could not be fetched.
    """
    reader = _ListReader(session, operation, url, page, query or {})
    before_ids: set[str] | None = None
    for _ in range(_MOST_PASSES):
        records = reader.read()
        if records is not None and (len(records) == reader.total or records.keys() == before_ids):
            return list(records.values())
        before_ids = None if records is None else set(records)
    raise reader.build_error(f"the list changed while it was read, {_MOST_PASSES} times in a row")


class _ListReader(Generic[T]):
    """Reads a list from its first to its last page, as often as it is asked to.

    Attributes:
        total: How many records the server says there are.
    """

    def __init__(
        self,
        session: Session,
        operation: str,
        url: str,
        page: type[Page[T]],
        query: Mapping[str, str],
    ) -> None:
        self.total: int | None = None
        self._session = session
        self._operation = operation
        self._url = url
        self._page = page
        self._query = query
        self._pages = 0
        self._bytes = 0

    def read(self) -> dict[str, T] | None:
        """Read all pages; None if records moved from page to page meanwhile."""
        page = self._fetch(0)
        records = {record.id: record for record in page}
        received = len(page)
        while page and (self.total is None or received < self.total):
            last_id = page[-1].id
            # A page begins with the last record of its predecessor, which shows a move.
            overlapping = self._fetch(received - 1)
            if not overlapping or overlapping[0].id != last_id:
                return None
            page = overlapping[1:]
            records.update((record.id, record) for record in page)
            received += len(page)
        if self.total is None:
            self.total = len(records)
        return records

    def build_error(self, problem: str) -> InvalidResponseError:
        """Return the error of a list that can't be read."""
        return InvalidResponseError(
            problem, operation=self._operation, hint="Nothing was changed. Run the command again."
        )

    def _fetch(self, offset: int) -> tuple[T, ...]:
        self._pages += 1
        if self._pages > MOST_PAGES:
            raise self.build_error(f"the list has more than {MOST_PAGES} pages")
        place: dict[str, str | int] = {"offset": offset, "limit": PAGE_SIZE}
        request = Request(self._operation, "GET", self._url, query={**place, **self._query})
        response = self._session.send(request)
        self._bytes += len(response.body)
        if self._bytes > LARGEST_LIST:
            raise self.build_error(f"the list is larger than {LARGEST_LIST // 1024**2} MB")
        page = parse_response(request, response, self._page)
        self.total = page.results_total
        return page.records
