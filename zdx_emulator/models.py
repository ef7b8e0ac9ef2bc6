"""The wire's shapes, as the service description `zid` of 2026-03-01 names them.

What a client may send is told apart from what the tenant answers: only the answer carries the
names of scopes and resources, and the ids that the tenant made.
"""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Wire(BaseModel):
    """A JSON object with camelCase members; a value of the wrong JSON type is refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True)


class PublicKey(Wire):
    """A registered public key: PEM, or the base64 of its DER form."""

    key_name: str
    key_value: str


class ClientCertificate(Wire):
    """A registered certificate in PEM."""

    cert_content: str


class ClientAuthentication(Wire):
    """How a client proves who it is. Members the tenant does not know are kept."""

    model_config = ConfigDict(extra="allow")

    auth_type: Literal["SECRET", "PUBKEYCERT", "JWKS"]
    client_jwks_url: str | None = Field(default=None, alias="clientJWKsUrl")
    public_keys: list[PublicKey] | None = None
    client_certificates: list[ClientCertificate] | None = None


class ScopeRef(Wire):
    """A scope as a client names it: by its id, verbatim.

    The service description excludes the id from a PUT, so the vendor's SDK sends there the name
    alone.
    """

    id: str | None = None
    name: str | None = None


class ResourceRef(Wire):
    """A resource and its selected scopes, as a client names them."""

    id: str
    selected_scopes: list[ScopeRef]


class Scope(Wire):
    """A role of one service."""

    id: str
    name: str


class ClientResource(Wire):
    """A resource and its selected scopes, as the tenant answers."""

    id: str
    name: str
    default_api: bool
    selected_scopes: list[Scope]


class ApiClientBase(Wire):
    """What the caller decides about a client. Members the tenant does not know are kept."""

    model_config = ConfigDict(extra="allow")

    name: Annotated[str, Field(min_length=1)]
    description: str = ""
    status: bool = True
    access_token_life_time: Annotated[int, Field(ge=60, le=86_400)]
    client_authentication: ClientAuthentication


class ApiClientRequest(ApiClientBase):
    """The body of a POST or PUT; a PUT replaces the whole client."""

    client_resources: list[ResourceRef]


class ApiClient(ApiClientBase):
    """A client as the tenant answers.

    Attributes:
        client_id: What it signs in by, in a tenant where that is not its id.
    """

    id: str
    client_id: str | None = None
    client_resources: list[ClientResource]


class ApiClientSecretRequest(Wire):
    """The body that mints a secret; `expires_at` in epoch seconds."""

    expires_at: int


class ApiClientSecret(Wire):
    """A secret; times in epoch seconds; the value in the clear only where it is minted."""

    id: str
    value: str
    created_at: int
    expires_at: int


class Service(Wire):
    """A Zscaler service of the tenant. Services without a cloud of their own name none."""

    id: str
    name: str
    display_name: str
    cloud_name: str | None = None
    org_name: str | None = None
    zaps_onboarded: bool = False


class ServiceScopes(Wire):
    """A service with its roles."""

    service: Service
    scopes: list[Scope]


class ResourceServer(Wire):
    """An API resource: an audience and the scopes that can be had for it."""

    id: str
    name: str
    display_name: str
    description: str
    primary_aud: str
    default_api: bool
    service_scopes: list[ServiceScopes]


Record = TypeVar("Record", ApiClient, ResourceServer)


class Page(Wire, Generic[Record]):
    """The list envelope, mixed case as recorded; links are absent on a single page."""

    results_total: int = Field(alias="results_total")
    total_record: int
    page_offset: int
    page_size: int
    next_link: str | None = Field(default=None, alias="next_link")
    prev_link: str | None = Field(default=None, alias="prev_link")
    records: list[Record]
