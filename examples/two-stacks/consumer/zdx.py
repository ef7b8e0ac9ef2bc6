"""Reads ZDX as a OneAPI client: gets an access token for the key, then sends the request."""

from typing import Any
from urllib.parse import urlsplit

import requests

AUDIENCE = "https://api.zscaler.com"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT_SECONDS = 30


def departments(key_id: str, key_secret: str, *, token_url: str, api_url: str) -> list[str]:
    """Return the names of the tenant's departments.

    Args:
        key_id: The key's ID.
        key_secret: The key's secret.
        token_url: ``https://<vanity domain>.zslogin.net/oauth2/v1/token``.
        api_url: ``https://api.zsapi.net``.

    Raises:
        requests.HTTPError: The tenant refused the request: 403 if the key's role doesn't allow it.
        ValueError: An address isn't https, or redirects to another address.
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
    """Send a request, and its credentials only to this address."""
    address = urlsplit(url)
    if address.scheme != "https" and address.hostname not in LOOPBACK:
        raise ValueError(f"{url} is not https")

    # Without auth, requests would send credentials from ~/.netrc instead of the token.
    def authenticate(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if bearer:
            request.headers["Authorization"] = f"Bearer {bearer}"
        return request

    response = requests.request(
        method,
        url,
        data=data,
        auth=authenticate,
        allow_redirects=False,  # a redirect could send the secret to another host
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    if response.is_redirect:
        raise ValueError(f"{url} redirects to another address")
    return response.json()
