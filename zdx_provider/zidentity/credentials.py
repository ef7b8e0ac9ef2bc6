"""Who asks: the two ways in which a ZIdentity API client proves itself.

Source of the fields: Zscaler OneAPI, "Getting Started", and RFC 7523 for the assertion.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from uuid import uuid4

from zdx_provider.errors import SettingsError

_AUDIENCE = "https://api.zscaler.com"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 600
_BACKDATED_SECONDS = 30  # so that a server whose clock is a little behind accepts it too


class InvalidCredentials(SettingsError):
    """Credentials that cannot be used, whatever the server says."""


class Credentials(Protocol):
    """What the token endpoint asks of a client.

    Attributes:
        kind: What it proves itself with, such as `private key`.
        is_dated: Whether the proof is good only by a clock that agrees with the server's.
    """

    kind: ClassVar[str]
    is_dated: ClassVar[bool]

    @property
    def client_id(self) -> str:
        """The ZIdentity API client's id."""

    def token_request(self, now: float) -> dict[str, str]:
        """Give the form fields of a token request.

        Args:
            now: Epoch seconds, by the server's clock.
        """


@dataclass(frozen=True)
class ClientSecret:
    """A client id and its secret."""

    kind: ClassVar[str] = "secret"
    is_dated: ClassVar[bool] = False

    client_id: str
    secret: str = field(repr=False)

    def token_request(self, now: float) -> dict[str, str]:  # noqa: ARG002 - a secret has no date
        """Give the form fields of a token request."""
        return _token_request(self.client_id) | {"client_secret": self.secret}


@dataclass(frozen=True)
class PrivateKey:
    """A client id and the private key whose public half the client holds.

    Args:
        client_id: The ZIdentity API client's id.
        pem: An RSA private key in PEM form, without a passphrase.

    Raises:
        InvalidCredentials: `pem` is no such key.
    """

    kind: ClassVar[str] = "private key"
    is_dated: ClassVar[bool] = True

    client_id: str
    pem: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _is_rsa_key(self.pem):
            raise InvalidCredentials(
                "the private key is not an RSA key in PEM form without a passphrase.",
                hint="Set it to the whole file; its first line is -----BEGIN PRIVATE KEY-----, or "
                "the same with RSA.",
            )

    def token_request(self, now: float) -> dict[str, str]:
        """Give the form fields of a token request, with an assertion signed for ten minutes."""
        import jwt  # noqa: PLC0415 - as cryptography: a client secret needs neither

        issued_at = int(now) - _BACKDATED_SECONDS
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": _AUDIENCE,
            "iat": issued_at,
            "exp": issued_at + _ASSERTION_SECONDS,
            "jti": uuid4().hex,
        }
        return _token_request(self.client_id) | {
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": jwt.encode(claims, self.pem, algorithm="RS256"),
        }


def _token_request(client_id: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "audience": _AUDIENCE,
    }


def _is_rsa_key(pem: str) -> bool:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        return False
    return isinstance(key, RSAPrivateKey)
