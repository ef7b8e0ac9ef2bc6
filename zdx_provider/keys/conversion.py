"""Set how a client authenticates, and make sure that the tenant did so.

ZIdentity's documents don't say whether a client can change between a secret and public keys, nor
in which encoding a public key is sent. So each refusal says what to do next, and the client is read
again after a change.
"""

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication, read_authentication
from zdx_provider.keys.clients import ClientStore
from zdx_provider.zidentity import (
    ApiClient,
    BadRequestError,
    ClientAuthentication,
    ConflictError,
    StatusError,
)


def choose_authentication(
    found: ClientAuthentication, declared: Authentication | None
) -> ClientAuthentication:
    """Return a client's authentication as it is if it means what is declared."""
    if read_authentication(found) == declared:
        return found
    # Said in full: a PUT has only the members that are set.
    if declared is None:
        return ClientAuthentication(auth_type="SECRET")
    return declared.to_client_authentication()


def require_kind(clients: ClientStore, client: ApiClient, declared: Authentication) -> None:
    """Stop if a new client uses secrets: a tenant may ignore what is declared.

    Raises:
        ZdxError: It does. The client can't be used.
    """
    current: ApiClient | None = client
    if "client_authentication" not in client.model_fields_set:
        current = clients.find_converted(client.id, has_secrets=False)
    if current and "client_authentication" in current.model_fields_set and current.has_secrets:
        raise ZdxError(
            f"ZIdentity created the client with a client secret instead of {declared.describe()}",
            hint="Contact Zscaler.",
        )


def update_client(
    clients: ClientStore, before: ApiClient, client: ApiClient, declared: Authentication | None
) -> None:
    """Update a client, and read it again if it now authenticates in another way.

    Args:
        clients: The clients of the tenant.
        before: The client as it is on the tenant.
        client: The client to send.
        declared: How it authenticates then; None for a secret.

    Raises:
        ZdxError: It could not be converted. The message says whether anything was changed.
        ZIdentityError: The tenant can't be reached, or refused.
    """
    had = read_authentication(before.client_authentication)
    is_converted = (had is None) != (declared is None)
    try:
        clients.update(client)
    except (BadRequestError, ConflictError) as refusal:
        if not is_converted:
            raise add_encoding_hint(refusal, declared if had != declared else None) from None
        raise _build_no_conversion_error(
            before,
            declared,
            f"{refusal.problem}. Nothing was changed.",
            hint="Declare a second key under another name, and remove this one when nothing uses "
            "it any more. Or replace it, which deletes this key first: pulumi up --replace URN.",
        ) from None
    if not is_converted:
        return
    # A tenant that ignores the new kind must not look like one.
    current = clients.find_converted(client.id, has_secrets=declared is None)
    if current is not None and current.has_secrets != (declared is None):
        raise _build_no_conversion_error(
            current,
            declared,
            "ZIdentity accepted the update, but did not change how the key authenticates.",
            # What it shows may be late, so nothing here may delete the key.
            hint="Run pulumi up again. If it fails again, declare a second key under another "
            "name, and remove this one when nothing uses it any more.",
        )


def add_encoding_hint(refusal: StatusError, declared: Authentication | None) -> StatusError:
    """Say what a refusal of a public key may be about, which ZIdentity's documents leave open."""
    if type(refusal) is not BadRequestError or declared is None or not declared.public_keys:
        return refusal
    refusal.hint += (
        " No document says in which encoding ZIdentity takes a public key; this version sends PEM. "
        "To find out, run zdx-keys verify --live. Until then, declare certificates or a jwks_url."
    )
    return refusal


def _build_no_conversion_error(
    client: ApiClient, declared: Authentication | None, problem: str, *, hint: str
) -> ZdxError:
    before = read_authentication(client.client_authentication)
    was, now = (each.describe() if each else "a client secret" for each in (before, declared))
    return ZdxError(
        f'the key "{client.name}" ({client.id}) could not be changed from {was} to {now}: '
        f"{problem}",
        hint=hint,
    )
