"""Reads ZDX as any OneAPI client does: a token for the key, then the call."""

import requests

AUDIENCE = "https://api.zscaler.com"
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
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": key_id,
        "client_secret": key_secret,
        "audience": AUDIENCE,
    }
    token = requests.post(token_url, data=form, timeout=TIMEOUT_SECONDS)
    token.raise_for_status()
    found = requests.get(
        f"{api_url}/zdx/v1/administration/departments",
        headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        timeout=TIMEOUT_SECONDS,
    )
    found.raise_for_status()
    return [department["name"] for department in found.json()]
