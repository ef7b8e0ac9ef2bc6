"""`/ziam/admin/api/v1/api-clients/{id}/secrets`: what clients sign in with."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from zdx_emulator.access import CurrentTenant, NotYetVisible, seen_later
from zdx_emulator.errors import not_found
from zdx_emulator.models import ApiClientSecret, ApiClientSecretRequest
from zdx_emulator.routes.api_clients import MayChange, MayRead
from zdx_emulator.rules import check_holder, mint_secret, shown
from zdx_emulator.tenant import success_codes

MASK = "********"

router = APIRouter(prefix="/ziam/admin/api/v1/api-clients/{client_id}/secrets")


@router.get("")
async def get_secrets(
    client_id: str, tenant: CurrentTenant, _: MayRead, hidden: NotYetVisible
) -> list[ApiClientSecret]:
    """Lists a client's secrets, oldest first, masked; expired ones too.

    Raises:
        ApiError: 400 for a client that signs in by a key; 404.
    """
    if client_id in hidden:
        raise not_found("API client")
    check_holder(tenant, client_id)
    held = tenant.store.secrets(client_id)
    return [shown(secret, MASK) for secret in held if secret.id not in hidden]


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def add_secret(
    client_id: str,
    body: ApiClientSecretRequest,
    request: Request,
    response: Response,
    tenant: CurrentTenant,
    _: MayChange,
) -> ApiClientSecret:
    """Mints a secret and shows its value, this once.

    Raises:
        ApiError: 400 for an expiry out of bounds, or a client that signs in by a key; 404.
    """
    response.status_code = success_codes(tenant).secret_made
    secret = mint_secret(tenant, client_id, expires_at=body.expires_at)
    seen_later(request, tenant, secret.id)
    return secret


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
    return Response(status_code=success_codes(tenant).secret_deleted)
