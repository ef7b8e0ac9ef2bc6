"""A provider that does nothing, and keys with the outputs of ours.

The programs of the comparison import it, so that their states name the class by reference.
"""

import uuid
from typing import Any

import pulumi
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)

ROLE = "ZDX Read-only Admin"
SECRETS = ["key_secret", "key_json"]

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


def declare(provider: ResourceProvider, number: int, **inputs: Any) -> None:
    """Declare one key with the outputs of `zdx_provider.ApiKey`."""
    outputs: dict[str, Any] = dict.fromkeys(_OUTPUTS)
    declared = {"name": f"key-{number}", "role": ROLE, "description": "", "enabled": True, **inputs}
    options = pulumi.ResourceOptions(additional_secret_outputs=SECRETS)
    _Key(provider, f"key-{number}", {**outputs, **declared}, options)


class _Key(Resource, module="bench", name="Key"):
    """A key of either provider."""
