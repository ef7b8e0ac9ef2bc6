"""Authentication with a private key: a signed assertion.

Source: the vendor's "Getting Started" with OneAPI: assertions are RS256, `iss` and `sub` are the
client id, `aud` is the API audience. That page has `exp` ten minutes ahead, the vendor's own SDK
thirty; the emulator accepts both.
"""

from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from requests import RequestException, Session

from zdx_emulator.catalog import AUDIENCE
from zdx_emulator.errors import TokenError
from zdx_emulator.models import ApiClient, ClientAuthentication

MAX_SECONDS = 1800

_JWKS_TIMEOUT_SECONDS = 5
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


def read_client_id(assertion: str) -> str:
    """Return the client id that an assertion claims, unverified.

    Raises:
        TokenError: The assertion is no JWT.
    """
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        raise TokenError("invalid_client", "client_assertion is no JWT") from None
    sub = str(claims.get("sub", ""))
    # JSON can hold half a surrogate pair, which is not a character and so in no ID.
    return sub.encode(errors="replace").decode()


def check_assertion(client: ApiClient, assertion: str, *, now: int) -> None:
    """Check a signed assertion against the keys that the client has registered.

    Args:
        client: The client that the assertion speaks for.
        assertion: The JWT.
        now: The tenant's time in epoch seconds.

    Raises:
        TokenError: The signature is of none of the client's keys, or a claim is wrong.
    """
    claims = _verify(client.client_authentication, assertion)
    name = client.client_id or client.id
    if claims["iss"] != name or claims["sub"] != name:
        raise TokenError("invalid_client", "iss and sub must be the client id")
    exp = claims["exp"]
    if not isinstance(exp, int | float) or not now < exp <= now + MAX_SECONDS:
        raise TokenError("invalid_client", "exp must lie within the next thirty minutes")


def _verify(authentication: ClientAuthentication, assertion: str) -> dict[str, Any]:
    for key in _list_keys(authentication, assertion):
        claims = _read_claims(key, assertion)
        if claims is not None:
            return claims
    raise TokenError("invalid_client", "client_assertion is signed by no key of the client")


def _read_claims(key: RSAPublicKey, assertion: str) -> dict[str, Any] | None:
    try:
        return jwt.decode(
            assertion,
            key,
            algorithms=["RS256"],
            audience=AUDIENCE,
            options={
                "require": ["iss", "sub", "aud", "exp"],
                # The tenant's clock may be moved; PyJWT knows the machine's only.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.InvalidSignatureError:
        return None
    except jwt.InvalidTokenError as error:
        raise TokenError("invalid_client", f"client_assertion: {error}") from None


def _list_keys(authentication: ClientAuthentication, assertion: str) -> list[RSAPublicKey]:
    if authentication.auth_type == "JWKS":
        return _fetch_keys(authentication.client_jwks_url or "", assertion)
    keys = [_parse_public_key(key.key_value) for key in authentication.public_keys or []]
    certificates = authentication.client_certificates or []
    return keys + [_parse_certificate(certificate.cert_content) for certificate in certificates]


def _fetch_keys(url: str, assertion: str) -> list[RSAPublicKey]:
    if not _is_loopback_http(url):
        raise TokenError("invalid_client", "This tenant reads a JWKS by http from loopback only")
    wanted = jwt.get_unverified_header(assertion).get("kid")
    try:
        jwks = jwt.PyJWKSet.from_json(_fetch(url))
    # An invalid JWKS fails in as many ways as JSON has types.
    except (RequestException, jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise TokenError("invalid_client", "The client's JWKS cannot be read") from None
    return [_require_rsa(key.key) for key in jwks.keys if key.key_id == wanted]


def _is_loopback_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK


def _fetch(url: str) -> str:
    with Session() as session:
        session.trust_env = False  # for a proxy, loopback is another machine
        response = session.get(url, timeout=_JWKS_TIMEOUT_SECONDS, allow_redirects=False)
    response.raise_for_status()
    return response.text


def _parse_public_key(text: str) -> RSAPublicKey:
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return _require_rsa(load_pem_public_key(text.encode()))
        return _require_rsa(load_der_public_key(b64decode(text)))
    except (ValueError, UnsupportedAlgorithm):
        raise TokenError("invalid_client", "The client's public key cannot be read") from None


def _parse_certificate(text: str) -> RSAPublicKey:
    try:
        return _require_rsa(load_pem_x509_certificate(text.encode()).public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise TokenError("invalid_client", "The client's certificate cannot be read") from None


def _require_rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise TokenError("invalid_client", "RS256 needs an RSA key")
    return key
