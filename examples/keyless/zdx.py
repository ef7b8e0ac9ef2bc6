"""Reads ZDX as a OneAPI client that has a private key, or a signer that has it."""

import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

AUDIENCE = "https://api.zscaler.com"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 600
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TIMEOUT_SECONDS = 30

Sign = Callable[[bytes], bytes]
"""Returns the signature of a message: RSA with PKCS #1 v1.5 and SHA-256 (RS256)."""


def read_departments(key_file: Path, sign: Sign) -> list[str]:
    """Return the names of the tenant's departments.

    Args:
        key_file: What `pulumi stack output --json` printed for the key.
        sign: Signs with the private key.

    Raises:
        requests.HTTPError: The tenant refused the request: 400 if the signature is not of the key.
        ValueError: An address isn't https, or redirects to another address.
    """
    key = json.loads(key_file.read_text())
    form = {
        "grant_type": "client_credentials",
        "client_id": key["key_id"],
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": create_assertion(key["key_id"], sign),
        "audience": AUDIENCE,
    }
    token = send("POST", key["token_url"], data=form)["access_token"]
    found = send("GET", f"{key['api_url']}/zdx/v1/administration/departments", bearer=token)
    return [department["name"] for department in found]


def create_assertion(key_id: str, sign: Sign) -> str:
    """Return a signed JWT that says who asks, for ten minutes and for one request."""
    now = int(time.time())
    header = {"alg": "RS256", "typ": "JWT"}
    payload = {
        "iss": key_id,
        "sub": key_id,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + ASSERTION_SECONDS,
        "jti": uuid.uuid4().hex,
    }
    message = b".".join(encode(json.dumps(part).encode()) for part in (header, payload))
    return b".".join((message, encode(sign(message)))).decode()


def encode(data: bytes) -> bytes:
    """Return the base64url form without padding, as a JWT has it."""
    return urlsafe_b64encode(data).rstrip(b"=")


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
        allow_redirects=False,  # a redirect could send the assertion to another host
        timeout=TIMEOUT_SECONDS,
    )
    response.raise_for_status()
    if response.is_redirect:
        raise ValueError(f"{url} redirects to another address")
    return response.json()
