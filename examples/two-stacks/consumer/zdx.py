"""Reads ZDX as any OneAPI client does: a token for the key, then the request."""

from typing import Any
from urllib.parse import urlsplit

import requests

AUDIENCE = "https://api.zscaler.com"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT_SECONDS = 30


def departments(key_id: str, key_secret: str, *, token_url: str, api_url: str) -> list[str]:
    """The names of the tenant's departments.

    Args:
        key_id: The key's id.
        key_secret: Its secret.
        token_url: ``https://<vanity domain>.zslogin.net/oauth2/v1/token``.
        api_url: ``https://api.zsapi.net``.

    Raises:
        requests.HTTPError: The tenant refuses, with 403 where the key's role does not allow it.
        ValueError: An address is not https, or redirects to another one.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": key_id,
        "client_secret": key_secret,
        "audience": AUDIENCE,
    }
    token = send("POST", token_url, data=form)["access_token"]
    found = send("GET", f"{api_url}/zdx/v1/administration/departments", bearer=token)
    return [department["name"] for department in found]


def send(method: str, url: str, *, bearer: str = "", data: dict[str, str] | None = None) -> Any:
    """Send credentials to this address and to no other."""
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise ValueError(f"{url} is not https")

    # Without an auth of its own, requests takes one from ~/.netrc, in place of the token.
    def authenticate(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if bearer:
            request.headers["Authorization"] = f"Bearer {bearer}"
        return request

    response = requests.request(
        method,
        url,
        data=data,
        auth=authenticate,
        allow_redirects=False,  # a redirect could lead the secret to another host
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    if response.is_redirect:
        raise ValueError(f"{url} redirects to another address")
    return response.json()
