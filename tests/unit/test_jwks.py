"""JWK sets, as a client publishes them."""

import json
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from support.key_pair import KeyPair

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication
from zdx_provider.keys.jwks import PrivateKeyPublishedError, PublishedKey, parse_jwks

RSA, EC = KeyPair.make(), KeyPair.make_ec()


def to_jwk(pem: str, algorithm: Any) -> dict[str, Any]:
    """Return a key as a JWK."""
    name = algorithm.SHA256
    jwk: dict[str, Any] = json.loads(algorithm.to_jwk(algorithm(name).prepare_key(pem)))
    return jwk


def find_fingerprint(pair: KeyPair) -> str:
    """Return the fingerprint of a key."""
    (fingerprint,) = (Authentication(public_keys={"": pair.public_pem}).fingerprints or {}).values()
    return fingerprint


def test_parse_returns_the_keys_that_zidentity_accepts() -> None:
    keys = [
        to_jwk(RSA.public_pem, RSAAlgorithm) | {"kid": "one", "use": "sig"},
        to_jwk(EC.public_pem, ECAlgorithm),
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty": "future", "kid": "unknown"},
    ]

    assert parse_jwks(json.dumps({"keys": keys})) == [
        PublishedKey("one", find_fingerprint(RSA)),
        PublishedKey("", find_fingerprint(EC)),
    ]


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", "{}", "7", '{"keys": 7}', '{"keys": [7]}', "[" * 100_000]
)
def test_parse_refuses_what_is_no_jwk_set(text: str) -> None:
    with pytest.raises(ZdxError, match="is not a JWK set"):
        parse_jwks(text)


def test_parse_finds_a_private_key_and_never_shows_it() -> None:
    private = to_jwk(EC.private_pem, ECAlgorithm)

    whole = json.dumps({"keys": [private]})
    for text in (whole, whole[:-2], f"\ufeff{whole}", EC.private_pem):
        with pytest.raises(PrivateKeyPublishedError) as found:
            parse_jwks(text)

        assert private["d"] not in str(found.value)
