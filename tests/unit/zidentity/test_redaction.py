"""Plants a secret and a token, makes everything fail, and looks for them."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone

import pytest
import requests
from pydantic import SecretStr
from unit.zidentity.scripted import (
    SECRET,
    TOKEN,
    Connect,
    Reply,
    ScriptedServer,
    Step,
    dropped_connection,
    refused_connection,
)
from urllib3.exceptions import DecodeError, IncompleteRead

from zdx_provider.errors import ZdxError
from zdx_provider.zidentity import (
    ApiClient,
    ApiClientRequest,
    ClientSecret,
    ConnectionOptions,
    NewApiClientSecret,
    ZIdentity,
)
from zdx_provider.zidentity.messages import Request, Response
from zdx_provider.zidentity.session import Token

CREATED_VALUE = "obviously-fake-created-value"
PLANTED = (SECRET, TOKEN, CREATED_VALUE)
ECHO = {
    "title": f"Bad {SECRET[:12]}",
    "detail": f"{SECRET} {TOKEN}",
    "code": SECRET,
    "error": TOKEN,
    "value": CREATED_VALUE,
}
ECHOING_HEADERS = {"x-oneapi-request-id": f"<{TOKEN}>", "Location": f"https://evil.test/{TOKEN}"}


def failures() -> list[Step]:
    request = requests.Request("POST", "https://x.test", data={"client_secret": SECRET}).prepare()
    request.headers["Authorization"] = f"Bearer {TOKEN}"
    statuses = (301, 400, 401, 403, 404, 405, 408, 409, 413, 429, 500, 502, 503, 504)
    return [
        *(Reply(status, ECHO, ECHOING_HEADERS) for status in statuses),
        Reply(200, b"<html>" + CREATED_VALUE.encode()),
        Reply(200, b'{"value": "' + CREATED_VALUE.encode()),
        Reply(200, {"value": CREATED_VALUE, "access_token": TOKEN, "expires_in": SECRET}),
        Reply(200, [ECHO]),
        Reply(200, {"records": [ECHO]}),
        Reply(200, CREATED_VALUE.encode() * 400_000),
        refused_connection(),
        dropped_connection(),
        requests.ReadTimeout(SECRET, request=request),
        requests.ConnectTimeout(SECRET, request=request),
        requests.exceptions.SSLError(f"CERTIFICATE_VERIFY_FAILED {SECRET}", request=request),
        requests.exceptions.ProxyError(f"http://user:{SECRET}@proxy", request=request),
        requests.exceptions.InvalidProxyURL(f"http://user:{SECRET}@", request=request),
        requests.exceptions.ChunkedEncodingError(CREATED_VALUE, request=request),
        OSError(f"no bundle at {SECRET}"),
        IncompleteRead(1, 2),
        DecodeError(CREATED_VALUE),
    ]


OPERATIONS: dict[str, Callable[[ZIdentity], object]] = {
    "list": lambda z: z.api_clients.list(),
    "get": lambda z: z.api_clients.get("c1"),
    "create": lambda z: z.api_clients.create(ApiClientRequest(name="ci")),
    "replace": lambda z: z.api_clients.update(ApiClient(id="c1", name="ci")),
    "delete": lambda z: z.api_clients.delete("c1"),
    "list secrets": lambda z: z.api_clients.secrets.list("c1"),
    "create secret": lambda z: z.api_clients.secrets.create("c1", datetime.now(timezone.utc)),
    "revoke secret": lambda z: z.api_clients.secrets.delete("c1", "s1"),
    "list resources": lambda z: z.resource_servers.list(),
}
ANY_JSON_IS_SUCCESS = ("delete", "revoke secret")


def label(failure: Step) -> str:
    return f"{failure.status}" if isinstance(failure, Reply) else type(failure).__name__


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def everything_shown(error: BaseException | None, log: pytest.LogCaptureFixture) -> str:
    shown = [f"{link} {link!r} {link.args!r} {vars(link)!r}" for link in chain(error)]
    shown += [f"{vars(record)!r} {record.getMessage()}" for record in log.records]
    return "\n".join(shown)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("failure", failures(), ids=label)
def test_request_that_fails_shows_no_secret(
    connect: Connect,
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    operation: str,
    failure: Step,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(*[failure] * 2)

    error = error_of(
        OPERATIONS[operation], connect(options=ConnectionOptions(max_retries=1, retry_budget=1))
    )

    assert error or operation in ANY_JSON_IS_SUCCESS
    assert not any(planted in everything_shown(error, caplog) for planted in PLANTED)
    assert all(isinstance(link, ZdxError) for link in chain(error))


@pytest.mark.parametrize("failure", failures(), ids=label)
def test_token_request_that_fails_shows_no_secret(
    connect: Connect, server: ScriptedServer, caplog: pytest.LogCaptureFixture, failure: Step
) -> None:
    caplog.set_level(logging.DEBUG)
    server.grants(*[failure] * 2)

    error = error_of(
        OPERATIONS["get"], connect(options=ConnectionOptions(max_retries=1, retry_budget=1))
    )

    assert error
    assert not any(planted in everything_shown(error, caplog) for planted in PLANTED)
    assert all(isinstance(link, ZdxError) for link in chain(error))


def error_of(act: Callable[[ZIdentity], object], zidentity: ZIdentity) -> BaseException | None:
    try:
        act(zidentity)
    except ZdxError as error:
        return error
    return None


@pytest.mark.parametrize(
    "holder",
    [
        Token(SecretStr(TOKEN), timedelta(hours=1), stale_at=0),
        Request("get an access token", "POST", "https://x.test", form={"client_secret": SECRET}),
        Request("create", "POST", "https://x.test", body=CREATED_VALUE),
        Response(200, {"Set-Cookie": TOKEN}, CREATED_VALUE.encode()),
        ClientSecret("admin", SECRET),
        NewApiClientSecret(
            id="s1",
            created_at=datetime.now(timezone.utc),
            expires_at=datetime.now(timezone.utc),
            value=SecretStr(CREATED_VALUE),
        ),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_repr_shows_no_secret(holder: object) -> None:
    shown = f"{holder!r} {holder}"

    assert not any(planted in shown for planted in PLANTED)
