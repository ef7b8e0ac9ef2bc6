"""The keys in a JWK set (RFC 7517)."""

import json
from dataclasses import dataclass

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication
from zdx_provider.private_text import find_private_key


class PrivateKeyPublishedError(ZdxError):
    """A JWK set contains a private key."""


@dataclass(frozen=True)
class PublishedKey:
    """A key of a JWK set with which a client can authenticate.

    Attributes:
        key_id: Its `kid`; empty if it has none.
        fingerprint: Its fingerprint, as `Authentication` has it.
    """

    key_id: str
    fingerprint: str


def parse_jwks(text: str) -> list[PublishedKey]:
    """Return the keys of a JWK set that ZIdentity accepts; other keys are for other uses.

    Raises:
        PrivateKeyPublishedError: It contains a private key.
        ZdxError: It can't be read.
    """
    if find_private_key(text):
        raise PrivateKeyPublishedError(
            "it contains a private key, which everyone can read.",
            hint="Publish only the public members, and replace the key.",
        )
    try:
        keys = json.loads(text)["keys"]
        members = [(str(key.get("kid", "")), json.dumps(key)) for key in keys]
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        raise ZdxError("it is not a JWK set.") from None
    read = [(key_id, Authentication(public_keys={"": key}).fingerprints) for key_id, key in members]
    return [PublishedKey(key_id, each) for key_id, found in read for each in (found or {}).values()]
