from datetime import timedelta

import jwt
import pytest
from unit.zidentity.scripted import (
    SECRET,
    TOKEN,
    Connect,
    FakeTime,
    Reply,
    ScriptedServer,
    dropped_connection,
    grant,
)

from zdx_provider.zidentity import (
    ApiClientRequest,
    AuthenticationError,
    InvalidResponseError,
    PrivateKey,
    ReadOnlyError,
    Tenant,
    ZIdentity,
)

CLIENT = Reply(200, {"id": "c1", "name": "ci"})
INVALID_CLIENT = Reply(400, {"error": "invalid_client", "error_description": SECRET})


def bearers(server: ScriptedServer) -> list[str]:
    return [call.headers["Authorization"] for call in server.calls]


def test_token_is_reused_for_many_requests(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(CLIENT, CLIENT)

    zidentity.api_clients.get("c1")
    zidentity.api_clients.get("c1")

    assert bearers(server) == [f"Bearer {TOKEN}"] * 2
    assert [call.url for call in server.token_calls] == ["https://acme.zslogin.net/oauth2/v1/token"]
    assert server.token_calls[0].form["client_secret"] == [SECRET]


@pytest.mark.parametrize(("lifetime", "used_for"), [(3600, 3540), (60, 48)])
def test_token_is_renewed_before_it_expires(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime, lifetime: float, used_for: float
) -> None:
    server.grants(grant("first", lifetime), grant("second", lifetime))
    server.answers(CLIENT, CLIENT, CLIENT)

    zidentity.api_clients.get("c1")
    time.now += used_for - 1
    zidentity.api_clients.get("c1")
    time.now += 1
    zidentity.api_clients.get("c1")

    assert bearers(server) == ["Bearer first", "Bearer first", "Bearer second"]


@pytest.mark.parametrize("ahead", [-86_400.0, 86_400.0])
def test_token_lifetime_does_not_depend_on_the_system_clock(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime, ahead: float
) -> None:
    server.grants(grant("first", 3600), grant("second", 3600))
    server.answers(CLIENT, CLIENT, CLIENT)

    zidentity.api_clients.get("c1")
    time.ahead = ahead
    zidentity.api_clients.get("c1")
    time.now += 3600
    zidentity.api_clients.get("c1")

    assert bearers(server) == ["Bearer first", "Bearer first", "Bearer second"]


def test_authenticate_returns_the_lifetime_of_the_token(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(grant(expires_in=600))

    assert zidentity.authenticate() == timedelta(minutes=10)
    assert zidentity.authenticate() == timedelta(minutes=10)
    assert len(server.token_calls) == 1


def test_authenticate_with_refused_credentials_fails(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(INVALID_CLIENT)

    with pytest.raises(AuthenticationError):
        zidentity.authenticate()


def test_token_that_is_refused_is_renewed_and_the_request_retried_once(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(grant("first"), grant("second"))
    server.answers(Reply(401), CLIENT)

    zidentity.api_clients.create(ApiClientRequest(name="ci"))

    assert bearers(server) == ["Bearer first", "Bearer second"]


def test_request_fails_if_a_new_token_is_refused(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.answers(Reply(401), Reply(401, headers={"x-oneapi-request-id": "r-1"}))

    with pytest.raises(AuthenticationError, match=r"new access token \(status 401, request r-1"):
        zidentity.api_clients.get("c1")

    assert len(server.token_calls) == 2


def test_token_request_with_refused_credentials_explains_the_cause(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(INVALID_CLIENT)

    with pytest.raises(AuthenticationError) as error:
        zidentity.api_clients.get("c1")

    assert str(error.value) == (
        "could not get an access token: ZIdentity refused the client ID with this secret "
        "(status 400, invalid_client). Check that the client ID and its secret (or private key) "
        "are correct for this vanity domain and cloud, that the secret has not expired, and that "
        "the client is enabled. If they are correct, the tenant may refuse the audience of the "
        "token request: then set zdx:tokenAudience to none."
    )


def test_refused_assertion_names_the_settings_of_both_audiences(
    connect: Connect, server: ScriptedServer, private_key: PrivateKey
) -> None:
    server.grants(INVALID_CLIENT)

    with pytest.raises(AuthenticationError) as error:
        connect(private_key).api_clients.get("c1")

    assert str(error.value).endswith(
        "the tenant may refuse the audience of the token request: then set zdx:tokenAudience to "
        "none; or it may expect another audience in the assertion: then set "
        "zdx:assertionAudience to https://acme.zslogin.net."
    )


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (401, {}),
        (
            400,
            {"token_audience": "none", "assertion_audience": "https://acme.zslogin.net"},
        ),
    ],
)
def test_refusal_that_no_audience_explains_names_no_audience(
    connect: Connect,
    server: ScriptedServer,
    private_key: PrivateKey,
    status: int,
    changed: dict[str, str],
) -> None:
    server.grants(Reply(status, {"error": "invalid_client"}))

    with pytest.raises(AuthenticationError) as error:
        connect(private_key, tenant=Tenant("acme", **changed)).api_clients.get("c1")

    assert "udience" not in str(error.value)


def test_token_request_with_refused_credentials_is_sent_only_once(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(INVALID_CLIENT)

    for _ in range(3):
        with pytest.raises(AuthenticationError, match="invalid_client"):
            zidentity.api_clients.get("c1")

    assert len(server.token_calls) == 1


def test_token_request_shows_only_error_codes_of_oauth(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(Reply(400, {"error": "obviously_fake"}))

    with pytest.raises(AuthenticationError) as error:
        zidentity.api_clients.get("c1")

    assert "obviously_fake" not in str(error.value)


def test_token_request_during_maintenance_does_not_blame_the_credentials(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(Reply(403, headers={"x-zscaler-mode": "read-only"}))

    with pytest.raises(ReadOnlyError, match="could not get an access token"):
        zidentity.api_clients.get("c1")


def test_token_request_to_a_missing_endpoint_points_to_the_vanity_domain(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(Reply(404, b"<html>"))

    with pytest.raises(AuthenticationError, match=r"no such tenant.*vanity domain and cloud"):
        zidentity.api_clients.get("c1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        {},
        {"access_token": "", "expires_in": 3600},
        {"access_token": "two\nlines", "expires_in": 3600},
        {"access_token": TOKEN, "expires_in": 0},
        {"access_token": TOKEN},
    ],
)
def test_token_that_is_invalid_is_not_sent(
    zidentity: ZIdentity, server: ScriptedServer, body: object
) -> None:
    server.grants(Reply(200, body))

    with pytest.raises(InvalidResponseError, match="could not get an access token"):
        zidentity.api_clients.get("c1")

    assert server.calls == []


def test_assertion_uses_the_time_of_the_server(
    connect: Connect, server: ScriptedServer, time: FakeTime, private_key: PrivateKey
) -> None:
    server.answers(
        Reply(200, {"id": "c1", "name": "ci"}, {"Date": "Fri, 15 Jan 2027 09:00:00 GMT"}), CLIENT
    )
    zidentity = connect(private_key)
    zidentity.api_clients.get("c1")
    time.now += 3600
    zidentity.api_clients.get("c1")

    assertion = server.token_calls[1].form["client_assertion"][0]
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert claims["iat"] <= time.now + 3600 < claims["exp"]


def test_retry_of_a_token_request_signs_a_new_assertion(
    connect: Connect, server: ScriptedServer, private_key: PrivateKey
) -> None:
    server.grants(dropped_connection())
    server.answers(CLIENT)

    connect(private_key).api_clients.get("c1")

    lost, sent = (
        jwt.decode(call.form["client_assertion"][0], options={"verify_signature": False})
        for call in server.token_calls
    )
    assert lost["jti"] != sent["jti"]


@pytest.mark.parametrize(
    ("date", "direction"),
    [
        ("Fri, 15 Jan 2027 08:10:00 GMT", "600 s behind"),
        ("Fri, 15 Jan 2027 07:50:00 GMT", "600 s ahead of"),
    ],
)
def test_private_key_error_names_a_wrong_clock(
    connect: Connect,
    server: ScriptedServer,
    private_key: PrivateKey,
    date: str,
    direction: str,
) -> None:
    server.grants(Reply(400, {"error": "invalid_client"}, {"Date": date}))

    with pytest.raises(AuthenticationError, match=f"clock of this machine is {direction}"):
        connect(private_key).api_clients.get("c1")


def test_client_secret_error_does_not_name_a_wrong_clock(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    date = {"Date": "Fri, 15 Jan 2027 09:00:00 GMT"}
    server.grants(Reply(400, {"error": "invalid_client"}, date))

    with pytest.raises(AuthenticationError) as error:
        zidentity.api_clients.get("c1")

    assert "clock" not in str(error.value)
