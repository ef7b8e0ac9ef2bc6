"""JWK sets, as a client publishes them, and their URLs."""

import json
from typing import Any

import pytest
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from support.key_pair import KeyPair

from zdx_provider.errors import ZdxError
from zdx_provider.keys.authentication import Authentication, find_broken_members
from zdx_provider.keys.jwks import (
    PrivateKeyPublishedError,
    PublishedKey,
    find_url_rule,
    parse_jwks,
)

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


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("acme.com/jwks", "must be a URL that starts with https://"),
        ("ftp://acme.com/jwks", "must be a URL that starts with https://"),
        ("https:///jwks", "must be a URL that starts with https://"),
        ("https://acme.com:port/jwks", "must be a URL that starts with https://"),
        ("https://acme.com:0/jwks", "must be a URL that starts with https://"),
        ("https://[::1/jwks", "must be a URL that starts with https://"),
        (7.0, "must be a URL that starts with https://"),
        ("https://ci:fake@acme.com/jwks", "must not contain a user name or a password"),
        ("https://@acme.com/jwks", "must not contain a user name or a password"),
        ("https://acme.com/jwks#a", "must not contain a fragment"),
        ("https://acme.com/jwks#", "must not contain a fragment"),
        ("https://acme.com/a b", "must be a URL of at most 1024 printable ASCII characters"),
        ("https://acme.com\\@evil.com", "must be a URL of at most 1024 printable ASCII characters"),
        ("https://\u0430cme.com/jwks", "must be a URL of at most 1024 printable ASCII characters"),
        ("https://acme.com/" + "x" * 1024, "must be a URL of at most 1024 printable ASCII"),
        ("", "must be a URL of at most 1024 printable ASCII characters"),
    ],
)
def test_check_reports_an_unusable_url(url: object, rule: str) -> None:
    ((subject, text),) = find_broken_members({"jwks_url": url}).items()

    assert subject == "authentication.jwks_url"
    assert text.startswith(rule)
    assert "fake" not in text


PRIVATE_URLS = [
    "https://localhost/jwks",
    "https://LOCALHOST./jwks",
    "https://ci.localhost/jwks",
    "https://vault/jwks",
    "https://vault.local/jwks",
    "https://vault.internal:8200/jwks",
    "https://127.0.0.1/jwks",
    "https://127.1/jwks",
    "https://2130706433/jwks",
    "https://0x7f000001/jwks",
    "https://10.1.2.3/jwks",
    "https://172.16.0.1/jwks",
    "https://192.168.0.1/jwks",
    "https://169.254.169.254/latest",
    "https://100.64.0.1/jwks",
    "https://0.0.0.0/jwks",
    "https://224.0.0.1/jwks",
    "https://[::1]/jwks",
    "https://[fe80::1]/jwks",
    "https://[fec0::1]/jwks",
    "https://[fc00::1]/jwks",
    "https://[::127.0.0.1]/jwks",
    "https://[64:ff9b::7f00:1]/jwks",
    "https://[64:ff9b::a9fe:a9fe]/jwks",
    *(
        f"https://vault.{suffix}/jwks"
        for suffix in ("LAN", "home", "corp", "localdomain", "test", "invalid", "onion")
    ),
    "https://[::ffff:10.0.0.1]/jwks",
    "https://[2002:a00:1::]/jwks",
]


@pytest.mark.parametrize("url", PRIVATE_URLS)
def test_check_refuses_a_url_that_is_not_public(url: str) -> None:
    declared = {"jwks_url": url}

    assert find_broken_members(declared) == {}
    assert find_url_rule(declared, is_tenant_local=False) == (
        "must be a public address, because ZIdentity reads it"
    )
    assert find_url_rule(declared, is_tenant_local=True) is None


@pytest.mark.parametrize("host", ["%31%32%37.0.0.1", "%6cocalhost.%6cocal", "[fe80::1%25eth0]"])
def test_check_refuses_a_host_that_a_library_decodes(host: str) -> None:
    assert find_broken_members({"jwks_url": f"https://{host}/jwks"}) == {
        "authentication.jwks_url": "must not contain % in its host"
    }


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.com/jwks?v=1",
        "https://8.8.8.8:8443/jwks",
        "https://[2606:4700::1]/jwks",
        "https://acme.com/".ljust(1024, "x"),
    ],
)
def test_check_accepts_a_public_url(url: str) -> None:
    assert find_broken_members({"jwks_url": url}) == {}
    assert find_url_rule({"jwks_url": url}, is_tenant_local=False) is None


def test_only_a_local_tenant_may_read_a_loopback_address_without_tls() -> None:
    local, remote = {"jwks_url": "http://127.0.0.1:8000/jwks"}, {"jwks_url": "http://acme.com/jwks"}

    assert find_url_rule(local, is_tenant_local=True) is None
    assert find_url_rule(local, is_tenant_local=False) == "must start with https://"
    assert find_url_rule(remote, is_tenant_local=True) == "must start with https://"
