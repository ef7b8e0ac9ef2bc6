"""A provider as a user writes it in an hour: one session, no retries, no checks."""

import time
from typing import Any

import requests
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
)

YEAR_SECONDS = 364 * 86_400


class PlainProvider(ResourceProvider):
    """Creates, reads and deletes keys."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Get a token, once for the process and only if it is needed."""
        self._read = req.config.get
        self._session: requests.Session | None = None

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a client and a secret."""
        resources = [{"id": "jhlm4bhr7g7j2", "selectedScopes": [{"id": props["role_id"]}]}]
        body = {
            "name": props["name"],
            "accessTokenLifeTime": 3600,
            "clientAuthentication": {"authType": "SECRET"},
            "clientResources": resources,
        }
        key_id = self._send("POST", "", json=body)["id"]
        expires = {"expiresAt": int(time.time()) + YEAR_SECONDS}
        secret = self._send("POST", f"/{key_id}/secrets", json=expires)
        made = {"key_id": key_id, "key_secret": secret["value"], "secret_id": secret["id"]}
        return CreateResult(key_id, {**props, **made})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare the name."""
        return DiffResult(changes=olds["name"] != news["name"])

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Read the name."""
        return ReadResult(id_, {**props, "name": self._send("GET", f"/{id_}")["name"]})

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        """Delete the client."""
        self._send("DELETE", f"/{id_}")

    def _send(self, method: str, path: str, **options: Any) -> Any:
        if self._session is None:
            form = {
                "grant_type": "client_credentials",
                "client_id": self._read("zdx:clientId"),
                "client_secret": self._read("zdx:clientSecret"),
                "audience": "https://api.zscaler.com",
            }
            answer = requests.post(self._read("zdx:tokenUrl"), form, timeout=60)
            session = requests.Session()
            session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            self._session = session
        url = f"{self._read('zdx:apiUrl')}/ziam/admin/api/v1/api-clients{path}"
        response = self._session.request(method, url, timeout=60, **options)
        response.raise_for_status()
        return response.json() if response.content else {}
