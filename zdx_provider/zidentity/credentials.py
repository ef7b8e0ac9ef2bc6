"""Who asks: the two ways in which a ZIdentity API client proves itself.

Source of the fields: Zscaler OneAPI, "Getting Started", and RFC 7523 for the assertion.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from uuid import uuid4

from zdx_provider.zidentity.private_keys import InvalidCredentials, parse_private_key

_AUDIENCE = "https://api.zscaler.com"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_SECONDS = 600
_SHOWN_FOR_A_SECRET = "[secret]"  # noqa: S105 - what Pulumi prints instead of one
_BACKDATED_SECONDS = 30  # so that a server whose clock is a little behind accepts it too


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
    """A client id and its secret.

    Raises:
        InvalidCredentials: One of them holds a character that neither ever has.
    """

    kind: ClassVar[str] = "secret"
    is_dated: ClassVar[bool] = False

    client_id: str
    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        _require_plain("client_id", self.client_id)
        if self.secret == _SHOWN_FOR_A_SECRET:
            raise InvalidCredentials(
                f"the client secret is {_SHOWN_FOR_A_SECRET}, which Pulumi shows instead of one.",
                hint="Read the secret with --show-secrets, and set it again.",
                field="client_secret",
            )
        _require_plain("client_secret", self.secret)

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
        _require_plain("client_id", self.client_id)
        object.__setattr__(self, "pem", parse_private_key(self.pem))

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


def _require_plain(field: str, value: str) -> None:
    if any(each.isspace() or not each.isprintable() for each in value):
        raise InvalidCredentials(
            f"the {field.replace('_', ' ')} holds a blank, a line break or an invisible character.",
            hint="Copy it again, without what stands around it.",
            field=field,
        )
