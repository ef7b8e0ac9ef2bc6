"""ZIdentity's objects in requests and responses, and its limits.

Fields that this product does not know are kept, so that reading an object, changing it and
writing it back loses nothing: a PUT replaces the whole object.
"""

from datetime import datetime, timezone
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic.alias_generators import to_camel

_T = TypeVar("_T")


def _to_utc(moment: datetime) -> datetime:
    known = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    try:
        return known.astimezone(timezone.utc)
    except OverflowError:
        raise ValueError("beyond the years 1 to 9999") from None


def _to_text(value: Any) -> Any:
    return "" if value is None else value


def _to_items(value: Any) -> Any:
    return () if value is None else value


def _to_members(value: Any) -> Any:
    return {} if value is None else value


def _to_auth_type(value: Any) -> Any:
    return "SECRET" if value is None else value


Moment = Annotated[datetime, AfterValidator(_to_utc)]
Text = Annotated[str, BeforeValidator(_to_text)]
Items = Annotated[tuple[_T, ...], BeforeValidator(_to_items)]


class ZIdentityModel(BaseModel):
    """An object of ZIdentity: immutable, its unknown fields kept."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        coerce_numbers_to_str=True,
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )


class Record(ZIdentityModel):
    """An object with an id, which is opaque and sent as it came."""

    id: str


class Scope(Record):
    """One role at one service."""

    name: str | None = None


class ApiResource(Record):
    """An API that a client may call, with the scopes it holds there."""

    selected_scopes: Items[Scope] = ()


class PublicKey(ZIdentityModel):
    """A public key of a client, by name. The encoding of its value is documented nowhere."""

    key_name: Text = ""
    key_value: Text = ""


class ClientCertificate(ZIdentityModel):
    """A certificate of a client, in PEM."""

    cert_content: Text = ""


class ClientAuthentication(ZIdentityModel):
    """How a client proves itself: `SECRET`, `PUBKEYCERT` or `JWKS`.

    The other members are None unless they are needed: the type "determines which of the other
    fields the API expects" (zscaler-sdk-go).
    """

    auth_type: Annotated[str, BeforeValidator(_to_auth_type)] = "SECRET"
    public_keys: tuple[PublicKey, ...] | None = None
    client_certificates: tuple[ClientCertificate, ...] | None = None
    client_jwks_url: str | None = Field(default=None, alias="clientJWKsUrl")


class ApiClientRequest(ZIdentityModel):
    """An API client that is not made yet."""

    name: str
    description: Text = ""
    enabled: bool = Field(default=True, alias="status")
    token_lifetime_seconds: int = Field(default=3600, alias="accessTokenLifeTime")
    client_authentication: Annotated[ClientAuthentication, BeforeValidator(_to_members)] = (
        ClientAuthentication()
    )
    client_resources: Items[ApiResource] = ()


class ApiClient(ApiClientRequest, Record):
    """An API client as it is on the tenant; its id is also the OAuth client id."""

    @property
    def has_secrets(self) -> bool:
        """Whether it authenticates with a secret; ZIdentity lists no secrets of other clients."""
        return self.client_authentication.auth_type == "SECRET"


class ApiClientSecret(Record):
    """A secret of a client, as listed: ZIdentity shows its value once, when it is made.

    The masked value of a listing is dropped, so that it can be taken for no secret.
    """

    model_config = ConfigDict(extra="ignore")

    created_at: Moment
    expires_at: Moment


class NewApiClientSecret(ApiClientSecret):
    """A secret that was just made, with the only copy of its value."""

    value: Annotated[SecretStr, Field(min_length=1)]


class Service(ZIdentityModel):
    """A Zscaler product, as ZIdentity names it: `ZDX`, `ZIA`, ..."""

    id: str
    name: str
    display_name: Text = ""
    cloud_name: Text = ""
    org_name: Text = ""


class ServiceScopes(ZIdentityModel):
    """The scopes that one product offers."""

    service: Service
    scopes: Items[Scope] = ()


class ResourceServer(Record):
    """An API resource: what an API client can be given scopes of."""

    name: Text = ""
    display_name: Text = ""
    primary_aud: Text = ""
    default_api: bool = False
    service_scopes: Items[ServiceScopes] = ()


MAX_API_CLIENTS = 256
"""API clients of one tenant (help.zscaler.com, "Ranges & Limitations")."""

MAX_SECRETS = 2
"""Secrets of one client; a third silently replaces the newest."""

MIN_SECRET_LIFETIME_DAYS = 30
MAX_SECRET_LIFETIME_DAYS = 365

MIN_TOKEN_LIFETIME_SECONDS = 60
MAX_TOKEN_LIFETIME_SECONDS = 86_400

MAX_NAME_LENGTH = 128
MAX_DESCRIPTION_LENGTH = 256
"""Characters of a description, the ownership marker included."""
