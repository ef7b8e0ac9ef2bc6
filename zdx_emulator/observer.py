"""Looks at a tenant and steers it, without disturbing what is tested.

What is asked through an observer meets no fault, no latency and no rate limit, and is not logged.
What it makes is there for all at once, however reads lag.
"""

import time
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter
from requests import HTTPError, Response, Session

from zdx_emulator.catalog import AUDIENCE, ROLES, ZSCALER_APIS
from zdx_emulator.models import (
    OBSERVER_HEADER,
    ApiClient,
    ApiClientSecret,
    ArmedFault,
    Fault,
    LoggedRequest,
    Page,
    Switches,
)

TOKEN = "/oauth2/v1/token"  # noqa: S105 - a path
API_CLIENTS = "/ziam/admin/api/v1/api-clients"
API_CLIENT = f"{API_CLIENTS}/{{id}}"
SECRETS = f"{API_CLIENT}/secrets"
SECRET = f"{SECRETS}/{{secretId}}"
RESOURCE_SERVERS = "/ziam/admin/api/v1/resource-servers"

ADMIN_ID = "emulator-admin"
ADMIN_SECRET = "emulator-admin-secret"  # noqa: S105 - the documented one of every emulator

_PAGE_SIZE = 1000
_TIMEOUT_SECONDS = 60
_POLL_SECONDS = 0.01

Model = TypeVar("Model", bound=BaseModel)


class Observer:
    """A tenant, seen from a test.

    Args:
        url: Its origin, `http://127.0.0.1:<port>`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._session = Session()
        self._session.trust_env = False
        self._session.headers[OBSERVER_HEADER] = "testing"

    def token_for(self, client_id: str, secret: str) -> str:
        """Returns a bearer token.

        Raises:
            requests.HTTPError: The tenant refuses.
        """
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "audience": AUDIENCE,
        }
        answer = self._send("POST", TOKEN, data=form)
        return str(answer.json()["access_token"])

    def signs_in(self, client_id: str, secret: str) -> bool:
        """Tells whether an API client gets a token by a secret, whatever id it signs in by."""
        client = self.client(client_id)
        try:
            return bool(self.token_for(client.client_id or client.id, secret))
        except HTTPError:
            return False

    def clients(self) -> list[ApiClient]:
        """Returns all API clients, oldest first."""
        found: list[ApiClient] = []
        while True:
            path = f"{API_CLIENTS}?limit={_PAGE_SIZE}&offset={len(found)}"
            page = _parse(Page[ApiClient], self._administer("GET", path))
            found += page.records
            if page.next_link is None:
                return found

    def client_named(self, name: str) -> ApiClient:
        """Returns the one API client of exactly that name.

        Raises:
            LookupError: There is none, or more than one.
        """
        found = [client for client in self.clients() if client.name == name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} clients are named {name!r}")
        return found[0]

    def client(self, client_id: str) -> ApiClient:
        """Returns the API client of that id.

        Raises:
            requests.HTTPError: There is none.
        """
        return _parse(ApiClient, self._administer("GET", f"{API_CLIENTS}/{client_id}"))

    def create_client(
        self,
        name: str,
        *,
        role: str = "ZDX Read-only Admin",
        service: str = "ZDX",
        **members: Any,
    ) -> ApiClient:
        """Makes an API client behind the back of whoever is tested.

        Args:
            name: Its name.
            role: Its role, as the portal shows it.
            service: Whose role it is.
            **members: Members of the request's body, as the wire names them.
        """
        body = {
            "name": name,
            "accessTokenLifeTime": 3600,
            "clientAuthentication": {"authType": "SECRET"},
            "clientResources": [
                {"id": ZSCALER_APIS.id, "selectedScopes": [{"id": scope_id(role, service)}]}
            ],
            **members,
        }
        return _parse(ApiClient, self._administer("POST", API_CLIENTS, json=body))

    def change_client(self, client_id: str, **members: Any) -> ApiClient:
        """Changes members of an API client, as the wire names them, and keeps the others."""
        path = f"{API_CLIENTS}/{client_id}"
        body = self._administer("GET", path).json() | members
        return _parse(ApiClient, self._administer("PUT", path, json=body))

    def delete_client(self, client_id: str) -> None:
        """Deletes an API client."""
        self._administer("DELETE", f"{API_CLIENTS}/{client_id}")

    def secrets(self, client_id: str) -> list[ApiClientSecret]:
        """Returns the secrets of an API client, oldest first, masked."""
        answer = self._administer("GET", f"{API_CLIENTS}/{client_id}/secrets")
        return TypeAdapter(list[ApiClientSecret]).validate_json(answer.content)

    def add_secret(self, client_id: str, *, days: float = 180) -> ApiClientSecret:
        """Mints a secret that lives that many days, and returns it in the clear."""
        body = {"expiresAt": self.now() + int(days * 86_400)}
        answer = self._administer("POST", f"{API_CLIENTS}/{client_id}/secrets", json=body)
        return _parse(ApiClientSecret, answer)

    def delete_secret(self, client_id: str, secret_id: str) -> None:
        """Ends a secret."""
        self._administer("DELETE", f"{API_CLIENTS}/{client_id}/secrets/{secret_id}")

    def fault(self, **members: Any) -> Fault:
        """Arms a fault; the arguments are the attributes of `Fault`."""
        fault = Fault(**members)
        body = fault.model_dump(mode="json", exclude_defaults=True)
        self._send("POST", "/_emulator/faults", json=body)
        return fault

    def faults(self) -> list[ArmedFault]:
        """Returns the armed faults and what became of them."""
        answer = self._send("GET", "/_emulator/faults")
        return TypeAdapter(list[ArmedFault]).validate_json(answer.content)

    def clear_faults(self) -> None:
        """Disarms all faults and releases what they hold."""
        self._send("DELETE", "/_emulator/faults")

    def wait_until_held(self) -> None:
        """Waits until a fault holds a request.

        Raises:
            TimeoutError: None does within a minute.
        """
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while not any(armed.held for armed in self.faults()):
            if time.monotonic() > deadline:
                raise TimeoutError("no request is held")
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Lets go of the requests that are held now."""
        self._send("POST", "/_emulator/release")

    def requests(self) -> list[LoggedRequest]:
        """Returns the requests that the tenant saw, in the order of arrival."""
        answer = self._send("GET", "/_emulator/requests")
        return TypeAdapter(list[LoggedRequest]).validate_json(answer.content)

    def clear_requests(self) -> None:
        """Empties the log of requests."""
        self._send("DELETE", "/_emulator/requests")

    def switch(self, switches: Switches) -> None:
        """Turns all switches; `EACH_OTHER_WAY` has them one by one."""
        self._send("POST", "/_emulator/switches", json=switches.model_dump())

    def now(self) -> int:
        """Returns the tenant's time in epoch seconds."""
        return int(self._send("GET", "/_emulator/health").json()["now"])

    def move_clock(self, offset_seconds: int) -> None:
        """Sets how far the tenant's clock is ahead of the machine's."""
        self._send("POST", "/_emulator/clock", json={"offset_seconds": offset_seconds})

    def reset(self) -> None:
        """Makes the tenant as new."""
        self._send("POST", "/_emulator/reset")

    def close(self) -> None:
        """Lets go of the connection."""
        self._session.close()

    def _administer(self, method: str, path: str, **arguments: Any) -> Response:
        token = self.token_for(ADMIN_ID, ADMIN_SECRET)
        return self._send(method, path, headers={"Authorization": f"Bearer {token}"}, **arguments)

    def _send(self, method: str, path: str, **arguments: Any) -> Response:
        answer = self._session.request(
            method, self.url + path, timeout=_TIMEOUT_SECONDS, **arguments
        )
        answer.raise_for_status()
        return answer


def scope_id(role: str, service: str = "ZDX") -> str:
    """Returns the scope id of a role.

    Raises:
        LookupError: The service has no such role.
    """
    for found, known in ROLES.items():
        if (known.service, known.name) == (service, role):
            return found
    raise LookupError(f"{service} has no role {role!r}")


def _parse(model: type[Model], answer: Response) -> Model:
    return model.model_validate_json(answer.content)
