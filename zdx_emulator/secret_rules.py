"""How secrets come into being, whoever asks for them: a caller of the API, or the page.

Rules of the vendor's "Adding an API Client": a secret lives 30 to 365 days; a client holds two;
a third replaces the most recent one; the value is shown once. That only clients of the type
SECRET have any is the service description's rule.
"""

from zdx_emulator.errors import bad_request, not_found
from zdx_emulator.models import ApiClientSecret
from zdx_emulator.store import StoredSecret
from zdx_emulator.tenant import Tenant

MAX_SECONDS = 365 * 86_400

_MIN_SECONDS = 30 * 86_400
_SLOTS = 2


def mint_secret(tenant: Tenant, client_id: str, *, expires_at: int) -> ApiClientSecret:
    """Mints a secret and shows its value, this once.

    Args:
        tenant: Where the client lives.
        client_id: Who will sign in with it.
        expires_at: When it ends, in epoch seconds.

    Raises:
        ApiError: 400 for an expiry out of bounds, or a client that signs in by a key; 404.
    """
    check_holder(tenant, client_id)
    now = tenant.clock.now()
    if not now + _MIN_SECONDS <= expires_at <= now + MAX_SECONDS:
        raise bad_request("Invalid Input for expiresAt: 30 to 365 days from now, epoch seconds")
    held = tenant.store.secrets(client_id)
    value = tenant.identifiers.new_secret()
    secret = StoredSecret(tenant.identifiers.new_id(), now, expires_at)
    newest = held[-1].id if len(held) == _SLOTS else None
    tenant.store.add_secret(client_id, secret, value, in_place_of=newest)
    return shown(secret, value)


def check_holder(tenant: Tenant, client_id: str) -> None:
    """Checks that this client may hold secrets.

    Raises:
        ApiError: 400 for a client that signs in by a key; 404.
    """
    client = tenant.store.client(client_id)
    if client is None:
        raise not_found("API client")
    if client.client_authentication.auth_type != "SECRET":
        raise bad_request("Secrets apply only to the authentication type SECRET")


def shown(secret: StoredSecret, value: str) -> ApiClientSecret:
    """Puts a secret as the wire has it, with that value or a mask."""
    return ApiClientSecret(
        id=secret.id, value=value, created_at=secret.created_at, expires_at=secret.expires_at
    )
