"""What the comparison measures ours against: a provider that does nothing, and a plain one.

Programs of the comparison import this module, so that their states name these classes by reference.
"""

import time
import uuid
from typing import Any

import pulumi
import requests
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

ROLE = "ZDX Read-only Admin"
SECRETS = ["key_secret", "key_json"]
YEAR_SECONDS = 364 * 86_400

_OUTPUTS = (
    *("name", "role", "description", "enabled", "token_lifetime_seconds", "tenant", "adopt"),
    *("managed_by", "key_id", "key_secret", "key_json", "role_id", "vanity_domain", "cloud"),
    *("secret_id", "secret_created_at", "secret_expires_at", "previous_secret_id"),
    *("previous_secret_revoke_on", "key_fingerprints", "certificate_expires_at"),
)


class NoOpProvider(ResourceProvider):
    """Sends nothing: what remains is the engine, its plugin host and the SDK."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Return outputs of the size of a real key's."""
        key_id, secret = uuid.uuid4().hex[:13], uuid.uuid4().hex * 2
        made = {
            "key_id": key_id,
            "key_secret": secret,
            "key_json": f'{{"key_id": "{key_id}", "key_secret": "{secret}"}}',
            "role_id": "hhlm4bhmbg7ir::hplm4bko807ji",
            "vanity_domain": "acme",
            "cloud": "",
            "secret_id": key_id,
            "secret_created_at": "2026-11-26T00:00:00Z",
            "secret_expires_at": "2027-11-25T00:00:00Z",
            "managed_by": f"bench/test/{props['name']}",
        }
        return CreateResult(key_id, {**props, **made})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Find no change."""
        return DiffResult(changes=False)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Find no drift."""
        return ReadResult(id_, props)

    def update(self, _id: str, olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Change nothing."""
        return UpdateResult(olds)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Delete nothing."""


class PlainProvider(ResourceProvider):
    """About what a user writes in an hour: one session, no retries, no checks."""

    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Get a token, once for the process and only if it is needed."""
        self._read = req.config.get
        self._session: requests.Session | None = None

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Create a client and a secret."""
        resources = [{"id": "jhlm4bhr7g7j2", "selectedScopes": [{"id": props["role_id"]}]}]
        body = {"name": props["name"], "clientResources": resources}
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


def declare(provider: ResourceProvider, number: int, **inputs: Any) -> None:
    """Declare one key with the outputs of `zdx_provider.ApiKey`."""
    outputs: dict[str, Any] = dict.fromkeys(_OUTPUTS)
    declared = {"name": f"key-{number}", "role": ROLE, "description": "", "enabled": True, **inputs}
    options = pulumi.ResourceOptions(additional_secret_outputs=SECRETS)
    _Key(provider, f"key-{number}", {**outputs, **declared}, options)


class _Key(Resource, module="bench", name="Key"):
    """A key of either provider."""
