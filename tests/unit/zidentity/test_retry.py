import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.zidentity.scripted import (
    SECRET,
    Connect,
    FakeTime,
    Reply,
    ScriptedServer,
    Step,
    dropped_connection,
    refused_connection,
    unknown_name,
)

from zdx_provider.zidentity import (
    AnswerLost,
    ApiClient,
    ApiClientDraft,
    ClientSecret,
    ConnectionOptions,
    RateLimited,
    ServerFailed,
    Tenant,
    Unavailable,
    Unreachable,
    Untrusted,
    ZIdentity,
)

CLIENT = {"id": "c1", "name": "ci"}
SECRET_MADE = {"id": "s1", "value": "obviously-fake", "createdAt": 1, "expiresAt": 2}
TOO_MANY = Reply(429, headers={"Retry-After": "13"})

Act = Callable[[ZIdentity], object]

READS_AND_REPLACEMENTS: dict[str, Act] = {
    "GET": lambda z: z.api_clients.get("c1"),
    "PUT": lambda z: z.api_clients.replace(ApiClient(id="c1", name="ci")),
    "DELETE": lambda z: z.api_clients.delete("c1"),
}
MINTING: dict[str, Act] = {
    "client": lambda z: z.api_clients.create(ApiClientDraft(name="ci")),
    "secret": lambda z: z.api_clients.secrets.create("c1", datetime.now(timezone.utc)),
}
EVERY = READS_AND_REPLACEMENTS | MINTING


@pytest.fixture(params=READS_AND_REPLACEMENTS)
def repeatable(request: pytest.FixtureRequest) -> Act:
    return READS_AND_REPLACEMENTS[request.param]


@pytest.fixture(params=MINTING)
def minting(request: pytest.FixtureRequest) -> Act:
    return MINTING[request.param]


@pytest.fixture(params=EVERY)
def act(request: pytest.FixtureRequest) -> Act:
    return EVERY[request.param]


def success_of(act: Act) -> Reply:
    return Reply(200, SECRET_MADE if act is MINTING["secret"] else CLIENT)


def passing_failures() -> list[Step]:
    return [
        *(Reply(status) for status in (408, 502, 503, 504)),
        dropped_connection(),
        requests.ReadTimeout(),
    ]


@pytest.mark.parametrize("failure", passing_failures(), ids=repr)
def test_what_may_pass_is_repeated_where_repeating_changes_nothing(
    zidentity: ZIdentity, server: ScriptedServer, repeatable: Act, failure: Step
) -> None:
    server.answers(failure, success_of(repeatable))

    repeatable(zidentity)

    assert len(server.calls) == 2


@pytest.mark.parametrize("failure", [*passing_failures(), Reply(500)], ids=repr)
def test_minting_is_never_repeated_when_it_may_have_happened(
    zidentity: ZIdentity, server: ScriptedServer, minting: Act, failure: Step
) -> None:
    server.answers(failure)

    with pytest.raises(AnswerLost, match="may or may not have happened"):
        minting(zidentity)

    assert len(server.calls) == 1


@pytest.mark.parametrize(
    "failure",
    [refused_connection(), requests.ConnectTimeout(), requests.exceptions.ProxyError(), TOO_MANY],
    ids=repr,
)
def test_what_surely_never_arrived_is_sent_again_even_when_it_mints(
    zidentity: ZIdentity, server: ScriptedServer, act: Act, failure: Step
) -> None:
    server.answers(failure, success_of(act))

    act(zidentity)

    assert len(server.calls) == 2


def test_minting_stops_at_the_first_doubt(
    zidentity: ZIdentity, server: ScriptedServer, minting: Act
) -> None:
    server.answers(refused_connection(), dropped_connection())

    with pytest.raises(AnswerLost):
        minting(zidentity)

    assert len(server.calls) == 2


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"id": "c', {"statusCode": "201"}])
def test_a_minting_answer_without_what_was_made_is_lost(
    zidentity: ZIdentity, server: ScriptedServer, minting: Act, body: object
) -> None:
    server.answers(Reply(201, body))

    with pytest.raises(AnswerLost):
        minting(zidentity)

    assert len(server.calls) == 1


def test_an_internal_error_is_not_repeated(zidentity: ZIdentity, server: ScriptedServer) -> None:
    server.answers(Reply(500))

    with pytest.raises(ServerFailed):
        zidentity.api_clients.get("c1")


def test_a_server_that_is_not_trusted_is_not_asked_again(
    zidentity: ZIdentity, server: ScriptedServer, act: Act
) -> None:
    server.answers(requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED"))

    with pytest.raises(Untrusted, match="REQUESTS_CA_BUNDLE"):
        act(zidentity)


def test_a_name_that_nobody_knows_points_to_the_tenant(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(*[unknown_name()] * 6)

    with pytest.raises(Unreachable, match=r"name acme\.zslogin\.net is not known.*vanity domain"):
        zidentity.api_clients.get("c1")


def test_the_token_is_asked_for_again_as_it_mints_nothing_that_lasts(
    zidentity: ZIdentity, server: ScriptedServer
) -> None:
    server.grants(dropped_connection(), Reply(503), TOO_MANY)
    server.answers(Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert len(server.token_calls) == 4


def test_the_wait_is_the_one_asked_for(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(TOO_MANY, Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [13]


def test_an_epoch_is_counted_from_the_servers_time(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    headers = {"Date": "Fri, 15 Jan 2027 09:00:00 GMT", "RateLimit-Reset": "1800003620"}
    server.answers(Reply(429, headers=headers), Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [20]


def test_waits_grow_where_nothing_is_asked(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(*[Reply(503)] * 5, Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [0.5, 1, 2, 4, 8]


def test_a_reset_that_has_passed_is_still_waited_for_a_little(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(429, headers={"Retry-After": "0"}), Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [0.5]


def test_a_call_gives_up_after_its_retries_and_says_how_many(
    connect: Connect, server: ScriptedServer
) -> None:
    server.answers(*[Reply(503)] * 3)

    with pytest.raises(Unavailable, match="3 attempts"):
        connect(options=ConnectionOptions(max_retries=2)).api_clients.get("c1")

    assert len(server.calls) == 3


def test_one_wait_has_a_ceiling(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(429, headers={"Retry-After": "120"}), Reply(200, CLIENT))

    zidentity.api_clients.get("c1")

    assert time.waits == [60]


def test_a_wait_beyond_the_budget_is_refused_at_once(
    zidentity: ZIdentity, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(Reply(429, headers={"Retry-After": "3600"}))

    with pytest.raises(RateLimited, match="asks to wait 3600 s"):
        zidentity.api_clients.get("c1")

    assert time.waits == []


def test_a_call_with_all_its_waits_stays_inside_the_budget(
    connect: Connect, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(*[TOO_MANY] * 5)

    with pytest.raises(RateLimited):
        connect(options=ConnectionOptions(retry_budget=30)).api_clients.get("c1")

    assert sum(time.waits) == 26


def test_nothing_is_waited_for_where_nothing_may_be_repeated(
    connect: Connect, server: ScriptedServer, time: FakeTime
) -> None:
    server.answers(refused_connection())

    with pytest.raises(Unreachable):
        connect(options=ConnectionOptions(max_retries=0)).api_clients.get("c1")

    assert time.waits == []


@given(
    st.floats(0, 1),
    st.lists(st.sampled_from(["", "0", "7", "59", "100", "100000", "1800000040"]), max_size=6),
)
@settings(deadline=None, database=None)
def test_no_wait_passes_the_ceiling_and_no_sum_of_them_the_budget(
    jitter: float, asked: list[str]
) -> None:
    server, time = ScriptedServer(), FakeTime(1_800_000_000.0)
    server.answers(*[Reply(429, headers={"Retry-After": value}) for value in asked])
    server.answers(Reply(200, CLIENT))
    zidentity = ZIdentity(
        Tenant("acme"),
        ClientSecret("admin", SECRET),
        clock=time.clock,
        sleep=time.sleep,
        jitter=lambda: jitter,
        adapter=server,
    )
    with suppress(RateLimited):
        zidentity.api_clients.get("c1")
    assert all(0 < wait <= 60 for wait in time.waits)
    assert sum(time.waits) <= 300


def test_threads_that_were_sent_away_do_not_come_back_together(server: ScriptedServer) -> None:
    waits = []
    for jitter in (0.0, 0.5, 1.0):
        time = FakeTime(1_800_000_000.0)
        server.answers(Reply(429, headers={"Retry-After": "8"}), Reply(200, CLIENT))
        ZIdentity(
            Tenant("acme"),
            ClientSecret("admin", SECRET),
            clock=time.clock,
            sleep=time.sleep,
            jitter=lambda jitter=jitter: jitter,  # type: ignore[misc]
            adapter=server,
        ).api_clients.get("c1")
        waits += time.waits

    assert waits == [8, 9, 10]


def test_a_wait_says_what_it_waits_for(
    zidentity: ZIdentity, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers(TOO_MANY, Reply(200, CLIENT))

    with caplog.at_level(logging.INFO, "zdx_provider.zidentity"):
        zidentity.api_clients.get("c1")

    (line,) = caplog.messages
    assert line == (
        "Waiting 13.0 s, then trying again (attempt 2) to read API client 'c1': "
        "the rate limit is reached, and the server asks to wait 13 s"
    )
