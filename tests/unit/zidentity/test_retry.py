"""Which calls are sent again."""

from collections.abc import Callable
from datetime import datetime, timezone

import pytest
import requests
from unit.zidentity.scripted import (
    Connect,
    Reply,
    ScriptedServer,
    Step,
    before_sending,
    dropped_connection,
    refused_connection,
    unknown_name,
)

from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    CertificateError,
    ConnectionOptions,
    ResponseLostError,
    ServerError,
    UnavailableError,
    UnreachableError,
    ZIdentity,
)

CLIENT = {"id": "c1", "name": "ci"}
EXPIRY = datetime(2027, 1, 1, tzinfo=timezone.utc)
SECRET_MADE = {"id": "s1", "value": "obviously-fake", "createdAt": 1, "expiresAt": 1798761600}
TOO_MANY = Reply(429, headers={"Retry-After": "13"})

Act = Callable[[ZIdentity], object]

READS_AND_REPLACEMENTS: dict[str, Act] = {
    "GET": lambda z: z.api_clients.get("c1"),
    "PUT": lambda z: z.api_clients.update(ApiClient(id="c1", name="ci")),
    "DELETE": lambda z: z.api_clients.delete("c1"),
}
CREATIONS: dict[str, Act] = {
    "client": lambda z: z.api_clients.create(ApiClientRequest(name="ci")),
    "secret": lambda z: z.api_clients.secrets.create("c1", EXPIRY),
}
EVERY = READS_AND_REPLACEMENTS | CREATIONS


@pytest.fixture(params=READS_AND_REPLACEMENTS)
def repeatable(request: pytest.FixtureRequest) -> Act:
    return READS_AND_REPLACEMENTS[request.param]


@pytest.fixture(params=CREATIONS)
def creating(request: pytest.FixtureRequest) -> Act:
    return CREATIONS[request.param]


@pytest.fixture(params=EVERY)
def act(request: pytest.FixtureRequest) -> Act:
    return EVERY[request.param]


def success_of(act: Act) -> Reply:
    return Reply(200, SECRET_MADE if act is CREATIONS["secret"] else CLIENT)


def passing_failures() -> list[Step]:
    return [
        *(Reply(status) for status in (408, 502, 503, 504)),
        dropped_connection(),
        requests.ReadTimeout(),
        # What urllib3 makes of a connection that breaks inside a proxy's tunnel.
        requests.exceptions.ProxyError(),
    ]


@pytest.mark.parametrize("failure", passing_failures(), ids=repr)
def test_request_that_is_idempotent_is_retried_after_a_temporary_failure(
    zidentity: ZIdentity, server: ScriptedServer, repeatable: Act, failure: Step
) -> None:
    server.answers(failure, success_of(repeatable))

    repeatable(zidentity)

    assert len(server.calls) == 2


@pytest.mark.parametrize("failure", [*passing_failures(), Reply(500)], ids=repr)
def test_create_is_never_retried_if_it_may_have_taken_effect(
    zidentity: ZIdentity, server: ScriptedServer, creating: Act, failure: Step
) -> None:
    server.answers(failure)

    with pytest.raises(ResponseLostError, match="may have been made"):
        creating(zidentity)

    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "failure",
    [
        refused_connection(),
        before_sending(requests.ConnectTimeout()),
        before_sending(requests.exceptions.ProxyError()),
        TOO_MANY,
    ],
    ids=repr,
)
def test_request_that_was_not_sent_is_retried_even_for_a_create(
    zidentity: ZIdentity, server: ScriptedServer, act: Act, failure: Step
) -> None:
    server.answers(failure, success_of(act))

    act(zidentity)

    assert len(server.calls) == 2


def test_create_is_not_retried_again_after_a_lost_response(
    zidentity: ZIdentity, server: ScriptedServer, creating: Act
) -> None:
    server.answers(refused_connection(), dropped_connection())

    with pytest.raises(ResponseLostError):
        creating(zidentity)

    assert len(server.calls) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id": "c', {"statusCode": "201"}])
def test_create_treats_an_incomplete_response_as_lost(
    zidentity: ZIdentity, server: ScriptedServer, creating: Act, body: object
) -> None:
    server.answers(Reply(201, body))

    with pytest.raises(ResponseLostError):
        creating(zidentity)

    assert len(server.calls) == 1


def test_request_is_not_retried_after_an_internal_error(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(500))

    with pytest.raises(ServerError):
        zidentity.api_clients.get("c1")


def test_request_is_not_retried_after_a_certificate_error(
    zidentity: ZIdentity, server: ScriptedServer, act: Act
) -> None:
    server.answers(before_sending(requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")))

    with pytest.raises(CertificateError, match="REQUESTS_CA_BUNDLE"):
        act(zidentity)


def test_token_request_to_an_unknown_host_points_to_the_vanity_domain(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(*[unknown_name()] * 6)

    with pytest.raises(
        UnreachableError, match=r"acme\.zslogin\.net cannot be resolved.*vanity domain"
    ):
        zidentity.api_clients.get("c1")


def test_token_request_is_retried(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.grants(dropped_connection(), Reply(503), TOO_MANY)
    server.answers(Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert len(server.token_calls) == 4


def test_request_fails_after_its_retries_and_says_how_many(
    connect: Connect, server: ScriptedServer
) -> None:
    server.answers(*[Reply(503)] * 3)

    with pytest.raises(UnavailableError, match="3 attempts"):
        connect(options=ConnectionOptions(max_retries=2)).api_clients.get("c1")

    assert len(server.calls) == 3
