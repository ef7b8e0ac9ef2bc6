"""Authentication with a private key: a signed assertion.

The vendor's sources agree that `iss` and `sub` are the client ID, and disagree on the rest:

| | SDKs and developer hub | help page "Getting Started" |
|---|---|---|
| algorithm | RS256 | RS256 and ES256 |
| `aud` | `https://api.zscaler.com` | `https://<vanity domain>.zslogin.net` |
| `iat` | absent | required |
| `exp` | ten or thirty minutes ahead | required |

A switch chooses the audience and whether `iat` is required. The emulator accepts both algorithms,
and both limits of `exp`. No source mentions `kid` and `jti`: a JWKS with several keys needs a `kid`
(RFC 7517), and an assertion with a `jti` is accepted once (RFC 7523).
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from requests import RequestException, Session

from zdx_emulator.catalog import AUDIENCE
from zdx_emulator.errors import TokenError
from zdx_emulator.models import ApiClient, ClientAuthentication
from zdx_emulator.public_keys import Certificate, parse_certificate, read_public_key
from zdx_emulator.tenant import FetchedDocuments

MAX_SECONDS = 1800

_LOGIN_URL = re.compile(r"https://[a-z0-9-]{1,63}\.zslogin\.net")

_JWKS_TIMEOUT_SECONDS = 5
_MAX_JWKS_BYTES = 64 * 1024
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class UsedAssertion:
    """What an accepted assertion is known by from now on.

    Attributes:
        jti: Its own ID, if it has one.
        expires_at: When it expires, in epoch seconds.
    """

    jti: str | None
    expires_at: int


@dataclass(frozen=True)
class _VerificationKey:
    """A key of a client, and the certificate that it is from."""

    key: RSAPublicKey | EllipticCurvePublicKey
    certificate: Certificate | None = None


def read_client_id(assertion: str) -> str:
    """Return the client id that an assertion claims, unverified.

    Raises:
        TokenError: The assertion is no JWT.
    """
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False})
    except (jwt.InvalidTokenError, RecursionError):
        raise TokenError("invalid_client", "client_assertion is no JWT") from None
    return _replace_surrogates(str(claims.get("sub", "")))


def _replace_surrogates(text: str) -> str:
    # JSON can hold half a surrogate pair, which is not a character and so in no ID.
    return text.encode(errors="replace").decode()


def check_assertion(
    client: ApiClient,
    assertion: str,
    *,
    rules: Literal["sdks", "help-pages"],
    documents: FetchedDocuments,
    now: int,
) -> UsedAssertion:
    """Check a signed assertion against the keys that the client has registered.

    Args:
        client: The client that the assertion speaks for.
        assertion: The JWT.
        rules: Whose audience it needs, and whether it needs `iat`.
        documents: The JWKS that were fetched before.
        now: The tenant's time in epoch seconds.

    Returns:
        What the assertion is known by. The caller refuses one that was used before.

    Raises:
        TokenError: The signature is of none of the client's keys, or a claim is wrong.
    """
    claims = _verify(client.client_authentication, assertion, documents, now)
    name = client.client_id or client.id
    if claims["iss"] != name or claims["sub"] != name:
        raise TokenError("invalid_client", "iss and sub must be the client id")
    if rules == "help-pages" and not isinstance(claims.get("iat"), int | float):
        raise TokenError("invalid_client", "iat is required, in epoch seconds")
    _check_audience(claims["aud"], rules)
    exp = claims["exp"]
    if not isinstance(exp, int | float) or not now < exp <= now + MAX_SECONDS:
        raise TokenError("invalid_client", "exp must lie within the next thirty minutes")
    jti = _replace_surrogates(claims["jti"]) if "jti" in claims else None
    return UsedAssertion(jti, int(exp) + 1)


def _check_audience(aud: object, rules: Literal["sdks", "help-pages"]) -> None:
    # This tenant doesn't know its vanity domain, so any login host is its own.
    if rules == "help-pages" and not (isinstance(aud, str) and _LOGIN_URL.fullmatch(aud)):
        raise TokenError("invalid_client", "aud must be https://<vanity domain>.zslogin.net")
    if rules == "sdks" and aud not in (AUDIENCE, [AUDIENCE]):
        raise TokenError("invalid_client", f"aud must be {AUDIENCE}")


def _verify(
    authentication: ClientAuthentication, assertion: str, documents: FetchedDocuments, now: int
) -> dict[str, Any]:
    for candidate in _list_keys(authentication, assertion, documents, now):
        claims = _read_claims(candidate.key, assertion)
        if claims is not None:
            if candidate.certificate and not candidate.certificate.is_valid(now):
                raise TokenError("invalid_client", "The client's certificate isn't valid now")
            return claims
    raise TokenError("invalid_client", "client_assertion is signed by no key of the client")


def _read_claims(
    key: RSAPublicKey | EllipticCurvePublicKey, assertion: str
) -> dict[str, Any] | None:
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
    except (jwt.InvalidTokenError, RecursionError) as error:
        raise TokenError("invalid_client", f"client_assertion: {error}") from None


def _list_keys(
    authentication: ClientAuthentication, assertion: str, documents: FetchedDocuments, now: int
) -> Iterator[_VerificationKey]:
    """Yield the keys that may have signed, the most likely one first."""
    if authentication.auth_type == "SECRET":
        return
    key_id = _read_key_id(assertion)
    if authentication.auth_type == "JWKS":
        yield from _list_published_keys(
            authentication.client_jwks_url or "", key_id, documents, now
        )
    keys = authentication.public_keys or []
    # A `kid` that is the name of no key can be the one that the key has elsewhere.
    named = [key for key in keys if key.key_name == key_id]
    for key in named or keys:
        yield _parse_public_key(key.key_value)
    for certificate in authentication.client_certificates or []:
        yield _parse_certificate(certificate.cert_content)


def _read_key_id(assertion: str) -> object:
    try:
        return jwt.get_unverified_header(assertion).get("kid")
    except (jwt.InvalidTokenError, RecursionError):
        raise TokenError("invalid_client", "client_assertion is no JWT") from None


def _list_published_keys(
    url: str, key_id: object, documents: FetchedDocuments, now: int
) -> Iterator[_VerificationKey]:
    kept_text = documents.find(url, now=now)
    if kept_text is not None:
        yield from _select_keys(kept_text, key_id)
    # None of the kept keys has signed: the client may have published a new one.
    text = _fetch_jwks(url)
    if text != kept_text:
        keys = _select_keys(text, key_id)
        documents.keep(url, text, now=now)
        yield from keys


def _select_keys(text: str, key_id: object) -> list[_VerificationKey]:
    try:
        keys = jwt.PyJWKSet.from_json(text).keys
    # An invalid JWKS fails in as many ways as JSON has types.
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError, RecursionError):
        raise _build_jwks_error() from None
    if key_id is not None:
        keys = [key for key in keys if key.key_id == key_id]
    elif len(keys) > 1:
        raise TokenError("invalid_client", "The client's JWKS has several keys, so kid is required")
    return [_VerificationKey(_require_usable(key.key)) for key in keys]


def _fetch_jwks(url: str) -> str:
    if not _is_allowed(url):
        raise TokenError("invalid_client", "A JWKS must have an https URL, or one on loopback")
    try:
        return _fetch(url)
    except (RequestException, ValueError):
        raise _build_jwks_error() from None


def _build_jwks_error() -> TokenError:
    return TokenError("invalid_client", "The client's JWKS cannot be read")


def _is_allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if "%" in parts.netloc:  # requests decodes it, and connects to another host
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _fetch(url: str) -> str:
    """Return a document.

    Raises:
        RequestException: It can't be fetched.
        ValueError: It is too long, or takes too long.
    """
    deadline = time.monotonic() + _JWKS_TIMEOUT_SECONDS
    content = bytearray()
    with Session() as session:
        session.trust_env = False  # for a proxy, loopback is another machine
        with session.get(
            url, timeout=_JWKS_TIMEOUT_SECONDS, allow_redirects=False, stream=True
        ) as response:
            response.raise_for_status()
            # Each byte by itself: a larger chunk waits for the slowest server until it is full.
            for chunk in response.iter_content(chunk_size=1):
                content += chunk
                if len(content) > _MAX_JWKS_BYTES or time.monotonic() > deadline:
                    raise ValueError("too long")
    return content.decode()


def _parse_public_key(text: str) -> _VerificationKey:
    try:
        return _VerificationKey(_require_usable(read_public_key(text)))
    except ValueError:
        raise TokenError("invalid_client", "The client's public key cannot be read") from None


def _parse_certificate(text: str) -> _VerificationKey:
    try:
        certificate = parse_certificate(text)
    except ValueError:
        raise TokenError("invalid_client", "The client's certificate cannot be read") from None
    return _VerificationKey(_require_usable(certificate.public_key), certificate)


def _require_usable(key: object) -> RSAPublicKey | EllipticCurvePublicKey:
    if isinstance(key, RSAPublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise TokenError("invalid_client", "The client's key must be RSA or EC P-256")
