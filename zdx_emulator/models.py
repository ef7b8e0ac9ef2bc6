"""JSON objects of the API, and of the control routes. Loads nothing but pydantic.

The API's objects are those of the service description `zid` of 2026-03-01. Requests and responses
differ: only a response has the names of scopes and resources, and the IDs.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

OBSERVER_HEADER = "x-emulator-observer"


class CamelModel(BaseModel):
    """A JSON object with camelCase members; a value of the wrong JSON type is refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True)


class PublicKey(CamelModel):
    """A registered public key: PEM, or the base64 of its DER form, as a switch says."""

    key_name: str
    key_value: str


class ClientCertificate(CamelModel):
    """A registered certificate in PEM."""

    cert_content: str


class ClientAuthentication(CamelModel):
    """How a client proves who it is. Members the tenant does not know are kept.

    Attributes:
        auth_type: Says which of the other members a client has: none with SECRET, public keys or
            certificates with PUBKEYCERT, a URL with JWKS.
    """

    model_config = ConfigDict(extra="allow")

    auth_type: Literal["SECRET", "PUBKEYCERT", "JWKS"]
    client_jwks_url: str | None = Field(default=None, alias="clientJWKsUrl")
    public_keys: list[PublicKey] | None = None
    client_certificates: list[ClientCertificate] | None = None


class ScopeRef(CamelModel):
    """A scope as a client names it: by its id, verbatim; by its name only as a switch says."""

    id: str | None = None
    name: str | None = None


class ResourceRef(CamelModel):
    """A resource and its selected scopes, as a client names them."""

    id: str
    selected_scopes: list[ScopeRef]


class Scope(CamelModel):
    """A role of one service."""

    id: str
    name: str


class ClientResource(CamelModel):
    """A resource and its selected scopes, in a response."""

    id: str
    name: str
    default_api: bool
    selected_scopes: list[Scope]


class ApiClientBase(CamelModel):
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
    """A client in a response.

    Attributes:
        client_id: The ID for token requests, in a tenant where it differs from `id`.
    """

    id: str
    client_id: str | None = None
    client_resources: list[ClientResource]


class ApiClientSecretRequest(CamelModel):
    """The body that creates a secret; `expires_at` in epoch seconds."""

    expires_at: int


class ApiClientSecret(CamelModel):
    """A secret; times in epoch seconds; only the response to its creation has the value."""

    id: str
    value: str
    created_at: int
    expires_at: int


class Service(CamelModel):
    """A Zscaler service of the tenant. Services without a cloud of their own name none."""

    id: str
    name: str
    display_name: str
    external_name: str
    cloud_name: str | None = None
    org_name: str | None = None
    zaps_onboarded: bool = False


class ServiceScopes(CamelModel):
    """A service with its roles."""

    service: Service
    scopes: list[Scope]


class ResourceServer(CamelModel):
    """An API resource: an audience and the scopes that can be had for it."""

    id: str
    name: str
    display_name: str
    description: str
    primary_aud: str
    default_api: bool
    service_scopes: list[ServiceScopes]


Record = TypeVar("Record", ApiClient, ResourceServer)


class Page(CamelModel, Generic[Record]):
    """The list envelope, mixed case as recorded; links are absent on a single page."""

    results_total: int = Field(alias="results_total")
    total_record: int
    page_offset: int
    page_size: int
    next_link: str | None = Field(default=None, alias="next_link")
    prev_link: str | None = Field(default=None, alias="prev_link")
    records: list[Record]


class LoggedRequest(BaseModel):
    """One request, in the order of arrival.

    Attributes:
        time: When it arrived, by the tenant's clock, in epoch seconds.
        status: The status of the response; None while the request runs, or if it was dropped.
        client_id: The client of the access token, or the one that requests a token.
        fault: Whether a fault hit it.
    """

    method: str
    path: str
    query: str
    time: int
    status: int | None = None
    client_id: str | None = None
    fault: bool = False


class Fault(BaseModel):
    """A fault: one way for a request to fail.

    Attributes:
        method: The HTTP method, or `*` for any.
        path: A path whose `{names}` stand for one segment each, and whose `*` stands for
            anything, slashes included: `/ziam/admin/api/v1/api-clients/{id}/secrets`.
        count: How many requests it hits before it is used up.
        after: How many matching requests it lets pass first.
        delay_ms: Waits that many milliseconds first; then the request takes effect, even if its
            client gave up.
        hold: Keeps the request until it is released: `before` it takes effect, or `after` that,
            with the response ready.
        drop: Closes the connection without a response, `before` or `after` the request took
            effect.
        status: Responds with it instead; with a `body` and no status, it is 200.
        headers: Headers of that response; a list repeats the header.
        body: Body of that response; it can be anything.
        redirect: Responds 307 with that location.
        applied: The request takes effect, but the fault responds instead, as behind a
            gateway that gave up waiting.
        body_ms: Spreads the body of the response over that many milliseconds.
        truncate: Sends half of the true response, then closes the connection.
    """

    model_config = ConfigDict(extra="forbid")

    method: str = "*"
    path: str
    count: Annotated[int, Field(ge=1)] = 1
    after: Annotated[int, Field(ge=0)] = 0
    delay_ms: Annotated[int, Field(ge=0)] = 0
    hold: Literal["before", "after"] | None = None
    drop: Literal["before", "after"] | None = None
    status: HTTPStatus | None = None
    headers: dict[str, str | list[str]] = {}
    body: str | None = None
    redirect: str | None = None
    applied: bool = False
    body_ms: Annotated[int, Field(ge=0)] = 0
    truncate: bool = False

    @model_validator(mode="after")
    def _require_one_response(self) -> "Fault":
        responses = [self.drop, self.redirect, self.truncate or None, self.response_status]
        if sum(response is not None for response in responses) > 1:
            raise ValueError("use only one of drop, redirect, truncate, and status or body")
        return self

    @model_validator(mode="after")
    def _require_an_effect_of_each_member(self) -> "Fault":
        if self.headers and self.response_status is None:
            raise ValueError("headers need a status or a body")
        if self.applied and self.response_status is None and self.redirect is None:
            raise ValueError("applied needs a status, a body or a redirect")
        if self.body_ms and (self.drop or self.truncate):
            raise ValueError("body_ms has no effect with drop or truncate")
        return self

    @property
    def response_status(self) -> HTTPStatus | None:
        """The status of the response that it sends instead of the true one."""
        return self.status or (None if self.body is None else HTTPStatus.OK)

    def matches(self, method: str, path: str) -> bool:
        """Return whether it is meant for such a request."""
        return self.method.upper() in ("*", method) and bool(
            _compile_path(self.path).fullmatch(path)
        )


class ArmedFault(BaseModel):
    """An armed fault: how many requests matched, how many it hit, and how many it holds now."""

    fault: Fault
    match_count: int = 0
    hit_count: int = 0
    held_count: int = 0

    def try_hit(self, method: str, path: str) -> bool:
        """Count a request, and return whether the fault hits it."""
        if self.hit_count == self.fault.count or not self.fault.matches(method, path):
            return False
        self.match_count += 1
        if self.match_count <= self.fault.after:
            return False
        self.hit_count += 1
        return True


def _compile_path(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\}|\*)", path)
    return re.compile("".join(_translate_part(part) for part in parts))


def _translate_part(part: str) -> str:
    if part == "*":
        return ".*"
    return "[^/]+" if part.startswith("{") else re.escape(part)


class Switches(BaseModel):
    """How the tenant behaves where the documents are silent or disagree.

    Attributes:
        unique_names: A second client of a name is refused with 400. Nothing is written about
            names; by default they may repeat.
        statuses: Of the operations for which two success codes are documented, which are
            sent: those of the `published` API reference (POST of a client 201, POST of a
            secret 201, DELETE of a secret 204), or the `alternative` one of each, which is
            in the Postman collection or in the service description of the vendor's SDK
            (202, 202, 200).
        error_bodies: The shape of error bodies: `published` is `type`, `title`, `status` and
            `detail`; `text-status` the same with the status as text, as in the Postman
            collection; `code-and-message` what other services of the vendor send. The token
            endpoint has OAuth's own.
        client_limit: How many clients the tenant can have. How it refuses the next one is
            not published.
        scope_names_in_put: A PUT can name a scope by a name that only one has, and without
            its ID. The published API reference requires the ID; the service description of
            the vendor's SDK leaves it out, so that SDK sends the name alone.
        list_descriptions: Lists of clients include their descriptions.
        first_secret: POST of a client creates a secret for a year; the response doesn't have
            its value: it has no member for it.
        read_lag_ms: So long after its POST, a client or secret is not there yet for GETs; one
            that was created on the page or by an observer is visible immediately.
        separate_client_id: A token request needs another ID than the one in the path; a client
            has it as its member `clientId`. The schema has only `id`.
        tokens_outlive_client: The tokens of a client that is disabled or deleted work until they
            expire. By default they are invalid at once, as the help page "About Access Tokens"
            says; a third-party digest says the opposite.
        lifetime_unit: What a client's `accessTokenLifeTime` counts. The documents say
            `seconds` of a POST and a response, and `minutes` of a PUT.
        audience: Whether the audience of a token request is `required`, as the help page
            "Getting Started" says, or `refused`, as a user reports (zscaler-sdk-python,
            issue 585).
        assertions: Which assertions are accepted: those of the vendor's `sdks` (the audience
            `https://api.zscaler.com`), or those of the `help-pages` (the audience
            `https://<vanity domain>.zslogin.net`, and `iat` is required).
        key_value_encoding: How the `keyValue` of a public key is encoded, in requests and in
            responses: `pem`, as the portal takes it, or `der_base64`, the base64 of its DER form
            without line breaks, as a test of zscaler-sdk-go has it. The other one is refused.
        auth_type_switch: Whether a PUT can change a client's `authType`: `allowed`, or `refused`
            with 400. The documents say only that authentication settings can be changed. The
            secrets of a client that becomes PUBKEYCERT or JWKS stay valid until they are deleted
            or expire. They are not listed, and there are no new ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unique_names: bool = False
    statuses: Literal["published", "alternative"] = "published"
    error_bodies: Literal["published", "text-status", "code-and-message"] = "published"
    client_limit: Annotated[int, Field(ge=1)] = 256
    scope_names_in_put: bool = False
    list_descriptions: bool = True
    first_secret: bool = False
    read_lag_ms: Annotated[int, Field(ge=0)] = 0
    separate_client_id: bool = False
    tokens_outlive_client: bool = False
    lifetime_unit: Literal["seconds", "minutes"] = "seconds"
    audience: Literal["required", "refused"] = "required"
    assertions: Literal["sdks", "help-pages"] = "sdks"
    key_value_encoding: Literal["pem", "der_base64"] = "pem"
    auth_type_switch: Literal["allowed", "refused"] = "allowed"


EACH_OTHER_WAY: Mapping[str, Switches] = MappingProxyType(
    {
        "unique_names": Switches(unique_names=True),
        "statuses": Switches(statuses="alternative"),
        "error_bodies": Switches(error_bodies="code-and-message"),
        "client_limit": Switches(client_limit=10_000),
        "scope_names_in_put": Switches(scope_names_in_put=True),
        "list_descriptions": Switches(list_descriptions=False),
        "first_secret": Switches(first_secret=True),
        "read_lag_ms": Switches(read_lag_ms=300),
        "separate_client_id": Switches(separate_client_id=True),
        "tokens_outlive_client": Switches(tokens_outlive_client=True),
        "lifetime_unit": Switches(lifetime_unit="minutes"),
        "audience": Switches(audience="refused"),
        "assertions": Switches(assertions="help-pages"),
        "key_value_encoding": Switches(key_value_encoding="der_base64"),
        "auth_type_switch": Switches(auth_type_switch="refused"),
    }
)
"""Each switch by its name, turned away from its default while the others keep theirs."""
