"""Reads what a client publishes at its JWKS URL, as ZIdentity does."""

import time
from dataclasses import replace
from http import HTTPStatus

from zdx_provider.zidentity.connection import ConnectionOptions
from zdx_provider.zidentity.errors import ZIdentityError
from zdx_provider.zidentity.messages import Request
from zdx_provider.zidentity.transport import RateLimit, ServerClock, Transport

_LONGEST_TIMEOUT = 10.0  # seconds


def fetch_jwks(url: str, options: ConnectionOptions) -> str:
    """Return the document at a JWKS URL; no credentials are sent, and no redirect is followed.

    Args:
        url: The URL.
        options: Proxy and time limits.

    Raises:
        ZIdentityError: It can't be read.
    """
    timeout = min(options.request_timeout, _LONGEST_TIMEOUT)
    # A clock and a limit of its own: this server says nothing about the tenant's.
    transport = Transport(
        replace(options, request_timeout=timeout),
        ServerClock(time.time),
        RateLimit(time.monotonic),
        None,
    )
    request = Request("read the JWKS", "GET", url)
    try:
        response = transport.send(request)
        if response.status != HTTPStatus.OK:
            raise request.build_error(_describe(response.status), response.status)
    except ZIdentityError as error:
        error.hint = "ZIdentity must be able to read it."
        raise
    finally:
        transport.close()
    # A private key is to be found in every encoding in which a server may publish it.
    is_utf16 = response.body.startswith((b"\xff\xfe", b"\xfe\xff"))
    return response.body.decode("utf-16" if is_utf16 else "utf-8-sig", errors="replace")


def _describe(status: int) -> str:
    is_redirect = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    return "the URL redirects to another one" if is_redirect else "the server refuses to send it"
