"""The token endpoint, to the letter of the vendor's "Getting Started" with OneAPI."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwt.algorithms import RSAAlgorithm
from support.key_pair import KeyPair

from zdx_emulator.public_keys import parse_certificate
from zdx_emulator.testing import (
    ADMIN_ID,
    ADMIN_SECRET,
    API_CLIENTS,
    EACH_OTHER_WAY,
    TOKEN,
    RunningEmulator,
)

AUDIENCE = "https://api.zscaler.com"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DAY = 86_400

ADMIN_FORM = {
    "grant_type": "client_credentials",
    "client_id": ADMIN_ID,
    "client_secret": ADMIN_SECRET,
    "audience": AUDIENCE,
}


@pytest.fixture
def signed_client(tenant: RunningEmulator, rsa_key: Any) -> str:
    """The id of a client that has registered a public key."""
    keys = [{"keyName": "k", "keyValue": rsa_key.public_pem}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    return tenant.create_client("signed", clientAuthentication=authentication).id


@pytest.fixture
def assertion_form(
    tenant: RunningEmulator, signed_client: str, rsa_key: Any
) -> Callable[..., dict[str, str]]:
    """Makes the form of a client that signs; claims and key can be other than they should."""

    def form(key: Any = rsa_key, kid: str | None = None, **claims: Any) -> dict[str, str]:
        true_claims = {
            "iss": signed_client,
            "sub": signed_client,
            "aud": AUDIENCE,
            "exp": tenant.now() + 600,
        }
        headers = {"kid": kid} if kid else None
        assertion = jwt.encode(true_claims | claims, key.private, "RS256", headers)
        return {
            "grant_type": "client_credentials",
            "client_assertion": assertion,
            "client_assertion_type": ASSERTION_TYPE,
            "audience": AUDIENCE,
        }

    return form


def _jwks(*keys: Any) -> bytes:
    """A JWKS with the public halves of keys, named k1, k2, ..."""
    return _named_jwks({f"k{number}": key for number, key in enumerate(keys, start=1)})


def _named_jwks(keys: dict[str, Any]) -> bytes:
    """A JWKS with the public halves of keys."""
    publics = {n: json.loads(RSAAlgorithm.to_jwk(k.private.public_key())) for n, k in keys.items()}
    named = [{**public, "kid": name, "use": "sig"} for name, public in publics.items()]
    return json.dumps({"keys": named}).encode()


@contextmanager
def _serving(body: bytes | Callable[[], Iterable[bytes]], *, redirect: str = "") -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if redirect else 200)
            if redirect:
                self.send_header("Location", redirect)
            self.end_headers()
            with suppress(OSError):  # the reader may have seen enough
                for part in [body] if isinstance(body, bytes) else body():
                    self.wfile.write(part)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks"
        server.shutdown()
        thread.join()


@pytest.fixture
def jwks_url(rsa_key: Any) -> Iterator[str]:
    """Where a client publishes its key."""
    with _serving(_jwks(rsa_key)) as url:
        yield url


def _is_refused(answer: httpx.Response, error: str) -> bool:
    body = answer.json()
    return answer.status_code == 400 and body["error"] == error and bool(body["error_description"])


def test_token_request_with_a_client_secret_succeeds(anonymous: httpx.Client) -> None:
    answer = anonymous.post(TOKEN, data=ADMIN_FORM)

    token = answer.json()
    assert answer.status_code == 200
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert answer.headers["cache-control"] == "no-store"
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert anonymous.get(API_CLIENTS, headers=bearer).status_code == 200


def test_token_request_with_basic_authentication_succeeds(anonymous: httpx.Client) -> None:
    form = {"grant_type": "client_credentials", "audience": AUDIENCE}

    answer = anonymous.post(TOKEN, data=form, auth=(ADMIN_ID, ADMIN_SECRET))

    assert answer.status_code == 200


def test_token_request_with_unreadable_basic_authentication_is_refused(
    anonymous: httpx.Client,
) -> None:
    form = {"grant_type": "client_credentials", "audience": AUDIENCE}
    headers = {"Authorization": "Basic " + b64encode(b"\xff").decode()}

    answer = anonymous.post(TOKEN, data=form, headers=headers)

    assert _is_refused(answer, "invalid_client")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"audience": ""}, "invalid_request"),
        ({"audience": "https://api.example.com"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        ({"client_secret": "wrong-secret"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": "no one"}, "invalid_client"),
    ],
)
def test_token_request_with_an_invalid_form_is_refused(
    change: dict[str, str], error: str, anonymous: httpx.Client
) -> None:
    assert _is_refused(anonymous.post(TOKEN, data=ADMIN_FORM | change), error)


def test_token_request_with_json_is_refused(anonymous: httpx.Client) -> None:
    assert _is_refused(anonymous.post(TOKEN, json=ADMIN_FORM), "invalid_request")


def test_token_expires_after_its_lifetime(tenant: RunningEmulator, anonymous: httpx.Client) -> None:
    client = tenant.create_client("short", accessTokenLifeTime=60)
    secret = tenant.add_secret(client.id).value
    form = ADMIN_FORM | {"client_id": client.id, "client_secret": secret}

    token = anonymous.post(TOKEN, data=form).json()

    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    assert token["expires_in"] == 60
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 200
    tenant.move_clock(60)
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401


def test_disabling_a_client_invalidates_its_tokens_for_good(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id).value
    bearer = {"Authorization": f"Bearer {tenant.token_for(client.id, secret)}"}
    form = ADMIN_FORM | {"client_id": client.id, "client_secret": secret}
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 200

    tenant.change_client(client.id, status=False)

    assert _is_refused(anonymous.post(TOKEN, data=form), "invalid_client")
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401
    tenant.change_client(client.id, status=True)
    assert anonymous.post(TOKEN, data=form).status_code == 200
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401


def test_deleting_a_client_invalidates_its_tokens(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    token = tenant.token_for(client.id, tenant.add_secret(client.id).value)
    bearer = {"Authorization": f"Bearer {token}"}
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 200

    tenant.delete_client(client.id)

    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401


def test_deleting_a_secret_does_not_invalidate_its_tokens(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    secret = tenant.add_secret(client.id)
    bearer = {"Authorization": f"Bearer {tenant.token_for(client.id, secret.value)}"}

    tenant.delete_secret(client.id, secret.id)

    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 200
    tenant.move_clock(3600)
    assert anonymous.get("/zdx/v1/apps", headers=bearer).status_code == 401


def test_token_request_with_an_expired_secret_is_refused(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    form = ADMIN_FORM | {
        "client_id": client.id,
        "client_secret": tenant.add_secret(client.id, days=30).value,
    }

    tenant.move_clock(29 * DAY)
    assert anonymous.post(TOKEN, data=form).status_code == 200
    tenant.move_clock(30 * DAY)
    assert _is_refused(anonymous.post(TOKEN, data=form), "invalid_client")


def test_token_request_with_a_deleted_secret_is_refused(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    client = tenant.create_client("ci")
    kept, deleted = tenant.add_secret(client.id), tenant.add_secret(client.id)
    form = ADMIN_FORM | {"client_id": client.id}

    tenant.delete_secret(client.id, deleted.id)

    refused = anonymous.post(TOKEN, data=form | {"client_secret": deleted.value})
    assert _is_refused(refused, "invalid_client")
    assert anonymous.post(TOKEN, data=form | {"client_secret": kept.value}).status_code == 200


def test_token_request_with_the_secret_of_another_client_is_refused(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    one, other = tenant.create_client("one"), tenant.create_client("other")
    form = ADMIN_FORM | {
        "client_id": one.id,
        "client_secret": tenant.add_secret(other.id).value,
    }

    assert _is_refused(anonymous.post(TOKEN, data=form), "invalid_client")


def test_token_request_with_an_assertion_succeeds(
    anonymous: httpx.Client, assertion_form: Callable[..., dict[str, str]]
) -> None:
    assert anonymous.post(TOKEN, data=assertion_form()).status_code == 200


@pytest.mark.parametrize(
    ("curve", "algorithm", "is_accepted"),
    [(ec.SECP256R1, "ES256", True), (ec.SECP384R1, "ES384", False), (None, "EdDSA", False)],
    ids=["P-256", "P-384", "Ed25519"],
)
def test_authenticate_with_an_elliptic_key_needs_p256(
    curve: Callable[[], ec.EllipticCurve] | None,
    algorithm: str,
    *,
    is_accepted: bool,
    tenant: RunningEmulator,
    anonymous: httpx.Client,
) -> None:
    key = ec.generate_private_key(curve()) if curve else ed25519.Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    keys = [{"keyName": "k", "keyValue": public.decode()}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    client = tenant.create_client("elliptic", clientAuthentication=authentication)
    claims = {"iss": client.id, "sub": client.id, "aud": AUDIENCE, "exp": tenant.now() + 600}
    form = {
        "grant_type": "client_credentials",
        "client_assertion": jwt.encode(claims, key, algorithm=algorithm),
        "client_assertion_type": ASSERTION_TYPE,
        "audience": AUDIENCE,
    }

    assert (anonymous.post(TOKEN, data=form).status_code == 200) == is_accepted


def test_authenticate_takes_a_key_next_to_one_of_another_kind(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    signed_client: str,
    rsa_key: Any,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).public_key()
    pem = elliptic.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    values = {"new": pem.decode(), "old": rsa_key.public_pem}
    keys = [{"keyName": name, "keyValue": value} for name, value in values.items()]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}

    tenant.change_client(signed_client, clientAuthentication=authentication)

    assert anonymous.post(TOKEN, data=assertion_form()).status_code == 200


@pytest.fixture
def two_keys(tenant: RunningEmulator, signed_client: str, rsa_key: Any, other_rsa_key: Any) -> None:
    """The client has registered a second key, "new", next to "old"."""
    values = {"new": other_rsa_key.public_pem, "old": rsa_key.public_pem}
    keys = [{"keyName": name, "keyValue": value} for name, value in values.items()]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    tenant.change_client(signed_client, clientAuthentication=authentication)


@pytest.mark.usefixtures("two_keys")
@pytest.mark.parametrize(
    ("kid", "is_accepted"), [("old", True), ("new", False), ("elsewhere", True), (None, True)]
)
def test_kid_can_name_the_one_of_several_public_keys_that_signed(
    kid: str | None,
    *,
    is_accepted: bool,
    anonymous: httpx.Client,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    answer = anonymous.post(TOKEN, data=assertion_form(kid=kid))

    assert (answer.status_code == 200) == is_accepted


@pytest.mark.usefixtures("two_keys")
def test_authenticate_with_a_removed_public_key_is_refused(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    signed_client: str,
    other_rsa_key: Any,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    keys = [{"keyName": "new", "keyValue": other_rsa_key.public_pem}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    assert anonymous.post(TOKEN, data=assertion_form()).status_code == 200

    tenant.change_client(signed_client, clientAuthentication=authentication)

    assert _is_refused(anonymous.post(TOKEN, data=assertion_form()), "invalid_client")
    assert anonymous.post(TOKEN, data=assertion_form(other_rsa_key)).status_code == 200


def test_authenticate_with_a_certificate_succeeds_while_it_is_valid(
    tenant: RunningEmulator, anonymous: httpx.Client
) -> None:
    key_pair = KeyPair.make_ec()
    content = key_pair.make_certificate(not_before=tenant.now() + 2 * DAY, days=30)
    certificates = [{"certContent": content}]
    authentication = {"authType": "PUBKEYCERT", "clientCertificates": certificates}
    client = tenant.create_client("certified", clientAuthentication=authentication)

    def authenticate() -> httpx.Response:
        claims = {"iss": client.id, "sub": client.id, "aud": AUDIENCE, "exp": tenant.now() + 600}
        return anonymous.post(
            TOKEN,
            data={
                "grant_type": "client_credentials",
                "client_assertion": jwt.encode(claims, key_pair.private_pem, "ES256"),
                "client_assertion_type": ASSERTION_TYPE,
                "audience": AUDIENCE,
            },
        )

    early = authenticate()
    tenant.move_clock(3 * DAY)
    valid = authenticate()
    tenant.move_clock(33 * DAY)
    late = authenticate()

    assert valid.status_code == 200
    for refused in (early, late):
        assert _is_refused(refused, "invalid_client")
        assert "certificate isn't valid" in refused.json()["error_description"]


def test_assertion_with_a_jti_is_accepted_once(
    tenant: RunningEmulator, anonymous: httpx.Client, assertion_form: Callable[..., dict[str, str]]
) -> None:
    form = assertion_form(jti="one")
    assert anonymous.post(TOKEN, data=form).status_code == 200

    replayed = anonymous.post(TOKEN, data=form)

    assert _is_refused(replayed, "invalid_client")
    assert "used before" in replayed.json()["error_description"]
    assert anonymous.post(TOKEN, data=assertion_form(jti="two")).status_code == 200
    tenant.move_clock(601)
    assert anonymous.post(TOKEN, data=assertion_form(jti="one")).status_code == 200


def test_assertion_of_another_client_can_have_the_same_jti(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    rsa_key: Any,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    keys = [{"keyName": "k", "keyValue": rsa_key.public_pem}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    other = tenant.create_client("other", clientAuthentication=authentication).id

    forms = [assertion_form(jti="one"), assertion_form(jti="one", iss=other, sub=other)]

    assert [anonymous.post(TOKEN, data=form).status_code for form in forms] == [200, 200]


@pytest.mark.parametrize(
    ("claims", "is_accepted"),
    [
        ({"aud": "https://acme.zslogin.net", "iat": 0}, True),
        ({"aud": "https://acme.zslogin.net"}, False),
        ({"aud": "https://acme.zslogin.net", "iat": "now"}, False),
        ({"aud": AUDIENCE, "iat": 0}, False),
        ({"aud": ["https://acme.zslogin.net"], "iat": 0}, False),
        ({"aud": "https://acme.zslogin.net.example.com", "iat": 0}, False),
    ],
)
def test_assertion_may_need_the_login_host_as_its_audience_and_iat(
    claims: dict[str, Any],
    *,
    is_accepted: bool,
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    tenant.switch(EACH_OTHER_WAY["assertions"])

    answer = anonymous.post(TOKEN, data=assertion_form(**claims))

    assert (answer.status_code == 200) == is_accepted


def test_token_request_accepts_a_public_key_registered_as_base64_der(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    signed_client: str,
    rsa_key: Any,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    keys = [{"keyName": "k", "keyValue": b64encode(rsa_key.public_der).decode()}]
    authentication = {"authType": "PUBKEYCERT", "publicKeys": keys}
    tenant.switch(EACH_OTHER_WAY["key_value_encoding"])

    tenant.change_client(signed_client, clientAuthentication=authentication)

    assert anonymous.post(TOKEN, data=assertion_form()).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "no one"},
        {"sub": "no one"},
        {"aud": "https://api.example.com"},
        {"exp": 0},
        {"exp": 99_999_999_999},
    ],
)
def test_token_request_with_a_wrong_claim_is_refused(
    claims: dict[str, Any],
    anonymous: httpx.Client,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    assert _is_refused(anonymous.post(TOKEN, data=assertion_form(**claims)), "invalid_client")


def test_token_request_with_an_unregistered_key_is_refused(
    anonymous: httpx.Client,
    other_rsa_key: Any,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    form = assertion_form(key=other_rsa_key)

    assert _is_refused(anonymous.post(TOKEN, data=form), "invalid_client")


# JSON that is nested more deeply than a reader goes.
DEEP = b64encode(b"[" * 99_999).decode()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"client_assertion_type": "password"}, "invalid_request"),
        ({"client_assertion": "no-jwt"}, "invalid_client"),
        ({"client_assertion": f"{DEEP}.{DEEP}.{DEEP}"}, "invalid_client"),
        ({"client_assertion": f"eyJhbGciOiJFUzI1NiJ9.{DEEP}.AAAA"}, "invalid_client"),
        ({"client_id": "no one"}, "invalid_client"),
    ],
)
def test_token_request_with_an_invalid_assertion_is_refused(
    change: dict[str, str],
    error: str,
    anonymous: httpx.Client,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    assert _is_refused(anonymous.post(TOKEN, data=assertion_form() | change), error)


@pytest.fixture
def published_form(tenant: RunningEmulator, rsa_key: Any) -> Callable[..., dict[str, str]]:
    """Makes the form of a client whose key is published at an address, under the name `kid`."""

    def form(url: str, kid: str | None = "k1") -> dict[str, str]:
        authentication = {"authType": "JWKS", "clientJWKsUrl": url}
        client = tenant.create_client("published", clientAuthentication=authentication)
        claims = {
            "iss": client.id,
            "sub": client.id,
            "aud": AUDIENCE,
            "exp": tenant.now() + 600,
        }
        headers = {"kid": kid} if kid else None
        assertion = jwt.encode(claims, rsa_key.private, algorithm="RS256", headers=headers)
        return {
            "grant_type": "client_credentials",
            "client_id": client.id,
            "audience": AUDIENCE,
            "client_assertion": assertion,
            "client_assertion_type": ASSERTION_TYPE,
        }

    return form


def test_token_request_with_a_published_key_succeeds(
    anonymous: httpx.Client, jwks_url: str, published_form: Callable[[str], dict[str, str]]
) -> None:
    assert anonymous.post(TOKEN, data=published_form(jwks_url)).status_code == 200


@pytest.mark.parametrize(
    ("kid", "key_count", "is_accepted"),
    [("k1", 2, True), ("k2", 2, False), ("k3", 2, False), (None, 1, True), (None, 2, False)],
)
def test_kid_says_which_of_several_published_keys_signed(
    kid: str | None,
    key_count: int,
    *,
    is_accepted: bool,
    anonymous: httpx.Client,
    published_form: Callable[..., dict[str, str]],
    rsa_key: Any,
    other_rsa_key: Any,
) -> None:
    with _serving(_jwks(*[rsa_key, other_rsa_key][:key_count])) as url:
        answer = anonymous.post(TOKEN, data=published_form(url, kid))

    assert (answer.status_code == 200) == is_accepted


def test_authenticate_accepts_a_newly_published_key_at_once(
    anonymous: httpx.Client,
    published_form: Callable[..., dict[str, str]],
    rsa_key: Any,
    other_rsa_key: Any,
) -> None:
    published = {"old": other_rsa_key}
    with _serving(lambda: [_named_jwks(published)]) as url:
        refused = anonymous.post(TOKEN, data=published_form(url, "new"))
        published["new"] = rsa_key
        accepted = anonymous.post(TOKEN, data=published_form(url, "new"))

    assert _is_refused(refused, "invalid_client")
    assert accepted.status_code == 200


def test_published_keys_are_fetched_once_in_five_minutes(
    tenant: RunningEmulator,
    anonymous: httpx.Client,
    published_form: Callable[..., dict[str, str]],
    rsa_key: Any,
) -> None:
    fetches: list[int] = []

    def serve() -> list[bytes]:
        fetches.append(tenant.now())
        return [_jwks(rsa_key)]

    with _serving(serve) as url:
        for _ in range(3):
            assert anonymous.post(TOKEN, data=published_form(url)).status_code == 200
        counts = [len(fetches)]
        tenant.move_clock(301)
        assert anonymous.post(TOKEN, data=published_form(url)).status_code == 200
        counts.append(len(fetches))

    assert counts == [1, 2]


def test_token_request_with_a_jwks_that_is_too_large_is_refused(
    anonymous: httpx.Client, published_form: Callable[..., dict[str, str]], rsa_key: Any
) -> None:
    with _serving(_jwks(rsa_key) + b" " * 64 * 1024) as url:
        answer = anonymous.post(TOKEN, data=published_form(url))

    assert _is_refused(answer, "invalid_client")


@pytest.mark.slow
def test_token_request_with_a_jwks_that_takes_too_long_is_refused(
    anonymous: httpx.Client, published_form: Callable[..., dict[str, str]]
) -> None:
    stop = threading.Event()

    def send_slowly() -> Iterator[bytes]:
        while not stop.wait(0.5):
            yield b" "

    with _serving(send_slowly) as url:
        start = time.monotonic()
        answer = anonymous.post(TOKEN, data=published_form(url))
        stop.set()

    assert _is_refused(answer, "invalid_client")
    assert time.monotonic() - start < 10


def test_authenticate_refuses_an_unreadable_assertion_for_a_published_key(
    anonymous: httpx.Client, jwks_url: str, published_form: Callable[..., dict[str, str]]
) -> None:
    form = published_form(jwks_url) | {"client_assertion": "no-jwt"}

    assert _is_refused(anonymous.post(TOKEN, data=form), "invalid_client")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/hostname",
        "file://localhost{jwks_file}",
        "FILE://127.0.0.1{jwks_file}",
        "ftp://127.0.0.1/jwks",
        "data:application/json,{{}}",
        "http://[",
        "http://127.0.0.1:99999/jwks",
        "http://127.0.0.1:1/jwks",
        "http://192.0.2.1/jwks",
        "https://127.0.0.1:1/jwks",
        "jwks",
    ],
)
def test_token_request_with_an_unreadable_jwks_url_is_refused(
    url: str,
    anonymous: httpx.Client,
    published_form: Callable[[str], dict[str, str]],
    rsa_key: Any,
    tmp_path: Path,
) -> None:
    jwks_file = tmp_path / "jwks"
    jwks_file.write_bytes(_jwks(rsa_key))

    answer = anonymous.post(TOKEN, data=published_form(url.format(jwks_file=jwks_file)))

    assert _is_refused(answer, "invalid_client")


@pytest.mark.parametrize(
    "content",
    [b"<html>", b"[]", b"7", b'{"keys": 7}', b'{"keys": [7]}', b"\xff", b"[" * 60_000],
)
def test_token_request_with_a_malformed_jwks_is_refused(
    content: bytes, anonymous: httpx.Client, published_form: Callable[[str], dict[str, str]]
) -> None:
    with _serving(content) as url:
        answer = anonymous.post(TOKEN, data=published_form(url))

    assert _is_refused(answer, "invalid_client")


def test_token_request_with_a_redirected_jwks_url_is_refused(
    anonymous: httpx.Client, jwks_url: str, published_form: Callable[[str], dict[str, str]]
) -> None:
    with _serving(b"", redirect=jwks_url) as url:
        answer = anonymous.post(TOKEN, data=published_form(url))

    assert _is_refused(answer, "invalid_client")


@pytest.mark.parametrize(
    "claims", [{"exp": "soon"}, {"exp": None}, {"exp": [1]}, {"sub": "\ud800"}, {"jti": 7}]
)
def test_token_request_with_a_claim_of_a_wrong_type_is_refused(
    claims: dict[str, Any],
    anonymous: httpx.Client,
    assertion_form: Callable[..., dict[str, str]],
) -> None:
    assert _is_refused(anonymous.post(TOKEN, data=assertion_form(**claims)), "invalid_client")


def test_certificate_of_an_unknown_version_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="not a valid X509 version"):
        parse_certificate(KeyPair.make_ec().make_certificate_of_unknown_version())
