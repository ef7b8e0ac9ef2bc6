import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from zdx_provider.zidentity import ClientSecret, InvalidCredentials, PrivateKey

NOW = 1_800_000_000.0
AUDIENCE = "https://api.zscaler.com"


def test_a_client_secret_is_sent_as_the_documented_form() -> None:
    assert ClientSecret("admin", "obviously-fake").token_request(NOW) == {
        "grant_type": "client_credentials",
        "client_id": "admin",
        "client_secret": "obviously-fake",
        "audience": AUDIENCE,
    }


def test_a_private_key_signs_who_it_is_and_for_ten_minutes_at_most(
    private_key: PrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    form = private_key.token_request(NOW)

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
    first, second = (private_key.token_request(NOW)["client_assertion"] for _ in range(2))

    assert first != second


def test_the_key_never_leaves(private_key: PrivateKey) -> None:
    assert "PRIVATE KEY" not in str(private_key.token_request(NOW))


@pytest.mark.parametrize("pem", ["", "obviously-fake", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_what_is_no_key_is_refused_without_repeating_it(pem: str) -> None:
    with pytest.raises(InvalidCredentials, match="not an RSA key in PEM form") as error:
        PrivateKey("admin", pem)

    assert "obviously-fake" not in str(error.value)


def test_a_key_of_another_kind_is_refused() -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(InvalidCredentials):
        PrivateKey("admin", elliptic.decode())


def test_a_key_with_a_passphrase_is_refused(rsa_key: rsa.RSAPrivateKey) -> None:
    locked = rsa_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"obviously-fake"),
    )
    with pytest.raises(InvalidCredentials):
        PrivateKey("admin", locked.decode())


def test_credentials_do_not_show_what_is_secret(private_key: PrivateKey) -> None:
    assert repr(ClientSecret("admin", "obviously-fake")) == "ClientSecret(client_id='admin')"
    assert repr(private_key) == "PrivateKey(client_id='admin')"
