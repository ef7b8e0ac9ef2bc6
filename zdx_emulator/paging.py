"""Lists in pages, as the vendor's list operations cut them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from starlette.datastructures import URL

from zdx_emulator.models import Page, Record

_MAX_OFFSET = 2**31 - 1


@dataclass(frozen=True)
class Slice:
    """What a caller wants to see of a list: 0 to 1000 records a page, 100 by default."""

    offset: int
    limit: int
    name_like: str


async def _wanted(
    offset: Annotated[int, Query(ge=0, le=_MAX_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
    name_like: Annotated[str, Query(alias="name[like]")] = "",
) -> Slice:
    return Slice(offset, limit, name_like)


CurrentSlice = Annotated[Slice, Depends(_wanted)]


def page_of(records: list[Record], *, total: int, wanted: Slice, url: URL) -> Page[Record]:
    """Wraps a list's records in the envelope.

    Args:
        records: The records of this page.
        total: How many records there are on all pages.
        wanted: What the caller asked for.
        url: The address of this page, from which those of its neighbours are made.
    """
    following = wanted.offset + wanted.limit
    preceding = max(0, wanted.offset - wanted.limit)
    return Page(
        results_total=total,
        total_record=total,
        page_offset=wanted.offset,
        page_size=wanted.limit,
        next_link=_link(url, following) if wanted.offset < following < total else None,
        prev_link=_link(url, preceding) if preceding < wanted.offset else None,
        records=records,
    )


def _link(url: URL, offset: int) -> str:
    return str(url.include_query_params(offset=offset))
