"""Authentication with a private key: a signed assertion.

The vendor's sources agree that `iss` and `sub` are the client ID, and disagree on the rest:

| | SDKs and developer hub | help page "Getting Started" |
|---|---|---|
| algorithm | RS256 | RS256 and ES256 |
| `aud` | `https://api.zscaler.com` | `https://<vanity domain>.zslogin.net` |
| `iat` | absent | required |
| `exp` | ten or thirty minutes ahead | required |

A switch chooses the audience and whether `iat` is required. The emulator accepts both algorithms,
and both limits of `exp`. No source mentions `kid`: a JWKS with several keys needs one (RFC 7517).
"""

import re
from base64 import b64decode
from typing import Any, Literal
from urllib.parse import urlsplit

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from requests import RequestException, Session

from zdx_emulator.catalog import AUDIENCE
from zdx_emulator.errors import TokenError
from zdx_emulator.models import ApiClient, ClientAuthentication

MAX_SECONDS = 1800

PublicKey = RSAPublicKey | EllipticCurvePublicKey

_LOGIN_URL = re.compile(r"https://[a-z0-9-]{1,63}\.zslogin\.net")

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


def check_assertion(
    client: ApiClient, assertion: str, *, rules: Literal["sdks", "help-pages"], now: int
) -> None:
    """Check a signed assertion against the keys that the client has registered.

    Args:
        client: The client that the assertion speaks for.
        assertion: The JWT.
        rules: Whose audience it needs, and whether it needs `iat`.
        now: The tenant's time in epoch seconds.

    Raises:
        TokenError: The signature is of none of the client's keys, or a claim is wrong.
    """
    claims = _verify(client.client_authentication, assertion)
    name = client.client_id or client.id
    if claims["iss"] != name or claims["sub"] != name:
        raise TokenError("invalid_client", "iss and sub must be the client id")
    if rules == "help-pages" and not isinstance(claims.get("iat"), int | float):
        raise TokenError("invalid_client", "iat is required, in epoch seconds")
    _check_audience(claims["aud"], rules)
    exp = claims["exp"]
    if not isinstance(exp, int | float) or not now < exp <= now + MAX_SECONDS:
        raise TokenError("invalid_client", "exp must lie within the next thirty minutes")


def _check_audience(aud: object, rules: Literal["sdks", "help-pages"]) -> None:
    # This tenant doesn't know its vanity domain, so any login host is its own.
    if rules == "help-pages" and not (isinstance(aud, str) and _LOGIN_URL.fullmatch(aud)):
        raise TokenError("invalid_client", "aud must be https://<vanity domain>.zslogin.net")
    if rules == "sdks" and aud not in (AUDIENCE, [AUDIENCE]):
        raise TokenError("invalid_client", f"aud must be {AUDIENCE}")


def _verify(authentication: ClientAuthentication, assertion: str) -> dict[str, Any]:
    for key in _list_keys(authentication, assertion):
        claims = _read_claims(key, assertion)
        if claims is not None:
            return claims
    raise TokenError("invalid_client", "client_assertion is signed by no key of the client")


def _read_claims(key: PublicKey, assertion: str) -> dict[str, Any] | None:
    algorithm = "RS256" if isinstance(key, RSAPublicKey) else "ES256"
    try:
        return jwt.decode(
            assertion,
            key,
            algorithms=[algorithm],
            options={
                "require": ["iss", "sub", "aud", "exp"],
                "verify_aud": False,
                # The tenant's clock may be moved; PyJWT knows the machine's only.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        return None
    except jwt.InvalidTokenError as error:
        raise TokenError("invalid_client", f"client_assertion: {error}") from None


def _list_keys(authentication: ClientAuthentication, assertion: str) -> list[PublicKey]:
    if authentication.auth_type == "JWKS":
        return _fetch_keys(authentication.client_jwks_url or "", assertion)
    keys = [_parse_public_key(key.key_value) for key in authentication.public_keys or []]
    certificates = authentication.client_certificates or []
    return keys + [_parse_certificate(certificate.cert_content) for certificate in certificates]


def _fetch_keys(url: str, assertion: str) -> list[PublicKey]:
    if not _is_loopback_http(url):
        raise TokenError("invalid_client", "This tenant reads a JWKS by http from loopback only")
    try:
        jwks = jwt.PyJWKSet.from_json(_fetch(url))
    # An invalid JWKS fails in as many ways as JSON has types.
    except (RequestException, jwt.PyJWTError, ValueError, TypeError, AttributeError):
        raise TokenError("invalid_client", "The client's JWKS cannot be read") from None
    return [_require_usable(key.key) for key in _select_keys(jwks.keys, _read_key_id(assertion))]


def _read_key_id(assertion: str) -> object:
    try:
        return jwt.get_unverified_header(assertion).get("kid")
    except jwt.InvalidTokenError:
        raise TokenError("invalid_client", "client_assertion is no JWT") from None


def _select_keys(keys: list[jwt.PyJWK], wanted: object) -> list[jwt.PyJWK]:
    if wanted is not None:
        return [key for key in keys if key.key_id == wanted]
    if len(keys) > 1:
        raise TokenError("invalid_client", "The client's JWKS has several keys, so kid is required")
    return keys


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


def _parse_public_key(text: str) -> PublicKey:
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return _require_usable(load_pem_public_key(text.encode()))
        return _require_usable(load_der_public_key(b64decode(text)))
    except (ValueError, UnsupportedAlgorithm):
        raise TokenError("invalid_client", "The client's public key cannot be read") from None


def _parse_certificate(text: str) -> PublicKey:
    try:
        return _require_usable(load_pem_x509_certificate(text.encode()).public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise TokenError("invalid_client", "The client's certificate cannot be read") from None


def _require_usable(key: object) -> PublicKey:
    if isinstance(key, RSAPublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise TokenError("invalid_client", "The client's key must be RSA or EC P-256")
