"""What a person changes by hand on the page."""

from dataclasses import dataclass

from zdx_emulator.catalog import ZSCALER_APIS
from zdx_emulator.errors import not_found
from zdx_emulator.models import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    ClientAuthentication,
    ResourceRef,
    ScopeRef,
)
from zdx_emulator.portal.keys import ZDX_ROLES
from zdx_emulator.rules import MAX_SECONDS, make_client, mint_secret, replace_client
from zdx_emulator.tenant import Tenant

PERSON = "admin@example.com"

_TOKEN_SECONDS = 3600


@dataclass(frozen=True)
class KeyForm:
    """What was filled in.

    Attributes:
        name: The key's name, without space around it.
        role_id: The scope id of its ZDX role.
    """

    name: str = ""
    role_id: str = ""

    @property
    def errors(self) -> list["FormError"]:
        """Says what is wrong."""
        name = [] if self.name else [FormError("name", "Enter a name.")]
        role = [] if self.role_id in ZDX_ROLES else [FormError("role", "Select a role.")]
        return name + role


@dataclass(frozen=True)
class FormError:
    """Something wrong with a form.

    Attributes:
        field: Where; None where the tenant refuses the whole.
        words: What.
    """

    field: str | None
    words: str


@dataclass(frozen=True)
class NewKey:
    """A key just made, and its secret in the clear."""

    client: ApiClient
    secret: ApiClientSecret


def create_key(tenant: Tenant, form: KeyForm) -> NewKey:
    """Makes a key, with a secret that lives as long as one can.

    Args:
        tenant: Where it will live.
        form: A complete form.

    Raises:
        ApiError: It breaks a rule of the tenant.
    """
    body = ApiClientRequest(
        name=form.name,
        access_token_life_time=_TOKEN_SECONDS,
        client_authentication=ClientAuthentication(auth_type="SECRET"),
        client_resources=[
            ResourceRef(id=ZSCALER_APIS.id, selected_scopes=[ScopeRef(id=form.role_id)])
        ],
    )
    client = make_client(tenant, body, created_by=PERSON)
    expires_at = tenant.clock.now() + MAX_SECONDS
    return NewKey(client, mint_secret(tenant, client.id, expires_at=expires_at))


def edit_key(tenant: Tenant, key_id: str, form: KeyForm) -> None:
    """Gives a key another name or ZDX role, and leaves all else as it is.

    Args:
        tenant: Where it lives.
        key_id: Which one.
        form: A complete form.

    Raises:
        ApiError: It breaks a rule of the tenant, or the key is gone: 404.
    """
    client = tenant.store.client(key_id)
    if client is None:
        raise not_found("API client")
    others = [ref for ref in _resources(client) if ref.id != ZSCALER_APIS.id]
    kept = [
        scope
        for ref in _resources(client)
        if ref.id == ZSCALER_APIS.id
        for scope in ref.selected_scopes
        if scope.id not in ZDX_ROLES
    ]
    zscaler = ResourceRef(id=ZSCALER_APIS.id, selected_scopes=[*kept, ScopeRef(id=form.role_id)])
    body = ApiClientRequest.model_validate(
        {**client.model_dump(), "name": form.name, "client_resources": [*others, zscaler]}
    )
    replace_client(tenant, key_id, body)


def _resources(client: ApiClient) -> list[ResourceRef]:
    return [ResourceRef.model_validate(each.model_dump()) for each in client.client_resources]
