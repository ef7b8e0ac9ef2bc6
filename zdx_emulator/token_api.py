"""`/oauth2/v1/token`: client credentials for a bearer token (RFC 6749, 4.4).

Rules of the vendor's "Getting Started" with OneAPI: the audience is required, unless a switch says
that it is refused; a client proves itself by its secret, in the form or by Basic authentication, or
by a signed assertion; every refusal is 400.
"""

import binascii
import hmac
import secrets
from base64 import b64decode
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from zdx_emulator.access import CurrentTenant, is_observed
from zdx_emulator.catalog import AUDIENCE
from zdx_emulator.errors import TokenError
from zdx_emulator.models import ApiClient
from zdx_emulator.store import StoredToken
from zdx_emulator.tenant import Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_ADMIN_TOKEN_SECONDS = 3600

router = APIRouter(prefix="/oauth2/v1")


class TokenRequest(BaseModel):
    """The members of the form that count."""

    grant_type: str = ""
    audience: str = ""
    client_id: str = ""
    client_secret: str = ""
    client_assertion: str = ""
    client_assertion_type: str = ""


class TokenResponse(BaseModel):
    """A bearer token; `expires_in` in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - no secret, a scheme's name
    expires_in: int


# The form is parsed in the function, because its errors are OAuth's. This documents it.
_FORM = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {"schema": TokenRequest.model_json_schema()}
        }
    }
}


@router.post("/token", openapi_extra=_FORM)
async def issue_token(request: Request, response: Response, tenant: CurrentTenant) -> TokenResponse:
    """Create a token with the lifetime that the client's `accessTokenLifeTime` says.

    Raises:
        TokenError: The request breaks a rule, or the client does not prove who it is.
    """
    form = await _parse_form(request)
    if not is_observed(request.scope):  # the tests' own requests work whatever the switches
        _check_audience(tenant, form.audience)
    request.state.client_id = form.client_id or None
    client = (
        await _authenticate_assertion(tenant, form)
        if form.client_assertion
        else check_secret(tenant, form.client_id, form.client_secret)
    )
    holder = tenant.admin_client.client_id if client is None else client.id
    request.state.client_id = holder
    response.headers["Cache-Control"] = "no-store"
    return _create_token(tenant, holder, _get_lifetime(tenant, client))


async def _parse_form(request: Request) -> TokenRequest:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise TokenError("invalid_request", "The body must be application/x-www-form-urlencoded")
    form = TokenRequest.model_validate(dict(await request.form()))
    _read_basic_credentials(request, form)
    if form.grant_type != "client_credentials":
        raise TokenError("unsupported_grant_type", "grant_type must be client_credentials")
    return form


def _check_audience(tenant: Tenant, audience: str) -> None:
    if tenant.switches.audience == "refused":
        if audience:
            raise TokenError("invalid_request", "audience is not accepted")
    elif audience != AUDIENCE:
        raise TokenError("invalid_request", f"audience must be {AUDIENCE}")


def _read_basic_credentials(request: Request, form: TokenRequest) -> None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return
    try:
        pair = b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise TokenError("invalid_client", "Basic credentials cannot be read") from None
    form.client_id, _, form.client_secret = pair.partition(":")


async def _authenticate_assertion(tenant: Tenant, form: TokenRequest) -> ApiClient:
    from zdx_emulator import assertions  # noqa: PLC0415 - a start need not wait for cryptography

    if form.client_assertion_type != ASSERTION_TYPE:
        raise TokenError("invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}")
    client_id = form.client_id or assertions.read_client_id(form.client_assertion)
    client = tenant.store.find_client_by_client_id(client_id)
    if client is None:
        raise TokenError("invalid_client", "The client is unknown")
    now = tenant.clock.now()
    # A JWKS is fetched over the network: not on the thread that serves all requests.
    used = await run_in_threadpool(
        assertions.check_assertion,
        client,
        form.client_assertion,
        rules=tenant.switches.assertions,
        documents=tenant.documents,
        now=now,
    )
    if used.jti is not None and not tenant.store.use_assertion(
        client.id, used.jti, expires_at=used.expires_at, now=now
    ):
        raise TokenError("invalid_client", "The assertion was used before: its jti is not new")
    return client


def check_secret(tenant: Tenant, client_id: str, value: str) -> ApiClient | None:
    """Check a client secret.

    Args:
        tenant: The tenant.
        client_id: Whose secret it should be.
        value: The secret's value.

    Returns:
        The client; None for the admin client, which is not an API client.

    Raises:
        TokenError: The client has no such secret, or it is expired.
    """
    if client_id == tenant.admin_client.client_id:
        if not hmac.compare_digest(value.encode(), tenant.admin_client.client_secret.encode()):
            raise _build_refusal()
        return None
    client = tenant.store.find_client_by_client_id(client_id)
    secret = tenant.store.find_secret(client.id, value) if client else None
    if secret is None or secret.expires_at <= tenant.clock.now():
        raise _build_refusal()
    return client


def _build_refusal() -> TokenError:
    return TokenError("invalid_client", "The client or its secret is unknown or expired")


def _get_lifetime(tenant: Tenant, client: ApiClient | None) -> int:
    if client is None:
        return _ADMIN_TOKEN_SECONDS
    if not client.status:
        raise TokenError("invalid_client", "The client is disabled")
    unit = 60 if tenant.switches.lifetime_unit == "minutes" else 1
    return client.access_token_life_time * unit


def _create_token(tenant: Tenant, client_id: str, lifetime: int) -> TokenResponse:
    now = tenant.clock.now()
    value = secrets.token_urlsafe(48)
    tenant.store.add_token(value, StoredToken(client_id, now + lifetime), now=now)
    return TokenResponse(access_token=value, expires_in=lifetime)
