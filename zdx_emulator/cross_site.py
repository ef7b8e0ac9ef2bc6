"""Refuses what another web site has a visitor's browser send here.

The rule is that of Go's `net/http.CrossOriginProtection`: a browser names by `Sec-Fetch-Site`, or
by `Origin`, where a request comes from, and no page can make it lie. A client that names neither
is no browser, and so nobody's tool.

A site whose name is rebound to this address is of one site with it. What gives it away is its
name in the `Host` header. An address cannot be rebound, nor can `localhost`.
"""

import ipaddress
from collections.abc import Collection
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


def is_own_host(host: str, names: Collection[str]) -> bool:
    """Tell whether a `Host` header is an address, `localhost`, or one of these names."""
    try:
        name = (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or name in names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


FROM_THIS_SITE_ONLY = Depends(_refuse)
