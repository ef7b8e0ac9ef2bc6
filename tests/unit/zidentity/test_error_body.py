"""Which words of a server an error shows."""

from datetime import datetime, timezone
from typing import Any

import pytest
from support.hostile import HOSTILE, TAG, assert_harmless
from unit.zidentity.scripted import SECRET, TOKEN, Reply, ScriptedServer

from zdx_provider.zidentity import (
    ApiClientRequest,
    AuthenticationError,
    BadRequestError,
    ZIdentity,
    ZIdentityError,
)

PLAIN = "Invalid Input for clientResources"
ID = "hhlm4bhmbg7ir"
EXPIRY = datetime(2027, 1, 1, tzinfo=timezone.utc)


def problem_of(zidentity: ZIdentity, server: ScriptedServer, body: Any, status: int = 400) -> str:
    server.answers(Reply(status, body))
    with pytest.raises(ZIdentityError) as error:
        zidentity.api_clients.get(ID)
    return error.value.problem


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": PLAIN}, PLAIN),
        ({"title": "Bad Request", "status": "400", "detail": PLAIN}, PLAIN),
        ({"title": "Not valid", "detail": PLAIN}, f"Not valid: {PLAIN}"),
        ({"title": PLAIN, "detail": PLAIN}, PLAIN),
        ({"title": "Not valid", "detail": {"text": PLAIN}}, "Not valid"),
        ({"code": "invalid.input", "message": PLAIN}, PLAIN),
        ({"id": "invalid.input", "reason": PLAIN}, PLAIN),
        ({"detail": "clientResources[0].selectedScopes[1].id: required"},) * 2,
        ({"detail": "accessTokenLifeTime must be 60-86400, not 59 (2027-01-01)."},) * 2,
        ({"detail": "Größe überschritten; see https://help.zscaler.com/zidentity"},) * 2,
        ({"detail": f"{ID} is\n no   client"}, f"{ID} is no client"),
        ({"detail": '"a" and "b"'}, "'a' and 'b'"),
    ],
)
def test_title_and_detail_are_shown_in_quotes(
    zidentity: ZIdentity, server: ScriptedServer, body: Any, shown: Any
) -> None:
    words = shown["detail"] if isinstance(shown, dict) else shown

    problem = problem_of(zidentity, server, body)

    assert problem == f'ZIdentity refused the request: "{words}"'


@pytest.mark.parametrize(
    "detail",
    [
        "word " * 41,
        "the token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln is expired",
        "the secret 33Xxbd2hgtWdx2EjPxbIlZsaJESWH1jEyk2DXGzGgm5YHF2Va6D9ZCCgLkqhiHT5",
        "the secret 1&zj&7u0dihns4th3pt7&s1om2b6usl9 is weak",
        "the secret aBcDeFgHiJkLmN is weak",
        "the secret Tr0ub4dor&3 is weak",
        "the secret abcdefghijklmnopqrstuvwxyz is weak",
        "the key ABCD-EFGH-1234-JKLM is unknown",
        "the client 550e8400-e29b-41d4-a716-446655440000 is unknown",
        "the digest b5bb9d8014a0f9b1d61e21e796d78dcc is wrong",
        "call +49 170 1234567890123456",
        "ask ada.lovelace@example.com",
        "",
        " \n ",
        None,
        400,
        True,
        ["Invalid Input"],
        {"detail": "Invalid Input"},
    ],
    ids=lambda value: str(value)[:40],
)
def test_detail_that_is_long_or_looks_secret_is_not_shown(
    zidentity: ZIdentity, server: ScriptedServer, detail: Any
) -> None:
    assert problem_of(zidentity, server, {"detail": detail}) == "ZIdentity refused the request"


def test_quote_words_is_empty_for_a_body_with_a_huge_number(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    body = b'{"title": "Not valid", "status": %b, "detail": %b}' % (b"4" * 5000, b"4" * 5000)

    assert problem_of(zidentity, server, body) == "ZIdentity refused the request"


@pytest.mark.parametrize("known", [SECRET, TOKEN])
def test_quote_words_hides_a_known_secret_or_the_whole_detail(
    zidentity: ZIdentity, server: ScriptedServer, known: str
) -> None:
    whole = problem_of(zidentity, server, {"detail": f"{known} has no permission"})
    part = problem_of(zidentity, server, {"detail": f"{known[4:12].upper()} has no permission"})
    apart = problem_of(
        zidentity, server, {"detail": f"{known[:6]} {known[6:12]} has no permission"}
    )

    assert whole == 'ZIdentity refused the request: "[secret] has no permission"'
    assert part == apart == "ZIdentity refused the request"


def test_request_hides_a_secret_of_this_process_in_a_later_detail(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    value = "obviously-fake-value"
    made = {"id": "s1", "value": value, "createdAt": 1767225600, "expiresAt": EXPIRY.timestamp()}
    server.answers(Reply(201, made))
    zidentity.api_clients.secrets.create(ID, EXPIRY)

    problem = problem_of(zidentity, server, {"detail": f"{value} has no permission"})

    assert problem == 'ZIdentity refused the request: "[secret] has no permission"'


def test_authenticate_hides_a_secret_in_the_words_of_the_token_endpoint(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    body = {"error": "invalid_client", "error_description": f"{SECRET} has expired"}
    server.grants(Reply(400, body))

    with pytest.raises(AuthenticationError) as error:
        zidentity.authenticate()

    assert error.value.problem == (
        'ZIdentity refused the client ID with this secret: "[secret] has expired"'
    )


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ('the name "payments production key" is taken', True),
        ("no part of prod: the password is tiger", False),
        ("THE PASSWORD IS TIGER is too long", False),
    ],
)
def test_quote_words_repeats_the_name_in_a_request_and_nothing_else(
    zidentity: ZIdentity, server: ScriptedServer, detail: str, *, shown: bool
) -> None:
    server.answers(Reply(400, {"detail": detail}))
    request = ApiClientRequest(
        name="payments production key", description="prod: the password is tiger"
    )

    with pytest.raises(BadRequestError) as error:
        zidentity.api_clients.create(request)

    assert (": " in error.value.problem) is shown


def test_hostile_words_are_escaped(zidentity: ZIdentity, server: ScriptedServer) -> None:
    spaced = " ".join([*HOSTILE.replace(TAG, ""), TAG])

    problem = problem_of(zidentity, server, {"title": TAG, "detail": spaced})

    assert problem.startswith('ZIdentity refused the request: "\\x3c{%bogus%}>: c i \\x1b [ 2 J')
    assert_harmless(problem)
