"""`/ziam/admin/api/v1/api-clients/{id}/secrets`: what clients sign in with.

Rules of the vendor's "Adding an API Client": a secret lives 30 to 365 days; a client holds two;
a third replaces the most recent one; the value is shown once. That only clients of the type
SECRET have any is the service description's rule. The status codes 202 and 200 are
those of the service description; the help pages say 201 and 204.
"""

from http import HTTPStatus

from fastapi import APIRouter, Response

from zdx_emulator.errors import bad_request, not_found
from zdx_emulator.models import ApiClientSecret, ApiClientSecretRequest
from zdx_emulator.routes.api_clients import MayChange, MayRead
from zdx_emulator.store import StoredSecret
from zdx_emulator.tenant import CurrentTenant, Tenant

MASK = "********"

_DAY = 86_400
_MIN_SECONDS = 30 * _DAY
_MAX_SECONDS = 365 * _DAY
_SLOTS = 2

router = APIRouter(prefix="/ziam/admin/api/v1/api-clients/{client_id}/secrets")


@router.get("")
async def get_secrets(client_id: str, tenant: CurrentTenant, _: MayRead) -> list[ApiClientSecret]:
    """Lists a client's secrets, oldest first, masked; expired ones too.

    Raises:
        ApiError: 400 for a client that signs in by a key; 404.
    """
    _check_client(tenant, client_id)
    return [_shown(secret, MASK) for secret in tenant.store.secrets(client_id)]


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def add_secret(
    client_id: str, body: ApiClientSecretRequest, tenant: CurrentTenant, _: MayChange
) -> ApiClientSecret:
    """Mints a secret and shows its value, this once.

    Raises:
        ApiError: 400 for an expiry out of bounds, or a client that signs in by a key; 404.
    """
    _check_client(tenant, client_id)
    now = tenant.clock.now()
    if not now + _MIN_SECONDS <= body.expires_at <= now + _MAX_SECONDS:
        raise bad_request("Invalid Input for expiresAt: 30 to 365 days from now, epoch seconds")
    held = tenant.store.secrets(client_id)
    value = tenant.identifiers.new_secret()
    secret = StoredSecret(tenant.identifiers.new_id(), now, body.expires_at)
    newest = held[-1].id if len(held) == _SLOTS else None
    tenant.store.add_secret(client_id, secret, value, in_place_of=newest)
    return _shown(secret, value)


@router.delete("/{secret_id}")
async def delete_secret(
    client_id: str, secret_id: str, tenant: CurrentTenant, _: MayChange
) -> Response:
    """Ends a secret; the answer has no body.

    Raises:
        ApiError: 404.
    """
    if not tenant.store.remove_secret(client_id, secret_id):
        raise not_found("Secret")
    return Response()


def _check_client(tenant: Tenant, client_id: str) -> None:
    client = tenant.store.client(client_id)
    if client is None:
        raise not_found("API client")
    if client.client_authentication.auth_type != "SECRET":
        raise bad_request("Secrets apply only to the authentication type SECRET")


def _shown(secret: StoredSecret, value: str) -> ApiClientSecret:
    return ApiClientSecret(
        id=secret.id, value=value, created_at=secret.created_at, expires_at=secret.expires_at
    )
