"""Lists that come in pages."""

from collections.abc import Mapping
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from zdx_provider.zidentity.calls import Call
from zdx_provider.zidentity.models import Items, Record
from zdx_provider.zidentity.session import Session

PAGE_SIZE = 1000
"""Records a page: the most that ZIdentity gives at once."""

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
    """Fetch every page of a list.

    A record that moved between pages while they were fetched is listed once.

    Raises:
        ZIdentityError: A page could not be fetched.
    """
    found: dict[str, T] = {}
    offset = 0
    while True:
        place: dict[str, str | int] = {"offset": offset, "limit": PAGE_SIZE}
        part = session.fetch(Call(operation, "GET", url, query={**place, **(query or {})}), page)
        known = len(found)
        found.update((record.id, record) for record in part.records)
        offset += len(part.records)
        if len(found) == known or offset >= (part.results_total or offset + 1):
            return list(found.values())
