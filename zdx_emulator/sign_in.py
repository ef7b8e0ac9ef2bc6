"""How a client proves by a secret who it is."""

import hmac

from zdx_emulator.errors import TokenError
from zdx_emulator.models import ApiClient
from zdx_emulator.tenant import Tenant


def check_secret(tenant: Tenant, client_id: str, value: str) -> ApiClient | None:
    """Checks a client secret.

    Args:
        tenant: Where the client lives.
        client_id: Whose secret it should be.
        value: The secret's value.

    Returns:
        The client; None for the bootstrap client, which is none of the API clients.

    Raises:
        TokenError: The client has no such secret, or it is expired.
    """
    if client_id == tenant.bootstrap.client_id:
        if not hmac.compare_digest(value.encode(), tenant.bootstrap.client_secret.encode()):
            raise _refusal()
        return None
    client = tenant.store.client_signing_in_as(client_id)
    secret = tenant.store.secret_of_value(client.id, value) if client else None
    if secret is None or secret.expires_at <= tenant.clock.now():
        raise _refusal()
    return client


def _refusal() -> TokenError:
    return TokenError("invalid_client", "The client or its secret is unknown or expired")
