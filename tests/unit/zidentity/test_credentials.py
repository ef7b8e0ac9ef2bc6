import base64
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from zdx_provider.errors import SettingsError
from zdx_provider.zidentity import ClientSecret, PrivateKey, Tenant

NOW = 1_800_000_000.0
AUDIENCE = "https://api.zscaler.com"
TENANT = Tenant("acme")


def test_client_secret_builds_the_documented_form() -> None:
    assert ClientSecret("admin", "obviously-fake").build_token_request(TENANT, NOW) == {
        "grant_type": "client_credentials",
        "client_id": "admin",
        "client_secret": "obviously-fake",
        "audience": AUDIENCE,
    }


def test_private_key_signs_an_assertion_valid_for_at_most_ten_minutes(
    private_key: PrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    form = private_key.build_token_request(TENANT, NOW)

    claims = read_claims(form, rsa_key.public_key(), "RS256")
    assert claims["iss"] == claims["sub"] == form["client_id"] == "admin"
    assert claims["iat"] <= NOW < claims["exp"]
    assert claims["exp"] - claims["iat"] <= 600
    assert claims["jti"]
    assert form["client_assertion_type"].endswith("client-assertion-type:jwt-bearer")
    assert form["audience"] == AUDIENCE


def test_private_key_on_p256_signs_with_es256(ec_key: ec.EllipticCurvePrivateKey) -> None:
    key = PrivateKey("admin", write(ec_key, serialization.PrivateFormat.PKCS8))

    claims = read_claims(key.build_token_request(TENANT, NOW), ec_key.public_key(), "ES256")

    assert claims["iss"] == claims["sub"] == "admin"


def test_assertion_has_the_audience_of_the_tenant(
    private_key: PrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    tenant = Tenant("acme", assertion_audience="https://acme.zslogin.net")

    form = private_key.build_token_request(tenant, NOW)

    claims = read_claims(form, rsa_key.public_key(), "RS256", "https://acme.zslogin.net")
    assert claims["aud"] == "https://acme.zslogin.net"
    assert form["audience"] == AUDIENCE


def test_token_request_leaves_the_audience_out(private_key: PrivateKey) -> None:
    tenant = Tenant("acme", token_audience="none")

    for credentials in (private_key, ClientSecret("admin", "obviously-fake")):
        assert "audience" not in credentials.build_token_request(tenant, NOW)


def test_assertion_names_the_key_if_the_key_has_an_id(
    private_key: PrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    named = PrivateKey("admin", json.dumps({**json.loads(to_jwk(rsa_key)), "kid": "2026-11"}))

    headers = [
        jwt.get_unverified_header(key.build_token_request(TENANT, NOW)["client_assertion"])
        for key in (private_key, named)
    ]

    assert headers == [
        {"alg": "RS256", "typ": "JWT"},
        {"alg": "RS256", "typ": "JWT", "kid": "2026-11"},
    ]


def read_claims(
    form: dict[str, str], key: Any, algorithm: str, audience: str = AUDIENCE
) -> dict[str, Any]:
    """The claims of an assertion that a key has signed."""
    claims: dict[str, Any] = jwt.decode(
        form["client_assertion"],
        key,
        algorithms=[algorithm],
        audience=audience,
        options={"verify_exp": False, "verify_iat": False},
    )
    return claims


def test_private_key_signs_a_new_assertion_each_time(private_key: PrivateKey) -> None:
    first, second = (
        private_key.build_token_request(TENANT, NOW)["client_assertion"] for _ in range(2)
    )

    assert first != second


def test_private_key_is_not_in_the_token_request(private_key: PrivateKey) -> None:
    assert "PRIVATE KEY" not in str(private_key.build_token_request(TENANT, NOW))


@pytest.mark.parametrize("pem", ["", "obviously-fake", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_private_key_refuses_other_text_without_repeating_it(pem: str) -> None:
    with pytest.raises(
        SettingsError, match=r"not an RSA or EC P-256 key in PEM form|is cut off"
    ) as error:
        PrivateKey("admin", pem)

    assert "obviously-fake" not in str(error.value)


def write(key: PrivateKeyTypes, form: serialization.PrivateFormat, passphrase: str = "") -> str:
    """The PEM of a key."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        form,
        serialization.BestAvailableEncryption(passphrase.encode())
        if passphrase
        else serialization.NoEncryption(),
    ).decode()


def to_jwk(key: Any) -> str:
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        return str(RSAAlgorithm.to_jwk(key))
    is_elliptic = isinstance(key, ec.EllipticCurvePrivateKey)
    return str((ECAlgorithm if is_elliptic else OKPAlgorithm).to_jwk(key))


def to_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS: dict[str, Callable[[str], str]] = {
    "CRLF": lambda pem: pem.replace("\n", "\r\n"),
    "literal line breaks": lambda pem: pem.strip().replace("\n", "\\n"),
    "literal CRLF": lambda pem: pem.replace("\n", "\\r\\n"),
    "one line with blanks": lambda pem: pem.replace("\n", " "),
    "one line with nothing": lambda pem: pem.replace("\n", ""),
    "indented": lambda pem: "\n".join(f"    {line}" for line in pem.splitlines()),
    "base64": to_base64,
    "base64 in lines": lambda pem: base64.encodebytes(pem.encode()).decode(),
    "base64 of DER": lambda pem: "".join(pem.splitlines()[1:-1]),
    "with text around": lambda pem: f"Bag Attributes\n  friendlyName: zdx\n{pem}\n",
}


@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
@pytest.mark.parametrize("kind", ["rsa_key", "ec_key"])
def test_private_key_accepts_every_usual_form(
    request: pytest.FixtureRequest, kind: str, form: str, written: str
) -> None:
    key = request.getfixturevalue(kind)
    text = FORMS[written](write(key, getattr(serialization.PrivateFormat, form)))

    read = PrivateKey("admin", text)

    assert read == PrivateKey("admin", write(key, serialization.PrivateFormat.PKCS8))
    assert read.algorithm == {"rsa_key": "RS256", "ec_key": "ES256"}[kind]


def test_private_key_is_read_beside_the_parameters_of_its_curve(
    ec_key: ec.EllipticCurvePrivateKey,
) -> None:
    own = write(ec_key, serialization.PrivateFormat.TraditionalOpenSSL)
    parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"

    assert PrivateKey("admin", parameters + own) == PrivateKey("admin", own)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_private_key_is_read_from_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem: str, encoding: str
) -> None:
    (tmp_path / "zdx.pem").write_text(pem, encoding=encoding)
    (tmp_path / "zdx").write_text(pem)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    paths = [str(tmp_path / "zdx.pem"), "zdx.pem", "~/zdx.pem", "zdx"]

    assert {PrivateKey("admin", path) for path in paths} == {PrivateKey("admin", pem)}


@pytest.mark.parametrize("kind", ["rsa_key", "ec_key"])
def test_private_key_is_read_from_a_jwk(request: pytest.FixtureRequest, kind: str) -> None:
    key = request.getfixturevalue(kind)

    pem = write(key, serialization.PrivateFormat.PKCS8)
    assert PrivateKey("admin", to_jwk(key)) == PrivateKey("admin", pem)


def test_private_key_refuses_an_unreadable_path_without_showing_it(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"-" * 100_000)

    for path in (tmp_path, tmp_path / "large", tmp_path / "missing", "/dev/zero", "~no one/x"):
        with pytest.raises(SettingsError, match="path of a readable file") as refused:
            PrivateKey("admin", str(path))

        assert str(path) not in str(refused.value)


def describe_refusal(text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        PrivateKey("admin", text)
    shown = [*traceback.format_exception_only(refused.value), repr(refused.value.__context__)]
    assert not [line for line in text.splitlines() if len(line) > 30 and line in "".join(shown)]
    return str(refused.value)


def test_private_key_names_another_kind_of_key_or_certificate(
    rsa_key: rsa.RSAPrivateKey, pem: str
) -> None:
    pkcs8, traditional = (
        serialization.PrivateFormat.PKCS8,
        serialization.PrivateFormat.TraditionalOpenSSL,
    )
    p384, k256 = (ec.generate_private_key(curve()) for curve in (ec.SECP384R1, ec.SECP256K1))
    ed25519_key = ed25519.Ed25519PrivateKey.generate()
    public = rsa_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    certificate = pem.replace("PRIVATE KEY", "CERTIFICATE")
    named = {
        "is a public key": public.decode(),
        "is a certificate": certificate,
        "encrypted with a passphrase": write(rsa_key, pkcs8, "obviously-fake"),
        "a passphrase. Remove": write(rsa_key, traditional, "obviously-fake"),
        "OpenSSH": write(rsa_key, serialization.PrivateFormat.OpenSSH),
        "is an EC key with the curve secp384r1, not P-256": write(p384, pkcs8),
        "with the curve secp256k1, not P-256": write(k256, traditional),
        "curve secp384r1, not": to_jwk(p384),
        "is an Ed25519 or Ed448 key, not an RSA or EC P-256 private key": write(ed25519_key, pkcs8),
        "is an Ed25519 or Ed448 key": to_jwk(ed25519_key),
        "the private key is not an RSA or EC": write(x25519.X25519PrivateKey.generate(), pkcs8),
        "is a DSA key": write(dsa.generate_private_key(2048), traditional),
        "damaged or cut off": pem.replace(pem[100:160], ""),
        "is cut off": pem[:500],
        "is JSON, but not the JWK of an RSA or EC P-256 private": to_jwk(rsa_key.public_key()),
        "not the JWK": json.dumps({**json.loads(to_jwk(rsa_key)), "kid": 7}),
        "is JSON, but not": '{"kty": ["RSA"]}',
        "not an RSA or EC P-256 key in PEM form": "obviously-fake",
    }

    assert {name for name, text in named.items() if name in describe_refusal(text)} == {*named}
    assert "is a public key" in describe_refusal(to_base64(public.decode()))


def test_credentials_do_not_show_what_is_secret(private_key: PrivateKey) -> None:
    assert repr(ClientSecret("admin", "obviously-fake")) == "ClientSecret(client_id='admin')"
    assert repr(private_key) == "PrivateKey(client_id='admin')"
