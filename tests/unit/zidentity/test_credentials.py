import base64
import traceback
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import RSAAlgorithm

from zdx_provider.errors import SettingsError
from zdx_provider.zidentity import ClientSecret, PrivateKey

NOW = 1_800_000_000.0
AUDIENCE = "https://api.zscaler.com"


def test_a_client_secret_is_sent_as_the_documented_form() -> None:
    assert ClientSecret("admin", "obviously-fake").build_token_request(NOW) == {
        "grant_type": "client_credentials",
        "client_id": "admin",
        "client_secret": "obviously-fake",
        "audience": AUDIENCE,
    }


def test_a_private_key_signs_who_it_is_and_for_ten_minutes_at_most(
    private_key: PrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    form = private_key.build_token_request(NOW)

    claims = jwt.decode(
        form["client_assertion"],
        rsa_key.public_key(),
        algorithms=["RS256"],
        audience=AUDIENCE,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["iss"] == claims["sub"] == form["client_id"] == "admin"
    assert claims["iat"] <= NOW < claims["exp"]
    assert claims["exp"] - claims["iat"] <= 600
    assert form["client_assertion_type"].endswith("client-assertion-type:jwt-bearer")
    assert form["audience"] == AUDIENCE


def test_no_assertion_is_used_twice(private_key: PrivateKey) -> None:
    first, second = (private_key.build_token_request(NOW)["client_assertion"] for _ in range(2))

    assert first != second


def test_the_key_never_leaves(private_key: PrivateKey) -> None:
    assert "PRIVATE KEY" not in str(private_key.build_token_request(NOW))


@pytest.mark.parametrize("pem", ["", "obviously-fake", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_refused_without_repeating_it(pem: str) -> None:
    with pytest.raises(SettingsError, match=r"not an RSA key in PEM form|is cut off") as error:
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


def to_jwk(key: rsa.RSAPrivateKey | rsa.RSAPublicKey) -> str:
    return str(RSAAlgorithm.to_jwk(key))


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
def test_a_private_key_is_read_in_the_forms_in_which_people_set_it(
    rsa_key: rsa.RSAPrivateKey, pem: str, form: str, written: str
) -> None:
    text = FORMS[written](write(rsa_key, getattr(serialization.PrivateFormat, form)))

    assert PrivateKey("admin", text) == PrivateKey("admin", pem)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_private_key_is_read_from_the_file_whose_path_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pem: str, encoding: str
) -> None:
    (tmp_path / "zdx.pem").write_text(pem, encoding=encoding)
    (tmp_path / "zdx").write_text(pem)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))

    paths = [str(tmp_path / "zdx.pem"), "zdx.pem", "~/zdx.pem", "zdx"]

    assert {PrivateKey("admin", path) for path in paths} == {PrivateKey("admin", pem)}


def test_a_private_key_is_read_from_a_jwk(rsa_key: rsa.RSAPrivateKey, pem: str) -> None:
    assert PrivateKey("admin", to_jwk(rsa_key)) == PrivateKey("admin", pem)


def test_a_path_that_leads_to_no_key_file_is_refused_and_not_shown(tmp_path: Path) -> None:
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


def test_what_is_set_as_a_private_key_by_mistake_is_named(
    rsa_key: rsa.RSAPrivateKey, pem: str
) -> None:
    pkcs8, traditional = (
        serialization.PrivateFormat.PKCS8,
        serialization.PrivateFormat.TraditionalOpenSSL,
    )
    elliptic = ec.generate_private_key(ec.SECP256R1())
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
        "not an RSA key": write(elliptic, pkcs8),
        "is an EC key": write(elliptic, traditional),
        "not an RSA": write(ed25519.Ed25519PrivateKey.generate(), pkcs8),
        "damaged or cut off": pem.replace(pem[100:160], ""),
        "is cut off": pem[:500],
        "not a private RSA JWK": to_jwk(rsa_key.public_key()),
        "not an RSA key in PEM form": "obviously-fake",
    }

    assert {name for name, text in named.items() if name in describe_refusal(text)} == {*named}
    assert "is a public key" in describe_refusal(to_base64(public.decode()))


def test_credentials_do_not_show_what_is_secret(private_key: PrivateKey) -> None:
    assert repr(ClientSecret("admin", "obviously-fake")) == "ClientSecret(client_id='admin')"
    assert repr(private_key) == "PrivateKey(client_id='admin')"
