"""Rules for clients and secrets, for the API and the page.

Rules of the vendor's "Adding an API Client": a secret's lifetime is 30 to 365 days; a client has
two at most; a third replaces the newest; the value is shown once. Rule of "Ranges & Limitations":
a tenant has 256 API clients at most. Rule of the service description: only clients of the type
SECRET have secrets. Rule of the OpenAPI description of 2026-07: a name has 128 characters at most,
a description 256. Rule of "About Access Tokens": disabling or deleting a client invalidates its
tokens. Rule of zscaler-sdk-go: `authType` says which other members of `clientAuthentication` are
expected, and they are mutually exclusive.
"""

from zdx_emulator.catalog import RESOURCE_SERVERS, ROLES, SCOPES
from zdx_emulator.errors import BadRequestError, NotFoundError
from zdx_emulator.models import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    ClientAuthentication,
    ClientResource,
    ResourceRef,
    Scope,
    ScopeRef,
)
from zdx_emulator.store import StoredSecret
from zdx_emulator.tenant import Tenant

MAX_SECONDS = 365 * 86_400

_MAX_NAME_LENGTH = 128
_MAX_DESCRIPTION_LENGTH = 256
_MIN_SECONDS = 30 * 86_400
_SLOTS = 2

_INVALID_RESOURCES = "Invalid Input for clientResources"
_INVALID_AUTHENTICATION = "Invalid Input for clientAuthentication"

# For each `authType`, the sets of members that a client of it can have.
_MEMBERS = {
    "SECRET": [set[str]()],
    "PUBKEYCERT": [{"publicKeys"}, {"clientCertificates"}],
    "JWKS": [{"clientJWKsUrl"}],
}


def create_client(tenant: Tenant, body: ApiClientRequest, *, created_by: str) -> ApiClient:
    """Create a client.

    Args:
        tenant: The tenant.
        body: The request.
        created_by: The creator, for the page.

    Raises:
        ApiError: 400 for members that break a rule, and in a tenant that has all of its clients; as
            the switches say, for a name that is taken.
    """
    _check_lengths(body)
    _check_authentication(tenant, body.client_authentication)
    _check_switched_rules(tenant, body)
    client = _build_client(tenant.identifiers.create_id(), body, scope_names=False)
    _check_client_limit(tenant)
    if tenant.switches.separate_client_id:
        client.client_id = tenant.identifiers.create_id()
    now = tenant.clock.now()
    tenant.store.add_client(client, created_by=created_by, now=now)
    if tenant.switches.first_secret and client.client_authentication.auth_type == "SECRET":
        create_secret(tenant, client.id, expires_at=now + MAX_SECONDS)
    return client


def replace_client(tenant: Tenant, client_id: str, body: ApiClientRequest) -> ApiClient:
    """Replace the whole client: members that the body lacks get their defaults.

    A client that is disabled loses its tokens for good, unless a switch keeps them. A client whose
    `authType` changes keeps its secrets.

    Args:
        tenant: The tenant.
        client_id: The client to replace.
        body: The new client.

    Raises:
        ApiError: 400 for members that break a rule; 404; as the switches say, 400 for a name that
            is taken or another `authType`.
    """
    replaced = tenant.store.find_client(client_id)
    if replaced is None:
        raise NotFoundError("API client")
    _check_lengths(body)
    _check_authentication(tenant, body.client_authentication)
    _check_auth_type(tenant, replaced.client_authentication, body.client_authentication)
    _check_switched_rules(tenant, body, client_id)
    scope_names = tenant.switches.scope_names_in_put
    client = _build_client(client_id, body, scope_names=scope_names)
    client.client_id = replaced.client_id
    tenant.store.replace_client(client, now=tenant.clock.now())
    if not client.status and not tenant.switches.tokens_outlive_client:
        tenant.store.delete_tokens(client_id)
    return client


def delete_client(tenant: Tenant, client_id: str) -> bool:
    """Delete a client with its secrets and, unless a switch keeps them, its tokens.

    Returns:
        False when there is no such client.
    """
    outlived = tenant.switches.tokens_outlive_client
    return tenant.store.delete_client(client_id, with_tokens=not outlived)


def create_secret(tenant: Tenant, client_id: str, *, expires_at: int) -> ApiClientSecret:
    """Create a secret; only this response has its value.

    Args:
        tenant: The tenant.
        client_id: The client that gets it.
        expires_at: When it expires, in epoch seconds.

    Raises:
        ApiError: 400 for an expiry out of bounds, or a client that authenticates with a key; 404.
    """
    require_secret_type(tenant, client_id)
    now = tenant.clock.now()
    if not now + _MIN_SECONDS <= expires_at <= now + MAX_SECONDS:
        raise BadRequestError("Invalid Input for expiresAt: 30 to 365 days from now, epoch seconds")
    secrets = tenant.store.list_secrets(client_id)
    value = tenant.identifiers.create_secret_value()
    secret = StoredSecret(tenant.identifiers.create_id(), now, expires_at)
    newest = secrets[-1].id if len(secrets) == _SLOTS else None
    tenant.store.add_secret(client_id, secret, value, in_place_of=newest)
    return to_api_secret(secret, value)


def require_secret_type(tenant: Tenant, client_id: str) -> None:
    """Require that a client can have secrets.

    Raises:
        ApiError: 400 for a client that authenticates with a key; 404.
    """
    client = tenant.store.find_client(client_id)
    if client is None:
        raise NotFoundError("API client")
    if client.client_authentication.auth_type != "SECRET":
        raise BadRequestError("Secrets apply only to the authentication type SECRET")


def to_api_secret(secret: StoredSecret, value: str) -> ApiClientSecret:
    """Return a secret as the API has it, with a value or a mask."""
    return ApiClientSecret(
        id=secret.id, value=value, created_at=secret.created_at, expires_at=secret.expires_at
    )


def _check_lengths(body: ApiClientRequest) -> None:
    limits = (("name", _MAX_NAME_LENGTH), ("description", _MAX_DESCRIPTION_LENGTH))
    for member, limit in limits:
        if len(getattr(body, member)) > limit:
            raise BadRequestError(f"Invalid Input for {member}: {limit} characters at most")


def _check_authentication(tenant: Tenant, sent: ClientAuthentication) -> None:
    members = {
        "publicKeys": sent.public_keys,
        "clientCertificates": sent.client_certificates,
        "clientJWKsUrl": sent.client_jwks_url,
    }
    if {name for name, value in members.items() if value} not in _MEMBERS[sent.auth_type]:
        needed = " or ".join(name for names in _MEMBERS[sent.auth_type] for name in names)
        message = f"{_INVALID_AUTHENTICATION}: {sent.auth_type} needs {needed or 'no keys'} only"
        raise BadRequestError(message)
    if sent.public_keys or sent.client_certificates:
        _check_keys(tenant, sent)


def _check_keys(tenant: Tenant, sent: ClientAuthentication) -> None:
    from zdx_emulator import public_keys  # noqa: PLC0415 - a start need not wait for cryptography

    encoding = tenant.switches.key_value_encoding
    # A message never shows the value: it may be a private key.
    try:
        for key in sent.public_keys or ():
            public_keys.parse_public_key(key.key_value, encoding)
    except ValueError:
        form = "PEM" if encoding == "pem" else "the base64 of DER"
        message = f"Invalid Input for keyValue: it must be a public key, as {form}"
        raise BadRequestError(message) from None
    try:
        for certificate in sent.client_certificates or ():
            public_keys.parse_certificate(certificate.cert_content)
    except ValueError:
        message = "Invalid Input for certContent: it must be a certificate, as PEM"
        raise BadRequestError(message) from None


def _check_auth_type(
    tenant: Tenant, current: ClientAuthentication, sent: ClientAuthentication
) -> None:
    is_refused = tenant.switches.auth_type_switch == "refused"
    if is_refused and sent.auth_type != current.auth_type:
        raise BadRequestError(f"{_INVALID_AUTHENTICATION}: authType can't be changed")


def _check_switched_rules(
    tenant: Tenant, body: ApiClientRequest, client_id: str | None = None
) -> None:
    if tenant.switches.unique_names and tenant.store.is_name_taken(body.name, other_than=client_id):
        raise BadRequestError("An API client of this name exists")


def _check_client_limit(tenant: Tenant) -> None:
    limit = tenant.switches.client_limit
    if tenant.store.count_clients() >= limit:
        raise BadRequestError(f"The tenant has {limit} API clients, the most that it can have")


def _build_client(client_id: str, body: ApiClientRequest, *, scope_names: bool) -> ApiClient:
    sent = body.model_dump(exclude={"client_resources", "id", "client_id", "clientId"})
    resources = [_build_resource(ref, scope_names=scope_names) for ref in body.client_resources]
    _check_one_scope_a_service(resources)
    client = ApiClient.model_validate({**sent, "id": client_id, "client_resources": resources})
    _check_serializable(client)
    return client


def _check_serializable(client: ApiClient) -> None:
    # Unknown members can have half a surrogate pair, or deeply nested values.
    try:
        client.model_dump_json()
    except ValueError:
        raise BadRequestError("Invalid Input for request body") from None


def _build_resource(ref: ResourceRef, *, scope_names: bool) -> ClientResource:
    server = RESOURCE_SERVERS.get(ref.id)
    if server is None:
        raise BadRequestError(_INVALID_RESOURCES)
    return ClientResource(
        id=server.id,
        name=server.name,
        default_api=server.default_api,
        selected_scopes=[
            _find_scope(scope, scope_names=scope_names) for scope in ref.selected_scopes
        ],
    )


def _find_scope(ref: ScopeRef, *, scope_names: bool) -> Scope:
    if ref.id is not None:
        scopes = [SCOPES[ref.id]] if ref.id in SCOPES else []
    else:
        scopes = [scope for scope in SCOPES.values() if scope_names and scope.name == ref.name]
    if len(scopes) != 1:
        raise BadRequestError(_INVALID_RESOURCES)
    return scopes[0]


def _check_one_scope_a_service(resources: list[ClientResource]) -> None:
    services = [
        ROLES[scope.id].service for resource in resources for scope in resource.selected_scopes
    ]
    if len(services) != len(set(services)):
        raise BadRequestError(f"{_INVALID_RESOURCES}: one scope for each service")
