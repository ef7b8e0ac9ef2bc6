"""ZIdentity's API clients, their secrets, and its API resources.

Source of paths, fields and status codes: the service description `zid/v1` in Zscaler's
zscaler-oneapi-sdk-python, and the ZIdentity help page "API Clients". Any 2xx is a success, as
the two differ in which.
"""

import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from pydantic import BaseModel, SecretStr

from zdx_provider.zidentity.attempts import AttemptObserver, ignore_attempts
from zdx_provider.zidentity.connection import ConnectionOptions, Credentials, Tenant
from zdx_provider.zidentity.errors import BadRequestError, NotFoundError, ZIdentityError
from zdx_provider.zidentity.messages import Request
from zdx_provider.zidentity.models import (
    ApiClient,
    ApiClientRequest,
    ApiClientSecret,
    NewApiClientSecret,
    ResourceServer,
)
from zdx_provider.zidentity.paging import Page, list_all
from zdx_provider.zidentity.session import Session, TokenSource

if TYPE_CHECKING:
    from zdx_provider.zidentity.transport import TracingAdapter

_BASE_PATH = "/ziam/admin/api/v1"
_LOCATIONS_PATH = "/zdx/v1/administration/locations"


class ZIdentity:
    """A tenant's ZIdentity API; may be used by several threads at once.

    Nothing is sent before the first method that needs a response.

    Args:
        tenant: The tenant.
        credentials: Those of the provider's API client.
        options: How the tenant is reached.
        clock: Gives epoch seconds by this machine's clock.
        monotonic: Gives seconds of a clock that never jumps.
        sleep: Waits that many seconds.
        jitter: Gives a number from 0 to 1.
        before_write: Called before each attempt to change anything on the tenant; what it
            raises stops the attempt.
        on_attempt: Called with each attempt at a request, and with None after the last one.
        adapter: Carries requests instead of the network.
    """

    def __init__(
        self,
        tenant: Tenant,
        credentials: Credentials,
        options: ConnectionOptions | None = None,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        before_write: Callable[[], None] = lambda: None,
        on_attempt: AttemptObserver = ignore_attempts,
        adapter: "TracingAdapter | None" = None,
    ) -> None:
        # Imported here because most runs of a plugin find nothing to send, and should not pay for
        # requests and tenacity.
        from zdx_provider.zidentity.retry import Retry  # noqa: PLC0415
        from zdx_provider.zidentity.transport import (  # noqa: PLC0415
            RateLimit,
            ServerClock,
            Transport,
        )

        options = options or ConnectionOptions()
        self.tenant = tenant
        self._clock = ServerClock(clock)
        self._limit = RateLimit(monotonic)
        self._transport = Transport(options, self._clock, self._limit, adapter)
        retry = Retry(options, monotonic, sleep, jitter, on_attempt)
        self._tokens = TokenSource(
            tenant,
            credentials,
            transport=self._transport,
            retry=retry,
            clock=self._clock,
            monotonic=monotonic,
        )
        self._session = session = Session(
            f"{tenant.api_url}{_BASE_PATH}",
            transport=self._transport,
            retry=retry,
            tokens=self._tokens,
            clock=self._clock,
            before_write=before_write,
        )
        self.api_clients = ApiClients(session)
        self.resource_servers = ResourceServers(session)

    def authenticate(self) -> timedelta:
        """Get an access token, unless there is one that is still valid.

        Returns:
            The lifetime of a token.

        Raises:
            AuthenticationError: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable response.
        """
        return self._tokens.get().lifetime

    def get_access_token(self) -> SecretStr:
        """Return an access token; get one first if there is none that is still valid.

        Raises:
            AuthenticationError: ZIdentity gives none for these credentials.
            ZIdentityError: The token endpoint gave no usable response.
        """
        return self._tokens.get().value

    def call_zdx(self) -> None:
        """Read the locations of ZDX, the product that keys are for.

        Raises:
            AuthenticationError: The access token is not accepted, and there is no other.
            PermissionDeniedError: The client's role can't read locations.
            ZIdentityError: That could not be checked.
        """
        url = f"{self.tenant.api_url}{_LOCATIONS_PATH}"
        self._session.send(Request("read the ZDX locations", "GET", url))

    def now(self) -> datetime:
        """Return the time in UTC by the server's clock, as learnt from its responses."""
        return self._clock.moment()

    def has_capacity(self, under_way: int) -> bool:
        """Whether the tenant's rate limit leaves capacity for a request that could wait.

        Args:
            under_way: How many such requests are under way.
        """
        return self._limit.has_capacity(under_way)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


# A tenant may round an expiry; a secret that was not requested has quite another one.
_ROUNDING = timedelta(days=1)


class ApiClients:
    """The API clients of a tenant. Every method raises `ZIdentityError` if it fails."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._url = f"{session.base_url}/api-clients"
        self.secrets = ApiClientSecrets(session, self._url)

    def list(self, name_like: str | None = None) -> list[ApiClient]:
        """List all clients.

        Args:
            name_like: Only those with this in their name; the server decides what matches.
        """
        query = {"name[like]": name_like} if name_like else {}
        return list_all(self._session, "list API clients", self._url, Page[ApiClient], query)

    def get(self, client_id: str) -> ApiClient:
        """Read one client.

        Raises:
            NotFoundError: There is no client of that id.
        """
        operation = f"read the API client {client_id}"
        request = Request(operation, "GET", build_item_url(self._url, client_id, operation))
        client = self._session.fetch(request, ApiClient)
        if client.id != client_id:
            raise _build_wrong_object_error(request)
        return client

    def find(self, client_id: str) -> ApiClient | None:
        """Read one client; None where there is none of that id."""
        try:
            return self.get(client_id)
        except NotFoundError:
            return None

    def create(self, declared: ApiClientRequest) -> ApiClient:
        """Create a client; it has no secret yet.

        Raises:
            ResponseLostError: It may have been created. After any other error, it wasn't.
        """
        request = Request(
            f'create the API client "{declared.name}"',
            "POST",
            self._url,
            body=declared.model_dump_json(by_alias=True, exclude_none=True),
            idempotent=False,
        )
        client = self._session.fetch(request, ApiClient)
        # A wrong body must not make the caller change or delete another client.
        has_description = "description" in client.model_fields_set
        is_ours = client.name == declared.name and (
            not has_description or client.description == declared.description
        )
        if not is_ours or not _is_usable(client.id):
            raise _build_wrong_object_error(request)
        return client

    def update(self, client: ApiClient) -> ApiClient:
        """Write a client as a whole, what this product does not know of it included.

        Args:
            client: The client as `get` returned it, changed.

        Raises:
            NotFoundError: There is no client of that id.
        """
        operation = f'update the API client "{client.name}"'
        request = Request(
            operation,
            "PUT",
            build_item_url(self._url, client.id, operation),
            body=client.model_dump_json(by_alias=True, exclude_unset=True, exclude={"id"}),
        )
        new_client = self._session.fetch_optional(request, ApiClient) or client
        if new_client.id != client.id:
            raise _build_wrong_object_error(request)
        return new_client

    def delete(self, client_id: str, before_send: Callable[[], None] = lambda: None) -> None:
        """Delete a client with its secrets, for good.

        Args:
            client_id: The client's ID.
            before_send: Called before each attempt; what it raises stops the attempt.

        Raises:
            NotFoundError: There is no client of that ID; an earlier attempt may have deleted it.
        """
        operation = f"delete the API client {client_id}"
        url = build_item_url(self._url, client_id, operation)
        request = Request(operation, "DELETE", url, before_send=before_send)
        self._session.fetch_optional(request, object)


class ApiClientSecrets:
    """The secrets of API clients. Every method raises `ZIdentityError` if it fails."""

    def __init__(self, session: Session, clients_url: str) -> None:
        self._session = session
        self._clients_url = clients_url

    def list(self, client_id: str) -> list[ApiClientSecret]:
        """List a client's secrets, without their values.

        Raises:
            NotFoundError: There is no client of that id.
        """
        operation = f"list the secrets of the API client {client_id}"
        request = Request(operation, "GET", self._build_url(client_id, operation))
        secrets = self._session.fetch(request, list[ApiClientSecret])
        if len({secret.id for secret in secrets}) != len(secrets):
            raise request.build_error("two secrets have the same id", HTTPStatus.OK)
        return secrets

    def create(self, client_id: str, expires_at: datetime) -> NewApiClientSecret:
        """Create a secret; a third one replaces the newest (the vendor's rule).

        Args:
            client_id: The client's id.
            expires_at: 30 to 365 days from now, by the server's clock (the vendor's rule).

        Raises:
            ResponseLostError: The secret may exist, and its value is lost. After any other error,
                it does not exist.
        """
        operation = f"create a secret for the API client {client_id}"
        request = Request(
            operation,
            "POST",
            self._build_url(client_id, operation),
            body=_SecretRequest(expiresAt=int(expires_at.timestamp())).model_dump_json(),
            idempotent=False,
        )
        secret = self._session.fetch(request, NewApiClientSecret)
        self._session.hide(secret.value)
        if abs(secret.expires_at - expires_at) > _ROUNDING or not _is_usable(secret.id):
            raise _build_wrong_object_error(request)
        return secret

    def delete(self, client_id: str, secret_id: str) -> None:
        """Revoke a secret.

        Raises:
            NotFoundError: Client or secret is not there.
        """
        operation = f"revoke the secret {secret_id} of the API client {client_id}"
        url = build_item_url(self._build_url(client_id, operation), secret_id, operation)
        self._session.fetch_optional(Request(operation, "DELETE", url), object)

    def _build_url(self, client_id: str, operation: str) -> str:
        return f"{build_item_url(self._clients_url, client_id, operation)}/secrets"


def _is_usable(identifier: str) -> bool:
    """Whether an ID stays one step of a path: empty ones and dots are resolved away."""
    return bool(identifier.strip("."))


def _build_wrong_object_error(request: Request) -> ZIdentityError:
    return request.build_error("the response describes another object", HTTPStatus.OK)


class _SecretRequest(BaseModel):
    expiresAt: int  # noqa: N815 - ZIdentity's own name, in epoch seconds


def build_item_url(collection: str, identifier: str, operation: str) -> str:
    """Return the URL of one object in a collection.

    Raises:
        BadRequestError: The id would lead to another path: empty ones and dots are resolved away.
    """
    if not _is_usable(identifier):
        raise BadRequestError(
            f'"{identifier}" is not an ID',
            operation=operation,
            hint="Use an ID that zdx-keys list shows.",
        )
    return f"{collection}/{quote(identifier, safe='')}"


class ResourceServers:
    """The API resources of a tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._url = f"{session.base_url}/resource-servers"

    def list(self) -> list[ResourceServer]:
        """List all API resources with the scopes that they offer.

        Raises:
            ZIdentityError: They could not be listed.
        """
        return list_all(self._session, "list API resources", self._url, Page[ResourceServer])
