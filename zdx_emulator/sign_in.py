"""How a client proves by a secret who it is."""

import hmac

from zdx_emulator.errors import TokenError
from zdx_emulator.tenant import Tenant


def check_secret(tenant: Tenant, client_id: str, value: str) -> None:
    """Checks a client secret.

    Args:
        tenant: Where the client lives.
        client_id: Whose secret it should be.
        value: The secret's value.

    Raises:
        TokenError: The client has no such secret, or it is expired.
    """
    if client_id == tenant.bootstrap.client_id:
        genuine = hmac.compare_digest(value.encode(), tenant.bootstrap.client_secret.encode())
    else:
        secret = tenant.store.secret_of_value(client_id, value)
        genuine = secret is not None and secret.expires_at > tenant.clock.now()
    if not genuine:
        raise TokenError("invalid_client", "The client or its secret is unknown or expired")
