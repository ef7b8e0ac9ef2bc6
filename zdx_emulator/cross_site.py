"""Refuses what another web site has a visitor's browser send here.

The rule is that of Go's `net/http.CrossOriginProtection`: a browser names by `Sec-Fetch-Site`, or
by `Origin`, where a request comes from, and no page can make it lie. A client that names neither
is no browser, and so nobody's tool.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import Depends, Request

from zdx_emulator.errors import ApiError

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


async def _refuse(request: Request) -> None:
    if request.method not in _SAFE_METHODS and not _is_of_this_site(request):
        raise ApiError(HTTPStatus.FORBIDDEN, "cross.site", "Sent by another web site")


def _is_of_this_site(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


FROM_THIS_SITE_ONLY = Depends(_refuse)
